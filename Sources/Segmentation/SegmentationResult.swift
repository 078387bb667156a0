import Batching
package import Models

/// One label per point of a cloud, in the cloud's order.
package struct SegmentationResult: Sendable {
  /// The classes that labels index.
  package let classes: [PointClass]
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
  /// `[voxels]`: index into `classes`.
  private let voxelLabels: [Int32]
  private let scores: VoxelScores

  /// How many voxels or points one thread labels at a time.
  private static let grain = 16384

  /// Labels the points of a scene.
  ///
  /// `codes` is the cloud's own classification, `[points]`. Throws
  /// `SegmentationError.nonFiniteScores` and `.abandoned`.
  init(
    votes: VoteAccumulator, scene: any CloudScene, codes: [UInt8]?, classes: [PointClass],
    windowCount: Int, timings: SegmentationTimings, on threads: WorkSharing
  ) throws(SegmentationError) {
    let scores = VoxelScores(votes: votes, classCount: classes.count)
    let voxelLabels = try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
      try threads.rows(scene.count, of: Int32.self, grain: Self.grain) { voxels, labels in
        for (place, voxel) in voxels.enumerated() {
          labels[place] = scores.isFinite(voxel) ? Int32(scores.label(of: voxel)) : -1
        }
      }
    }
    guard !voxelLabels.contains(-1) else { throw .nonFiniteScores }
    let voxelOfPoint = scene.cellOfPoint
    let pointCount = voxelOfPoint.count
    let codeOfClass = classes.map(\.lasCode)
    lasCodes = try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
      try threads.rows(pointCount, of: UInt8.self, grain: Self.grain) { points, found in
        for (place, point) in points.enumerated() {
          let voxel = voxelOfPoint[point]
          found[place] =
            voxel < 0 ? codes?[point] ?? 0 : codeOfClass[Int(voxelLabels[Int(voxel)])]
        }
      }
    }
    let partCounts = try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
      try threads.map((pointCount + Self.grain - 1) / Self.grain) { part in
        var counts = [Int](repeating: 0, count: classes.count)
        for point in (part * Self.grain)..<min((part + 1) * Self.grain, pointCount)
        where voxelOfPoint[point] >= 0 {
          counts[Int(voxelLabels[Int(voxelOfPoint[point])])] += 1
        }
        return counts
      }
    }
    classCounts = classes.indices.map { label in partCounts.reduce(0) { $0 + $1[label] } }
    excludedCount = pointCount - classCounts.reduce(0, +)
    self.classes = classes
    voxelCount = scene.count
    self.windowCount = windowCount
    voxelUnitMeters = scene.unitMeters
    self.timings = timings
    self.voxelOfPoint = voxelOfPoint
    self.voxelLabels = voxelLabels
    self.scores = scores
  }

  package var pointCount: Int { voxelOfPoint.count }

  /// `[points]`: index into `classes`, or -1 for points that took no part and keep their code; made
  /// anew whenever it is asked for.
  package var labels: [Int32] { voxelOfPoint.map { $0 < 0 ? -1 : voxelLabels[Int($0)] } }

  /// `[points]`: the score of each point's class; 0 for points that took no part.
  package func confidences() -> [Float] {
    voxelOfPoint.map { voxel in
      voxel < 0 ? 0 : scores.score(Int(voxelLabels[Int(voxel)]), of: Int(voxel))
    }
  }

  /// `[points, classes]`: the scores of each point; 0 for points that took no part.
  package func probabilities() -> [Float] {
    var probabilities = [Float](repeating: 0, count: voxelOfPoint.count * classes.count)
    for (point, voxel) in voxelOfPoint.enumerated() where voxel >= 0 {
      for label in classes.indices {
        probabilities[point * classes.count + label] = scores.score(label, of: Int(voxel))
      }
    }
    return probabilities
  }
}
