/// What the votes of windows say about each class of each voxel.
struct VoxelScores: Sendable {
  private let votes: VoteAccumulator
  private let classCount: Int
  /// Whether there is one score, from 0 to 1, that tells how far the second of two classes applies.
  private let isBinary: Bool

  /// `votes` has a score for each class, or one for two classes.
  init(votes: VoteAccumulator, classCount: Int) {
    self.votes = votes
    self.classCount = classCount
    isBinary = votes.scoreCount == 1 && classCount == 2
    precondition(isBinary || votes.scoreCount == classCount)
  }

  /// How far a class applies to a voxel.
  func score(_ label: Int, of voxel: Int) -> Float {
    guard isBinary else { return votes.score(label, of: voxel) }
    let second = votes.score(0, of: voxel)
    return label == 0 ? 1 - second : second
  }

  /// The first of the classes with the highest score; a single score of 0.5 tells the first class.
  func label(of voxel: Int) -> Int {
    var best = 0
    var bestScore = score(0, of: voxel)
    for label in 1..<max(classCount, 1) {
      let score = score(label, of: voxel)
      if score > bestScore { (best, bestScore) = (label, score) }
    }
    return best
  }

  func isFinite(_ voxel: Int) -> Bool {
    (0..<votes.scoreCount).allSatisfy { votes.score($0, of: voxel).isFinite }
  }
}
