/// What `/proc/self/stat` tells about a process (proc(5)).
struct ProcessStatistics: Equatable {
  let cpuSeconds: Double
  let threadCount: Double
  /// Seconds from the boot of the system to the start of the process.
  let startSeconds: Double
  let virtualBytes: Double
  let residentBytes: Double

  /// Parses the file's one line; `nil` when it is not of that form.
  init?(_ line: String) {
    self.init(
      line, ticksPerSecond: ProcessFiles.ticksPerSecond, pageBytes: ProcessFiles.pageBytes)
  }

  init?(_ line: String, ticksPerSecond: Double, pageBytes: Double) {
    // The name in parentheses may itself hold spaces and parentheses; the fields after the last
    // one begin with the third.
    guard let end = line.lastIndex(of: ")") else { return nil }
    let fields = line[line.index(after: end)...].split { $0 == " " || $0 == "\n" }
    func field(_ number: Int) -> Double? {
      fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil
    }
    guard let userTicks = field(14), let systemTicks = field(15), let threads = field(20),
      let startTicks = field(22), let virtualBytes = field(23), let residentPages = field(24)
    else { return nil }
    cpuSeconds = (userTicks + systemTicks) / ticksPerSecond
    threadCount = threads
    startSeconds = startTicks / ticksPerSecond
    self.virtualBytes = virtualBytes
    residentBytes = residentPages * pageBytes
  }

  /// The boot of the system in seconds since 1970, from `/proc/stat`.
  static func bootTime(_ text: String) -> Double? {
    for line in text.split(separator: "\n") where line.hasPrefix("btime ") {
      return Double(line.dropFirst("btime ".count))
    }
    return nil
  }
}
