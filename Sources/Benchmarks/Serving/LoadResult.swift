package import Layers

/// What one connection saw.
package struct LoadTally: Sendable {
  /// Nanoseconds of each answer of status 200 to 299.
  package private(set) var latencies: [Int64] = []
  /// Answers of each status.
  package private(set) var statuses: [Int: Int] = [:]
  /// Requests without an answer.
  package private(set) var failureCount = 0
  /// What the client's thread itself took.
  package var processorNanoseconds: Int64 = 0

  package init() {}

  package mutating func add(status: Int, nanoseconds: Int64) {
    statuses[status, default: 0] += 1
    if (200..<300).contains(status) { latencies.append(nanoseconds) }
  }

  package mutating func addFailure() { failureCount += 1 }
}

/// What all connections saw together.
package struct LoadResult: Sendable {
  package let seconds: Double
  /// Requests each second that were asked for; `nil` for a closed loop.
  package let rate: Double?
  package let statuses: [Int: Int]
  package let failureCount: Int
  /// Seconds of the answers of status 200 to 299; `nil` without any.
  package let latency: Samples?
  /// Processor time of the server, kernel included; `nil` where it is another process.
  package let serverProcessorSeconds: Double?

  package init(
    tallies: [LoadTally], seconds: Double, rate: Double?, serverProcessorSeconds: Double?
  ) {
    self.seconds = seconds
    self.rate = rate
    self.serverProcessorSeconds = serverProcessorSeconds
    statuses = tallies.reduce(into: [:]) { $0.merge($1.statuses, uniquingKeysWith: +) }
    failureCount = tallies.reduce(0) { $0 + $1.failureCount }
    let latencies = tallies.flatMap(\.latencies).map { Double($0) * 1e-9 }
    latency = latencies.isEmpty ? nil : Samples(latencies)
  }

  /// Answers of any status.
  package var answerCount: Int { statuses.values.reduce(0, +) }

  /// Answers of status 200 to 299 each second.
  package var throughput: Double { Double(latency?.count ?? 0) / seconds }

  /// Microseconds of the server for each answer.
  package var serverMicrosecondsPerAnswer: Double? {
    guard let serverProcessorSeconds, answerCount > 0 else { return nil }
    return serverProcessorSeconds * 1e6 / Double(answerCount)
  }

  /// Names and values of everything, in the order of a table.
  package var fields: [(name: String, value: Double?)] {
    [
      ("seconds", seconds), ("rate", rate), ("throughput", throughput),
      ("p50_ms", latency.map { $0.median * 1e3 }),
      ("p95_ms", latency.map { $0.quantile(0.95) * 1e3 }),
      ("p99_ms", latency.map { $0.quantile(0.99) * 1e3 }),
      ("max_ms", latency.map { $0.maximum * 1e3 }),
      ("server_cpu_us", serverMicrosecondsPerAnswer),
    ]
  }

  /// The form for scripts.
  package var json: ConfigValue {
    var members: [String: ConfigValue] = [
      "statuses": .object(
        Dictionary(uniqueKeysWithValues: statuses.map { ("\($0.key)", .integer($0.value)) })),
      "unanswered": .integer(failureCount),
    ]
    for field in fields { members[field.name] = field.value.map { .number($0) } ?? .null }
    return .object(members)
  }

  /// A heading and one line, with commas between.
  package var csv: String {
    let answered = statuses.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
    let names = fields.map(\.name) + ["statuses", "unanswered"]
    let values =
      fields.map { $0.value.map { "\($0)" } ?? "" } + [
        answered.joined(separator: " "), "\(failureCount)",
      ]
    return names.joined(separator: ",") + "\n" + values.joined(separator: ",")
  }
}
