import ArgumentParser
import Batching
import CSystem
import HTTPServer
import Layers
import Logging
import Service
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `pointserve serve`.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Start the service.",
    discussion: """
      Serves the built-in model demo unless --model-repository names a directory. Send SIGHUP to \
      read the models again, SIGTERM to finish what was accepted and stop.
      """)

  @OptionGroup var options: ServeOptions
  @Flag(help: "Print every setting, its value and where it came from, and exit.")
  var printConfig = false

  mutating func run() throws {
    let settings: ResolvedSettings
    let configuration: ServiceConfiguration
    do throws(ConfigurationProblem) {
      settings = try ResolvedSettings(
        flags: options.given, environment: Environment.variables,
        file: try options.configurationFile())
      configuration = try ServiceConfiguration(
        settings, processorCount: Environment.processorCount)
    } catch {
      throw CommandFailure.badCommandLine("\(error)")
    }
    if let name = configuration.instructionSet, !InstructionSet.select(named: name) {
      throw CommandFailure.badCommandLine(
        "--isa: expected auto or one of \(InstructionSet.available.joined(separator: ", ")), "
          + "found \(name)")
    }
    if printConfig {
      print(settings.summary)
      return
    }
    try serve(configuration, settings: settings)
  }

  /// With an arena for each thread, what one thread has freed is of no use to the others, and memory
  /// grows for as long as requests meet other threads.
  private static let arenaCount: Int32 = 2
  /// Buffers of clouds and windows; the allocator's own, moving limit would keep them, in pieces.
  private static let mappedByteCount: Int32 = 4 << 20
  /// Below, the system's own libraries end the process where they get none.
  private static let leastDescriptorCount: Int64 = 64

  private func serve(_ configuration: ServiceConfiguration, settings: ResolvedSettings) throws {
    csystem_limit_heap(Self.arenaCount, Self.mappedByteCount)
    let descriptorCount = csystem_raise_descriptor_limit()
    guard descriptorCount >= Self.leastDescriptorCount else {
      throw CommandFailure.badInput(
        "cannot serve with \(descriptorCount) open files (ulimit -Hn): expected at least "
          + "\(Self.leastDescriptorCount)")
    }
    // Blocked before any thread starts, so that every thread inherits it and `next` alone receives.
    let signals = SignalWaiter([SIGTERM, SIGINT, SIGHUP])
    let sink = try LogSink(descriptor: 2)
    let format = LineLogHandler.Format(rawValue: settings.text(.logFormat)) ?? .text
    let level = Logger.Level(rawValue: settings.text(.logLevel)) ?? .info
    let log = Logger(label: "pointserve") { label in
      LineLogHandler(label: label, level: level, format: format, sink: sink)
    }
    let service: Service
    let address: SocketAddress
    do {
      service = try Service(
        configuration: configuration, log: log,
        accessLog: AccessLog(label: log.label, format: format, sink: sink))
      address = try service.start()
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
    let scheme = configuration.tls == nil ? "http" : "https"
    sink.write("listening on \(scheme)://\(address)")
    var isDraining = false
    while true {
      switch signals.next() {
      case SIGHUP:
        service.reload()
      case let signal where isDraining:
        // The second one: whoever sends it does not want to wait.
        log.notice("stopping at once")
        sink.finish()
        endProcess(128 + signal)
      default:
        isDraining = true
        log.notice("draining")
        Task.detached {
          let isComplete = await service.drain()
          log.notice("stopped", metadata: ["complete": "\(isComplete)"])
          sink.finish()
          endProcess(isComplete ? 0 : 1)
        }
      }
    }
  }
}

extension ServeOptions {
  /// The path and the settings of the configuration file, if one is named.
  fileprivate func configurationFile() throws(ConfigurationProblem) -> (
    path: String, values: [String: String]
  )? {
    guard let path = config ?? Environment.variables["POINTSERVE_CONFIG"] else { return nil }
    return (path, try ConfigurationFile.read(path: path))
  }
}
