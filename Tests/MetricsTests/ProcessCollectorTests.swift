import Testing

@testable import Metrics

@Suite("Process metrics")
struct ProcessCollectorTests {
  static let line =
    "42 (a b) c) S 1 42 42 0 -1 4194560 9 0 0 0 250 50 0 0 20 0 7 0 1200 8192000 300 184 1 1\n"

  @Test func `the statistics of a process are parsed whatever its name`() throws {
    let statistics = try #require(
      ProcessStatistics(Self.line, ticksPerSecond: 100, pageBytes: 4096))
    #expect(statistics.cpuSeconds == 3)
    #expect(statistics.threadCount == 7)
    #expect(statistics.startSeconds == 12)
    #expect(statistics.virtualBytes == 8_192_000)
    #expect(statistics.residentBytes == 1_228_800)
  }

  @Test(arguments: [
    "", "42 (a", "42 (a) S 1 2 3", "42 (a) S \(String(repeating: "x ", count: 40))",
  ])
  func `anything else is left out`(_ line: String) {
    #expect(ProcessStatistics(line, ticksPerSecond: 100, pageBytes: 4096) == nil)
  }

  @Test func `the boot time is the line named btime`() {
    #expect(ProcessStatistics.bootTime("cpu 1 2\nbtime 1700000000\nprocesses 3\n") == 1_700_000_000)
    #expect(ProcessStatistics.bootTime("cpu 1 2\n") == nil)
  }

  #if os(Linux)
    @Test func `this process has plausible figures`() throws {
      var text = ExpositionText()
      let collector = ProcessCollector()
      collector.write(to: &text)
      var values: [String: Double] = [:]
      for line in text.text.split(separator: "\n") where !line.hasPrefix("#") {
        let parts = line.split(separator: " ")
        values[String(parts[0])] = Double(parts[1])
      }
      #expect(values.keys.sorted().elementsEqual(collector.names.filter { values[$0] != nil }))
      #expect(try #require(values["process_resident_memory_bytes"]) > 1e6)
      #expect(try #require(values["process_virtual_memory_bytes"]) > 1e6)
      #expect(try #require(values["process_threads"]) >= 1)
      #expect(try #require(values["process_open_fds"]) >= 3)
      #expect(try #require(values["process_start_time_seconds"]) > 1.6e9)
      #expect(values["process_cpu_seconds_total"] != nil)
    }
  #endif

  @Test func `without a process file system nothing is claimed from it`() {
    var text = ExpositionText()
    ProcessCollector(root: "/nonexistent").write(to: &text)
    #expect(!text.text.contains("process_resident_memory_bytes"))
    #expect(!text.text.contains("process_open_fds"))
  }
}
