#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file or directory that can't be read or written.
package struct FileError: Error, Hashable {
  package let path: String
  package let reason: String
  /// Whether the reason is that nothing has this name.
  package let isMissing: Bool

  init(path: String, reason: String) {
    self.path = path
    self.reason = reason
    isMissing = false
  }

  init(path: String, errorNumber: Int32) {
    self.path = path
    // `strerror` returns a valid, terminated text for every number.
    reason = unsafe String(cString: strerror(errorNumber))
    isMissing = errorNumber == ENOENT || errorNumber == ENOTDIR
  }
}

extension FileError: CustomStringConvertible {
  package var description: String { "\(path): \(reason)" }
}
