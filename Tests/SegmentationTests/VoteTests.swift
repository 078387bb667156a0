import Models
import Testing

@testable import Segmentation

private let first = WindowSelection(voxels: [0, 1], weights: [1, 0.5], origin: .zero)
private let second = WindowSelection(voxels: [1, 2], weights: [0.25, 1], origin: .zero)

private func joined(_ reduction: VoteReduction) -> [Float] {
  var votes = VoteAccumulator(voxelCount: 4, scoreCount: 2, reduction: reduction)
  votes.add([1, 0, 0.5, 0.5], of: first)
  votes.add([0.875, 0.125, 0.25, 0.75], of: second)
  #expect(votes.coveredCount == 3)
  return votes.joined(voxelCount: 4)
}

@Test func `votes are averaged by weight`() {
  #expect(joined(.mean) == [1, 0, 0.625, 0.375, 0.25, 0.75, 0, 0])
}

@Test func `votes are added up by weight`() {
  #expect(joined(.sum) == [1, 0, 0.46875, 0.28125, 0.25, 0.75, 0, 0])
}

@Test func `the largest votes win`() {
  #expect(joined(.max) == [1, 0, 0.875, 0.5, 0.25, 0.75, 0, 0])
}

@Test func `certain votes weigh more than uncertain ones`() {
  let scores = joined(.entropic)
  // Entropies in bits are 1 and 0.5436, the largest possible is 2 * log2(e) / e = 1.0615.
  let uncertain = 0.5 * (1 - 1 / 1.06148)
  let certain = 0.25 * (1 - 0.543564 / 1.06148)
  let expected = (0.5 * uncertain + 0.875 * certain) / (uncertain + certain)
  #expect(abs(Double(scores[2]) - expected) < 1e-4)
  #expect(abs(scores[2] + scores[3] - 1) < 1e-6)
  #expect(abs(scores[0] - 1) < 1e-6)
}

@Test func `a vote without any certainty still counts`() {
  var votes = VoteAccumulator(voxelCount: 1, scoreCount: 1, reduction: .entropic)
  let share = Float(0.36787945)
  votes.add([share], of: WindowSelection(voxels: [0], weights: [1], origin: .zero))
  #expect(abs(votes.score(0, of: 0) - share) < 1e-6)
}
