import Batching
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

  /// How many voxels or points one thread labels at a time.
  private static let grain = 16384

  /// Labels the points of a scene.
  ///
  /// `scores` is `[voxels, scores]`: a score per class, or one from 0 to 1 that tells how far the
  /// second of two classes applies. `codes` is the cloud's own classification, `[points]`. Throws
  /// `WorkAbandoned`.
  init(
    scores: [Float], scene: any CloudScene, codes: [UInt8]?, classes: [PointClass],
    windowCount: Int, timings: SegmentationTimings, on threads: WorkSharing
  ) throws(WorkAbandoned) {
    let classCount = classes.count
    let isBinary = scores.count == scene.count && classCount == 2
    let voxelScores = isBinary ? scores.flatMap { [1 - $0, $0] } : scores
    let voxelLabels = try threads.rows(scene.count, of: Int32.self, grain: Self.grain) {
      voxels, labels in
      for (place, voxel) in voxels.enumerated() {
        labels[place] = Int32(
          Self.label(of: voxelScores[(voxel * classCount)..<((voxel + 1) * classCount)]))
      }
    }
    let voxelOfPoint = scene.cellOfPoint
    let pointCount = voxelOfPoint.count
    let labels = try threads.rows(pointCount, of: Int32.self, grain: Self.grain) {
      points, labels in
      for (place, point) in points.enumerated() {
        let voxel = voxelOfPoint[point]
        labels[place] = voxel < 0 ? -1 : voxelLabels[Int(voxel)]
      }
    }
    let codeOfClass = classes.map(\.lasCode)
    lasCodes = try threads.rows(pointCount, of: UInt8.self, grain: Self.grain) { points, found in
      for (place, point) in points.enumerated() {
        let label = labels[point]
        found[place] = label < 0 ? codes?[point] ?? 0 : codeOfClass[Int(label)]
      }
    }
    let partCounts = try threads.map((pointCount + Self.grain - 1) / Self.grain) { part in
      var counts = [Int](repeating: 0, count: classCount)
      for point in (part * Self.grain)..<min((part + 1) * Self.grain, pointCount)
      where labels[point] >= 0 { counts[Int(labels[point])] += 1 }
      return counts
    }
    classCounts = (0..<classCount).map { label in partCounts.reduce(0) { $0 + $1[label] } }
    excludedCount = pointCount - classCounts.reduce(0, +)
    self.classes = classes
    self.labels = labels
    voxelCount = scene.count
    self.windowCount = windowCount
    voxelUnitMeters = scene.unitMeters
    self.timings = timings
    self.voxelOfPoint = voxelOfPoint
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
