/// The `process_*` families that Prometheus' own clients offer, read from `/proc` when asked for.
///
/// What the system does not tell is left out.
package struct ProcessCollector: MetricCollector {
  private let root: String

  /// Makes a collector.
  ///
  /// - Parameter root: Where the process file system is mounted.
  package init(root: String = "/proc") { self.root = root }

  package let names = [
    "process_cpu_seconds_total", "process_max_fds", "process_open_fds",
    "process_resident_memory_bytes", "process_start_time_seconds", "process_threads",
    "process_virtual_memory_bytes",
  ]

  package func write(to text: inout ExpositionText) {
    let statistics = ProcessFiles.read("\(root)/self/stat").flatMap(ProcessStatistics.init)
    let bootTime = ProcessFiles.read("\(root)/stat").flatMap(ProcessStatistics.bootTime)
    write(
      "process_cpu_seconds_total", .counter, "User and system CPU time spent, in seconds.",
      statistics?.cpuSeconds, to: &text)
    write(
      "process_max_fds", .gauge, "The most file descriptors the process may open.",
      ProcessFiles.openFileLimit(), to: &text)
    write(
      "process_open_fds", .gauge, "Open file descriptors.",
      ProcessFiles.entryCount("\(root)/self/fd").map(Double.init), to: &text)
    write(
      "process_resident_memory_bytes", .gauge, "Resident memory, in bytes.",
      statistics?.residentBytes, to: &text)
    write(
      "process_start_time_seconds", .gauge, "Start of the process, in seconds since 1970.",
      statistics.flatMap { statistics in bootTime.map { $0 + statistics.startSeconds } },
      to: &text)
    write("process_threads", .gauge, "Threads.", statistics?.threadCount, to: &text)
    write(
      "process_virtual_memory_bytes", .gauge, "Virtual memory, in bytes.",
      statistics?.virtualBytes, to: &text)
  }

  private func write(
    _ name: String, _ kind: MetricKind, _ help: String, _ value: Double?,
    to text: inout ExpositionText
  ) {
    guard let value else { return }
    text.header(name, kind, help: help)
    text.sample(name, .none, value)
  }
}
