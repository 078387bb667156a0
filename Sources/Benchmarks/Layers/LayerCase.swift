import Layers

/// What `bench layers` can measure.
package enum LayerCase: Sendable, Hashable {
  case kpConvX(KPConvXCase)
  case dense(rows: Int, input: Int, output: Int)
  case hourglass(rows: Int, input: Int, hidden: Int, output: Int)
  case localConvolution(extent: Int, input: Int, output: Int)

  /// Layers that come beside KPConvX on demand.
  package static let companions: [LayerCase] = [
    .dense(rows: 16384, input: 64, output: 64),
    .hourglass(rows: 16384, input: 64, hidden: 256, output: 64),
    .localConvolution(extent: 128, input: 16, output: 16),
  ]

  /// Parses the name of a case.
  ///
  /// - Throws: `BenchmarkError.invalid`.
  package init(_ name: String) throws(BenchmarkError) {
    guard let colon = name.firstIndex(of: ":") else {
      self = .kpConvX(try KPConvXCase(name))
      return
    }
    let sizes = name[name.index(after: colon)...]
      .split(separator: "/", omittingEmptySubsequences: false)
    let numbers = sizes.compactMap { size in
      size.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(size) : nil
    }
    let rowLimit = 1 << 22
    let widthLimit = 4096
    let isWithinLimits =
      numbers.count == sizes.count && (1...rowLimit).contains(numbers.first ?? 0)
      && numbers.dropFirst().allSatisfy { (1...widthLimit).contains($0) }
    switch (name[..<colon], numbers.count) {
    case ("dense", 3) where isWithinLimits:
      self = .dense(rows: numbers[0], input: numbers[1], output: numbers[2])
    case ("hourglass", 4) where isWithinLimits:
      self = .hourglass(
        rows: numbers[0], input: numbers[1], hidden: numbers[2], output: numbers[3])
    case ("local", 3)
    where isWithinLimits && numbers[0] <= 512 && numbers[1] <= 64 && numbers[2] <= 64:
      self = .localConvolution(extent: numbers[0], input: numbers[1], output: numbers[2])
    default:
      throw .invalid(
        name: "--case",
        expected: """
          points/neighbors/width/hidden, dense:rows/width/output, \
          hourglass:rows/width/hidden/output (at most \(rowLimit) rows, widths of \(widthLimit)) or \
          local:extent/channels/channels (at most 512 pixels, 64 channels)
          """, found: name)
    }
  }

  /// Whether its products can be of this precision.
  func knows(_ precision: ProductPrecision) -> Bool {
    if case .localConvolution = self { return precision == .float32 }
    return true
  }

  /// Makes inputs and weights, the same for every precision that the case knows.
  func benchmark(
    order: SyntheticSurface.Order, precision: ProductPrecision
  ) throws(BenchmarkError) -> any LayerBenchmark {
    switch self {
    case .kpConvX(let problem):
      try KPConvXBenchmark(try KPConvXWorkload(problem, order: order), precision)
    case .dense(let rows, let input, let output):
      try RowBenchmark(rows: rows, widths: [input, output], precision)
    case .hourglass(let rows, let input, let hidden, let output):
      try RowBenchmark(rows: rows, widths: [input, hidden, output], precision)
    case .localConvolution(let extent, let input, let output):
      try LocalConvolutionBenchmark(
        extent: extent, inputChannels: input, outputChannels: output)
    }
  }
}
