@testable import HTTPServer
@testable import Models
import Service

extension FuzzTarget {
  /// What an operator writes: settings as lines of `key=value`, hashed keys, and labels of versions.
  ///
  /// Whatever is accepted can be used.
  static let config = FuzzTarget(name: "config") { input in
    var values: [String: String] = [:]
    for line in String(decoding: input, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
      do { _ = try APIKeyEntry(line: line).matches([1, 2, 3]) } catch {}
    }
    do {
      let settings = try ResolvedSettings(flags: [:], environment: [:], file: ("fuzz", values))
      _ = settings.summary
      let configuration = try ServiceConfiguration(settings, processorCount: 2)
      precondition(configuration.threadCount > 0 && configuration.idleTimeout > .zero)
    } catch {
      _ = "\(error)"
    }
    do {
      let labels = try VersionLabels.read(input)
      precondition(labels.values.allSatisfy { $0 > 0 })
    } catch {}
  }
}
