import Models

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Joins the scores that overlapping windows give to the voxels of a scene.
///
/// Windows are added in the order of their indices, so that sums do not depend on who computed them.
struct VoteAccumulator: Sendable {
  private let reduction: VoteReduction
  let scoreCount: Int
  /// `[voxels, scores]`: weighted sums, or largest values.
  private var scores: [Float]
  /// `[voxels]`: the weights that went into the sums.
  private var totals: [Float]
  /// Voxels with at least one vote.
  private(set) var coveredCount = 0

  init(voxelCount: Int, scoreCount: Int, reduction: VoteReduction) {
    self.reduction = reduction
    self.scoreCount = scoreCount
    scores = [Float](repeating: 0, count: voxelCount * scoreCount)
    totals = [Float](repeating: 0, count: voxelCount)
  }

  /// Adds one window's scores, `[voxels of the window, scores]`.
  mutating func add(_ votes: [Float], of selection: WindowSelection) {
    precondition(votes.count == selection.voxels.count * scoreCount)
    for (row, voxel) in selection.voxels.enumerated() {
      let vote = votes[(row * scoreCount)..<((row + 1) * scoreCount)]
      add(vote, weight: selection.weights[row], to: Int(voxel))
    }
  }

  private mutating func add(_ vote: ArraySlice<Float>, weight: Float, to voxel: Int) {
    let start = voxel * scoreCount
    let isFirst = totals[voxel] == 0
    if isFirst { coveredCount += 1 }
    switch reduction {
    case .max:
      for (column, score) in vote.enumerated() where isFirst || score > scores[start + column] {
        scores[start + column] = score
      }
      totals[voxel] = 1
    case .mean, .sum, .entropic:
      let share = reduction == .entropic ? weight * Self.certainty(of: vote) : weight
      for (column, score) in vote.enumerated() { scores[start + column] += score * share }
      totals[voxel] += share
    }
  }

  /// One minus the entropy of a vote, relative to the largest that its number of scores allows.
  ///
  /// As VirtuaLearn3D++'s entropic reducer: scores below 1e-6 count as that, the entropy in bits is
  /// divided by the number of scores times log2(e)/e. Not quite zero, so that a vote always counts.
  private static func certainty(of vote: ArraySlice<Float>) -> Float {
    let entropy = vote.reduce(Float(0)) { sum, score in
      let clipped = max(score, 1e-6)
      return sum - clipped * log2f(clipped)
    }
    let largest = Float(vote.count) * log2f(Float(M_E)) / Float(M_E)
    return max(1 - entropy / largest, 1e-6)
  }

  /// One of the scores of a voxel, joined as far as they have come; zero where no window voted.
  func score(_ column: Int, of voxel: Int) -> Float {
    let sum = scores[voxel * scoreCount + column]
    switch reduction {
    case .sum, .max: return sum
    case .mean, .entropic: return totals[voxel] > 0 ? sum / totals[voxel] : 0
    }
  }
}
