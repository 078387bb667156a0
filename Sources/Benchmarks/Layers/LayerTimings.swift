package import Layers

/// What `bench layers` measured, for one number of threads.
package struct LayerTimings: Sendable, Equatable {
  /// One layer.
  package struct Case: Sendable, Equatable {
    package let name: String
    package let precision: ProductPrecision
    package let floatingPointOperations: Double
    package let streamedByteCount: Double?
    /// Seconds of one pass, one for each round.
    package let seconds: Samples
    /// Seconds of the parts.
    package let stages: [String: Samples]
    /// Heap allocations of one pass; `nil` where nothing counts them.
    package let allocationCount: Double?
    /// The root mean square of the deviation from float32, relative to its result; `nil` for float32.
    package let difference: Double?

    package init(
      name: String, precision: ProductPrecision = .float32, floatingPointOperations: Double,
      streamedByteCount: Double? = nil, seconds: Samples, stages: [String: Samples] = [:],
      allocationCount: Double? = nil, difference: Double? = nil
    ) {
      self.name = name
      self.precision = precision
      self.floatingPointOperations = floatingPointOperations
      self.streamedByteCount = streamedByteCount
      self.seconds = seconds
      self.stages = stages
      self.allocationCount = allocationCount
      self.difference = difference
    }
  }

  package let instructionSet: String
  package let threadCount: Int
  /// GFLOP/s of one thread in the same run, by precision, one for each round.
  package let peaks: [ProductPrecision: Samples]
  /// 10^9 bytes per second that one thread reads.
  package let readBandwidth: Double
  package let cases: [Case]
  package let summary: Samples.Summary

  package init(
    instructionSet: String, threadCount: Int, peaks: [ProductPrecision: Samples],
    readBandwidth: Double, cases: [Case], summary: Samples.Summary
  ) {
    self.instructionSet = instructionSet
    self.threadCount = threadCount
    self.peaks = peaks
    self.readBandwidth = readBandwidth
    self.cases = cases
    self.summary = summary
  }

  /// GFLOP/s of one thread: the best round, since disturbances only lower it.
  ///
  /// - Precondition: a precision that was measured.
  package func peak(_ precision: ProductPrecision) -> Double {
    guard let peaks = peaks[precision] else { preconditionFailure("not measured: \(precision)") }
    return peaks.maximum
  }

  /// Seconds of one pass.
  package func seconds(_ item: Case) -> Double { item.seconds.summarized(by: summary) }

  package func gigaflops(_ item: Case) -> Double {
    item.floatingPointOperations / seconds(item) * 1e-9
  }

  /// The rate as a share of the peak of all threads together.
  package func shareOfPeak(_ item: Case) -> Double {
    gigaflops(item) / (peak(item.precision) * Double(threadCount))
  }

  /// The time as a share of that of the same case in float32; `nil` for float32 itself.
  package func shareOfFloat32(_ item: Case) -> Double? {
    guard item.precision != .float32 else { return nil }
    return cases.first { $0.name == item.name && $0.precision == .float32 }
      .map { seconds(item) / seconds($0) }
  }

  /// The share of the bandwidth; `nil` where memory is not the limit.
  package func shareOfBandwidth(_ item: Case) -> Double? {
    item.streamedByteCount.map { $0 / seconds(item) * 1e-9 / readBandwidth }
  }

  /// Milliseconds of the parts of a pass, and what they leave of it.
  package func stageMilliseconds(_ item: Case) -> [String: Double] {
    guard !item.stages.isEmpty else { return [:] }
    var stages = item.stages.mapValues { $0.summarized(by: summary) * 1e3 }
    let rest = seconds(item) * 1e3 - stages.values.reduce(0, +)
    stages[KPConvXBenchmark.remainingStage] = max(rest, 0)
    return stages
  }

  /// The form for scripts.
  package var json: ConfigValue {
    var members: [String: ConfigValue] = [
      "isa": .string(instructionSet), "peak_gflops": .number(peak(.float32)),
      "cases": .array(cases.map(json)),
    ]
    if let peaks = peaks[.bfloat16] { members["peak_gflops_bfloat16"] = .number(peaks.maximum) }
    return .object(members)
  }

  private func json(_ item: Case) -> ConfigValue {
    var members: [String: ConfigValue] = [
      "name": .string(item.name), "milliseconds": .number(seconds(item) * 1e3),
      "gflops": .number(gigaflops(item)), "share_of_peak": .number(shareOfPeak(item)),
      "stages": .object(stageMilliseconds(item).mapValues { .number($0) }),
    ]
    if let share = shareOfBandwidth(item) { members["share_of_bandwidth"] = .number(share) }
    if item.precision != .float32 { members["precision"] = .string(item.precision.rawValue) }
    if let share = shareOfFloat32(item) { members["share_of_float32"] = .number(share) }
    if let difference = item.difference { members["difference"] = .number(difference) }
    if let count = item.allocationCount { members["allocations"] = .number(count) }
    return .object(members)
  }
}
