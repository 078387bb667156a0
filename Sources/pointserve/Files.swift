import Models

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Files that the command line names.
enum Files {
  /// What stands for standard input, or standard output, in place of a path.
  static let standardStream = "-"

  /// Whether a path names a file of the disk, which never makes its reader wait for a writer.
  static func isRegular(_ path: String) -> Bool {
    var status = stat()
    return unsafe path != standardStream && stat(path, &status) == 0
      && status.st_mode & S_IFMT == S_IFREG
  }

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
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CommandFailure.badInput("cannot read \(path): \(text(ofError: errno))")
    }
    defer { close(descriptor) }
    guard let bytes = readAll(from: descriptor) else {
      throw CommandFailure.badInput("cannot read \(path): \(text(ofError: errno))")
    }
    return bytes
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
    let separator = path.lastIndex(of: "/")
    let name = separator.map { path[path.index(after: $0)...] } ?? path[...]
    do throws(FileError) {
      // Whoever loses a labeled cloud to a power failure labels it again.
      try FileSystem.write(
        bytes, into: separator.map { "\(path[..<$0])/" } ?? ".", name: String(name),
        isDurable: false)
    } catch {
      throw CommandFailure.badInput("cannot write \(path): \(error.reason)")
    }
  }

  /// What an error number of the system means, in words.
  static func text(ofError number: Int32) -> String {
    // `strerror` returns a valid, terminated text for every number.
    unsafe String(cString: strerror(number))
  }
}
