#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What tells one state of a file from another without reading it.
package struct FileSignature: Sendable, Hashable {
  private let device: UInt64
  private let inode: UInt64
  private let byteCount: Int64
  private let modificationSeconds: Int64
  private let modificationNanoseconds: Int64

  fileprivate init(_ status: stat) {
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(truncatingIfNeeded: status.st_ino)
    byteCount = Int64(status.st_size)
    modificationSeconds = Int64(time.tv_sec)
    modificationNanoseconds = Int64(time.tv_nsec)
  }
}

/// Reads and writes of whole files through private memory, and listings of directories.
///
/// Nothing is mapped: a file that shrinks under the process makes a read come up short instead of
/// raising a signal.
package enum FileSystem {
  /// The whole content of a regular file.
  ///
  /// - Parameters:
  ///   - path: the file; symbolic links are followed.
  ///   - maximumByteCount: a longer file is refused before it is read.
  /// - Returns: the content.
  /// - Throws: `FileError`, also for a file that changes its length meanwhile.
  package static func contents(
    of path: String, maximumByteCount: Int
  ) throws(FileError) -> [UInt8] {
    // Without O_NONBLOCK a named pipe in place of the file would wait for a writer forever.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(path: path, errorNumber: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw FileError(path: path, errorNumber: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(path: path, reason: "expected a regular file, found something else")
    }
    let byteCount = Int(status.st_size)
    guard byteCount <= maximumByteCount else {
      throw FileError(
        path: path, reason: "expected at most \(maximumByteCount) bytes, found \(byteCount)")
    }
    var failure: Int32 = 0
    let content = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      while count < byteCount {
        // count < byteCount <= the buffer's capacity, so the rest begins inside it.
        let rest = unsafe UnsafeMutableRawBufferPointer(buffer)[count..<byteCount]
        let target = unsafe UnsafeMutableRawBufferPointer(rebasing: rest)
        let received = unsafe read(descriptor, target.baseAddress, min(target.count, 1 << 30))
        if received > 0 { count += received }
        if received == 0 { break }
        if received < 0, errno != EINTR {
          failure = errno
          break
        }
      }
    }
    guard failure == 0 else { throw FileError(path: path, errorNumber: failure) }
    guard content.count == byteCount else {
      throw FileError(
        path: path, reason: "expected \(byteCount) bytes, found \(content.count) while reading")
    }
    return content
  }

  /// Replaces a file at once: the content goes to a hidden file beside it, which takes its name.
  ///
  /// - Parameters:
  ///   - content: the new content.
  ///   - directory: where the file is.
  ///   - name: the file's name.
  ///   - isDurable: whether to wait until the disk has the content, so that the file is whole even
  ///     after a power failure.
  /// - Throws: `FileError`; an old file of that name is then as it was.
  package static func write(
    _ content: [UInt8], into directory: String, name: String, isDurable: Bool = true
  ) throws(FileError) {
    let path = "\(directory)/\(name)"
    // A name that no other process takes for the same file.
    let temporary = "\(directory)/.\(UInt64.random(in: 0 ... .max)).partial"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError(path: temporary, errorNumber: errno) }
    var failure: Int32 = 0
    var position = 0
    unsafe content.withUnsafeBytes { buffer in
      while position < buffer.count, failure == 0 {
        // position < count, so the rest begins inside the buffer.
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[position...])
        #if canImport(Darwin)
          let written = unsafe Darwin.write(descriptor, rest.baseAddress, rest.count)
        #elseif canImport(Musl)
          let written = unsafe Musl.write(descriptor, rest.baseAddress, rest.count)
        #else
          let written = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
        #endif
        if written >= 0 { position += written } else if errno != EINTR { failure = errno }
      }
    }
    if failure == 0, isDurable, fsync(descriptor) != 0 { failure = errno }
    if close(descriptor) != 0, failure == 0 { failure = errno }
    if failure == 0, unsafe rename(temporary, path) != 0 { failure = errno }
    guard failure == 0 else {
      _ = unsafe unlink(temporary)
      throw FileError(path: path, errorNumber: failure)
    }
  }

  /// Gives a file or directory a name that nothing has yet.
  package static func move(_ path: String, to newPath: String) throws(FileError) {
    guard unsafe rename(path, newPath) == 0 else {
      throw FileError(path: newPath, errorNumber: errno)
    }
  }

  /// Creates a directory and those above it; one that exists already stays as it is.
  package static func createDirectory(_ path: String) throws(FileError) {
    if unsafe mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let separator = path.lastIndex(of: "/"), separator > path.startIndex
    else {
      throw FileError(path: path, errorNumber: errno)
    }
    try createDirectory(String(path[..<separator]))
    guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else {
      throw FileError(path: path, errorNumber: errno)
    }
  }

  /// The names of the directories inside a directory, ascending, without those that begin with a
  /// dot.
  package static func subdirectories(of path: String) throws(FileError) -> [String] {
    guard let directory = unsafe opendir(path) else {
      throw FileError(path: path, errorNumber: errno)
    }
    // The stream is this function's own and open until it returns.
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      // `d_name` is terminated within the entry, which lives until the next `readdir`.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
        unsafe String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix("."), isDirectory("\(path)/\(name)") { names.append(name) }
    }
    return names.sorted()
  }

  package static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The signature of a file, or `nil` where there is none.
  package static func signature(of path: String) -> FileSignature? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? FileSignature(status) : nil
  }
}
