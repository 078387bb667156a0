package import Models

/// One label per point of a cloud, in the cloud's order.
package struct SegmentationResult: Sendable {
  /// The classes that labels index.
  package let classes: [PointClass]
  /// `[points]`: index into `classes`, or -1 for points that took no part and keep their code.
  package let labels: [Int32]
  /// `[points]`: ASPRS codes; those of the cloud where the label is -1.
  package let lasCodes: [UInt8]
  /// `[classes]`: the points of each class.
  package let classCounts: [Int]
  /// How many points took no part.
  package let excludedCount: Int
  /// The number of voxels that the network saw.
  package let voxelCount: Int
  /// The number of windows that the network ran on.
  package let windowCount: Int
  /// The voxel unit, meters.
  package let voxelUnitMeters: Double
  package let timings: SegmentationTimings

  /// `[points]`: the voxel of each point, -1 for points that took no part.
  private let voxelOfPoint: [Int32]
  /// `[voxels, classes]`.
  private let voxelScores: [Float]

  /// Labels the points of a scene.
  ///
  /// `scores` is `[voxels, scores]`: a score per class, or one from 0 to 1 that tells how far the
  /// second of two classes applies. `codes` is the cloud's own classification, `[points]`.
  init(
    scores: [Float], scene: any CloudScene, codes: [UInt8]?, classes: [PointClass],
    windowCount: Int,
    timings: SegmentationTimings
  ) {
    let isBinary = scores.count == scene.count && classes.count == 2
    let voxelScores = isBinary ? scores.flatMap { [1 - $0, $0] } : scores
    let voxelLabels = (0..<scene.count).map { voxel in
      Self.label(of: voxelScores[(voxel * classes.count)..<((voxel + 1) * classes.count)])
    }
    var labels = [Int32](repeating: -1, count: scene.cellOfPoint.count)
    var lasCodes = codes ?? [UInt8](repeating: 0, count: labels.count)
    var counts = [Int](repeating: 0, count: classes.count)
    for (point, voxel) in scene.cellOfPoint.enumerated() where voxel >= 0 {
      let label = voxelLabels[Int(voxel)]
      labels[point] = Int32(label)
      lasCodes[point] = classes[label].lasCode
      counts[label] += 1
    }
    self.classes = classes
    self.labels = labels
    self.lasCodes = lasCodes
    classCounts = counts
    excludedCount = labels.count - counts.reduce(0, +)
    voxelCount = scene.count
    self.windowCount = windowCount
    voxelUnitMeters = scene.unitMeters
    self.timings = timings
    voxelOfPoint = scene.cellOfPoint
    self.voxelScores = voxelScores
  }

  /// `[points]`: the score of each point's class; 0 for points that took no part.
  package func confidences() -> [Float] {
    zip(voxelOfPoint, labels).map { voxel, label in
      voxel < 0 ? 0 : voxelScores[Int(voxel) * classes.count + Int(label)]
    }
  }

  /// `[points, classes]`: the scores of each point; 0 for points that took no part.
  package func probabilities() -> [Float] {
    var probabilities = [Float](repeating: 0, count: voxelOfPoint.count * classes.count)
    for (point, voxel) in voxelOfPoint.enumerated() where voxel >= 0 {
      for column in 0..<classes.count {
        probabilities[point * classes.count + column] =
          voxelScores[Int(voxel) * classes.count + column]
      }
    }
    return probabilities
  }

  /// The class that the scores of one voxel tell: a score per class, or one as in `init`.
  static func label(of scores: [Float], classCount: Int) -> Int {
    let isBinary = scores.count == 1 && classCount == 2
    return label(of: (isBinary ? [1 - scores[0], scores[0]] : scores)[...])
  }

  /// The first of the highest scores; a single score of 0.5 rounds to the first class as well.
  private static func label(of scores: ArraySlice<Float>) -> Int {
    var best = scores.startIndex
    for index in scores.indices where scores[index] > scores[best] { best = index }
    return best - scores.startIndex
  }
}
