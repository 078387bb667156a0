import CSystem
import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the process was started with.
enum Environment {
  static var variables: [String: String] { ProcessInfo.processInfo.environment }

  /// The processors that this process may use, at least 1; a container's CPU set is respected.
  static var processorCount: Int {
    max(1, Int(csystem_usable_processor_count()))
  }

  /// Whether standard error is a terminal that can redraw a line.
  static var isTerminal: Bool { isatty(2) == 1 && variables["TERM"] != "dumb" }
}
