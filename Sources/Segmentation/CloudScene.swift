import Batching
import Models
import PointClouds

/// One way to turn clouds into inputs of a graph, checked against that graph.
protocol CloudPreparation: Sendable {
  /// The classes that labels index.
  var classes: [PointClass] { get }
  /// How the votes of overlapping windows become one.
  var reduction: VoteReduction { get }
  /// Scores per cell: the number of classes, or 1 for two classes that exclude each other.
  var scoreWidth: Int { get }

  /// Divides a cloud into the cells that the network labels, with the help of other threads.
  ///
  /// - Throws: `SegmentationError.extentTooLarge`, `.cloud` and `.abandoned`.
  func scene(
    of cloud: PointCloud, on threads: WorkSharing, timings: inout SegmentationTimings
  ) throws(SegmentationError) -> any CloudScene

  /// Appends the scores, `[cells of the window, scoreWidth]`, among the graph's outputs for a window.
  func appendScores(
    in outputs: [HostTensor], of selection: WindowSelection, to scores: inout [Float])
}

/// A cloud as cells, each of which gets one label: voxels, or the pixels of an image.
protocol CloudScene: Sendable {
  /// The number of cells; 0 if no point takes part.
  var count: Int { get }
  /// `[points]`: the cell of each point of the whole cloud, -1 for points that take no part.
  var cellOfPoint: [Int32] { get }
  /// The length of one unit of the network's coordinates, meters.
  var unitMeters: Double { get }

  /// What chooses the windows; `nil` for a scene without cells.
  ///
  /// - Throws: `SegmentationError.extentTooLarge` and `.tooManyWindows` when there would be too many
  ///   windows, and `.abandoned`.
  func windowSelector(on threads: WorkSharing) throws(SegmentationError) -> (any WindowSelector)?

  /// Makes the tensors of a window, in the order of the graph's inputs.
  func makeInputs(of selection: WindowSelection, in memory: inout WindowMemory)
}
