package import Layers

/// What `bench knn` measured.
package struct NeighborTimings: Sendable {
  /// One cloud and number of neighbors: seconds of each round.
  package struct Case: Sendable {
    package let problem: NeighborsBenchmark.Case
    package let build: Samples
    package let query: Samples

    /// Median nanoseconds for each point.
    package var buildNanosecondsPerPoint: Double { build.median * 1e9 / Double(problem.pointCount) }
    package var queryNanosecondsPerPoint: Double { query.median * 1e9 / Double(problem.pointCount) }
  }

  package let instructionSet: String
  package let threadCount: Int
  package let cases: [Case]

  /// The form for scripts.
  package var json: ConfigValue {
    .object([
      "isa": .string(instructionSet), "threads": .integer(threadCount),
      "cases": .array(
        cases.map { item in
          .object([
            "points": .integer(item.problem.pointCount),
            "order": .string(item.problem.order.rawValue),
            "neighbors": .integer(item.problem.neighborCount),
            "build_ns_per_point": .number(item.buildNanosecondsPerPoint),
            "query_ns_per_point": .number(item.queryNanosecondsPerPoint),
            "spread": .number(item.query.spread),
          ])
        }),
    ])
  }
}
