import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Files that the command line names.
enum Files {
  /// What stands for standard input, or standard output, in place of a path.
  static let standardStream = "-"

  /// Reads a whole file, or standard input to its end.
  ///
  /// - Throws: `CommandFailure` naming the file and the reason.
  static func read(_ path: String) throws -> [UInt8] {
    guard path != standardStream else {
      guard let bytes = readAll(from: STDIN_FILENO) else {
        throw CommandFailure.badInput("cannot read standard input: \(text(ofError: errno))")
      }
      return bytes
    }
    do {
      return Array(try Data(contentsOf: URL(filePath: path)))
    } catch {
      throw CommandFailure.badInput("cannot read \(path): \(reason(error))")
    }
  }

  /// Writes a whole file, which others see either not at all or complete, or to standard output.
  ///
  /// - Throws: `CommandFailure` naming the file and the reason.
  static func write(_ bytes: [UInt8], to path: String) throws {
    guard path != standardStream else {
      guard writeAll(bytes, to: STDOUT_FILENO) else {
        throw CommandFailure.badInput("cannot write to standard output: \(text(ofError: errno))")
      }
      return
    }
    do {
      try Data(bytes).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw CommandFailure.badInput("cannot write \(path): \(reason(error))")
    }
  }

  private static func reason(_ error: any Error) -> String {
    let cause = (error as? CocoaError)?.underlying ?? error
    if let cause = cause as? POSIXError { return text(ofError: cause.code.rawValue) }
    return "\(error)"
  }

  /// What an error number of the system means, in words.
  static func text(ofError number: Int32) -> String {
    // `strerror` returns a valid, terminated text for every number.
    unsafe String(cString: strerror(number))
  }
}
