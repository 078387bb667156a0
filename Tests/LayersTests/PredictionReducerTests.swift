import GoldenFiles
import Layers
import Testing

struct PredictionReducerTests {
  @Test(arguments: PredictionReducer.Strategy.allCases)
  func `overlapping predictions join as the golden file says`(
    _ strategy: PredictionReducer.Strategy
  ) throws {
    let golden = try GoldenFile("prediction_reducers")
    let values = try golden.tensor("input.values")
    let points = try golden.tensor("input.indices").integers
    let expected = try golden.tensor("expected.\(strategy.rawValue)")
    var reducer = PredictionReducer(
      strategy: strategy, pointCount: expected.shape[0], classCount: expected.shape[1])
    for (row, point) in points.enumerated() {
      reducer.add(values.floats[(row * 4)..<((row + 1) * 4)], to: Int(point))
    }
    #expect(try golden.tolerance().disagreement(reducer.values, expected.floats) == nil)
    let labels = try golden.tensor("expected.labels_\(strategy.rawValue)")
    #expect(reducer.labels == labels.integers)
  }

  @Test func `weights count where predictions are averaged`() {
    var reducer = PredictionReducer(strategy: .mean, pointCount: 2, classCount: 2)
    reducer.add([1, 0], to: 1, weight: 3)
    reducer.add([0, 1], to: 1, weight: 1)
    #expect(reducer.values == [0, 0, 0.75, 0.25])
    #expect(reducer.labels == [0, 0])
  }

  @Test func `a single value per point is rounded`() {
    var reducer = PredictionReducer(strategy: .mean, pointCount: 3, classCount: 1)
    reducer.add([0.75], to: 1)
    reducer.add([0.5], to: 2)
    #expect(reducer.labels == [0, 1, 0])
  }

  @Test func `the largest of negative scores is kept`() {
    var reducer = PredictionReducer(strategy: .max, pointCount: 1, classCount: 2)
    reducer.add([-3, -2], to: 0)
    reducer.add([-4, -1], to: 0)
    #expect(reducer.values == [-3, -1])
  }

  @Test func `predictions of no certainty at all still cover their point`() {
    var reducer = PredictionReducer(strategy: .entropic, pointCount: 1, classCount: 1)
    reducer.add([0.36787944], to: 0)
    #expect(abs(reducer.values[0] - 0.36787944) < 1e-6)
  }
}
