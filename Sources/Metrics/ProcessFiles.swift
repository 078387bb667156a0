#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The few system calls behind the process metrics.
enum ProcessFiles {
  /// More of a file is not read.
  private static let longestFileBytes = 1 << 20

  static var ticksPerSecond: Double { Double(max(sysconf(Int32(_SC_CLK_TCK)), 1)) }

  static var pageBytes: Double { Double(max(sysconf(Int32(_SC_PAGESIZE)), 1)) }

  /// The text of a file; `nil` when it cannot be read.
  static func read(_ path: String) -> String? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.count < longestFileBytes {
      // At most the chunk's own size is written to it, within the call only.
      let count = unsafe chunk.withUnsafeMutableBytes { chunk in
        #if canImport(Glibc)
          unsafe Glibc.read(file, chunk.baseAddress, chunk.count)
        #elseif canImport(Musl)
          unsafe Musl.read(file, chunk.baseAddress, chunk.count)
        #else
          unsafe Darwin.read(file, chunk.baseAddress, chunk.count)
        #endif
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      bytes += chunk.prefix(count)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The entries of a directory, itself, its parent and the descriptor of this look left out.
  static func entryCount(_ path: String) -> Int? {
    guard let directory = unsafe opendir(path) else { return nil }
    defer { unsafe closedir(directory) }
    var count = 0
    while unsafe readdir(directory) != nil { count += 1 }
    return max(count - 3, 0)
  }

  /// The most descriptors; `nil` when there is no limit or it is not known.
  static func openFileLimit() -> Double? {
    var limit = rlimit()
    #if canImport(Glibc)
      let code = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    #else
      let code = unsafe getrlimit(RLIMIT_NOFILE, &limit)
    #endif
    return code == 0 && limit.rlim_cur != rlim_t.max ? Double(limit.rlim_cur) : nil
  }
}
