import HTTPServer
import Layers
import Logging
import Models

/// `GET` and `POST /v2/logging`: how much is logged, in the words of Triton's clients.
///
/// Lines go to standard error in the format that the process was started with.
struct LoggingEndpoint {
  let monitor: ServiceMonitor

  /// The settings that can be changed while the service runs.
  private struct Verbosity: Equatable {
    var info: Bool
    var warning: Bool
    var error: Bool
    /// Above zero for debugging.
    var verbose: Int

    init(_ level: Logger.Level) {
      info = level <= .info
      warning = level <= .warning
      error = level <= .error
      verbose = level <= .debug ? 1 : 0
    }

    /// The highest level that shows what is wanted.
    var level: Logger.Level {
      verbose > 0 ? .debug : info ? .info : warning ? .warning : error ? .error : .critical
    }
  }

  private static let fixed: [String: ConfigValue] = ["log_file": "", "log_format": "default"]

  /// The settings in force.
  @Sendable func read(_ request: HTTPRequest) -> HTTPResponse {
    let verbosity = Verbosity(monitor.logLevel)
    return .json(
      Self.fixed.merging([
        "log_info": .bool(verbosity.info), "log_warning": .bool(verbosity.warning),
        "log_error": .bool(verbosity.error), "log_verbose_level": .integer(verbosity.verbose),
      ]) { $1 })
  }

  /// Changes the settings that the body names.
  ///
  /// - Throws: `HTTPFailure` 400 for a setting that does not exist or has another type, 501 for one
  ///   that the start of the process has fixed.
  @Sendable func update(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
    let current = Verbosity(monitor.logLevel)
    var wanted = current
    for (name, value) in try request.jsonMembers().sorted(by: { $0.key < $1.key }) {
      switch (name, value) {
      case ("log_info", .bool(let isOn)): wanted.info = isOn
      case ("log_warning", .bool(let isOn)): wanted.warning = isOn
      case ("log_error", .bool(let isOn)): wanted.error = isOn
      case ("log_verbose_level", .integer(let level)): wanted.verbose = level
      case (_, let value) where Self.fixed[name] == value: break
      case (_, .string) where Self.fixed[name] != nil:
        throw HTTPFailure(
          .notImplemented, code: "not_implemented",
          message: "\(name) is fixed when the service starts")
      default:
        throw HTTPFailure(
          .badRequest, code: "invalid_setting",
          message: "no log setting \(name) takes \(value.summary)")
      }
    }
    // Levels between those of the protocol stay as they are unless something changes.
    if wanted != current { monitor.logLevel = wanted.level }
    return read(request)
  }
}
