import GoldenFiles
import Models
import Testing

@testable import Segmentation

@Test(arguments: VoteReduction.allCases)
func `overlapping predictions join as the golden file says`(_ reduction: VoteReduction) throws {
  let golden = try GoldenFile("prediction_reducers")
  let expected = try golden.tensor("expected.\(reduction.rawValue)")
  let values = try golden.tensor("input.values")
  let points = try golden.tensor("input.indices").integers
  let offsets = try golden.tensor("input.offsets").integers.map { Int($0) }
  let classCount = values.shape[1]
  var votes = VoteAccumulator(
    voxelCount: expected.shape[0], scoreCount: classCount, reduction: reduction)
  for (start, end) in zip(offsets, offsets.dropFirst()) {
    votes.add(
      Array(values.floats[(start * classCount)..<(end * classCount)]),
      of: WindowSelection(
        voxels: Array(points[start..<end]), weights: Array(repeating: 1, count: end - start),
        origin: .zero))
  }
  #expect(votes.coveredCount == Set(points).count)
  let joined = votes.joined(voxelCount: expected.shape[0])
  #expect(try golden.tolerance().disagreement(joined, expected.floats) == nil)
}
