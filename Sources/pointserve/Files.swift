import FoundationEssentials

/// Files that the command line names.
enum Files {
  /// Reads a whole file.
  ///
  /// - Throws: `CommandFailure` naming the file and the reason.
  static func read(_ path: String) throws -> [UInt8] {
    do {
      return Array(try Data(contentsOf: URL(filePath: path)))
    } catch {
      throw CommandFailure.badInput("cannot read \(path): \(reason(error))")
    }
  }

  /// Writes a whole file, which others see either not at all or complete.
  ///
  /// - Throws: `CommandFailure` naming the file and the reason.
  static func write(_ bytes: [UInt8], to path: String) throws {
    do {
      try Data(bytes).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw CommandFailure.badInput("cannot write \(path): \(reason(error))")
    }
  }

  private static func reason(_ error: any Error) -> String {
    if let error = error as? CocoaError {
      if let underlying = error.underlying as? POSIXError { return "\(underlying.code)" }
      if error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
        return "no such file"
      }
    }
    return "\(error)"
  }
}
