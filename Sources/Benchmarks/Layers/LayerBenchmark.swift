import Layers

/// One layer with inputs and packed weights, ready to run.
protocol LayerBenchmark: Sendable {
  /// Such as 4096/16/64/256; names of layers other than KPConvX begin with theirs.
  var name: String { get }
  var precision: ProductPrecision { get }
  var floatingPointOperations: Double { get }
  /// Bytes of weights that every run reads from memory; `nil` where arithmetic is the limit.
  var streamedByteCount: Double? { get }

  /// Runs the layer and returns the seconds of one pass.
  func seconds(_ plan: PassPlan) throws(BenchmarkError) -> Double

  /// What the last pass gave.
  var values: [Float] { get }

  /// The seconds of the parts of one pass that can be run alone, on one thread, by name.
  func stageSeconds(_ clock: BenchmarkClock) throws(BenchmarkError) -> [String: Double]
}

extension LayerBenchmark {
  var precision: ProductPrecision { .float32 }
  var streamedByteCount: Double? { nil }

  func stageSeconds(_ clock: BenchmarkClock) throws(BenchmarkError) -> [String: Double] { [:] }
}
