package import Layers
import Segmentation

/// What `bench pipeline` measured for one cloud and number of threads.
package struct PipelineTimings: Sendable {
  /// A part of the pipeline; those that run on several threads count for each.
  package enum Stage: String, Sendable, CaseIterable {
    case heightAboveGround = "height"
    case voxelization = "voxels"
    case features
    case windows
    case neighbors
    case inference
    case votes

    func duration(in timings: SegmentationTimings) -> Duration {
      switch self {
      case .heightAboveGround: timings.heightAboveGround
      case .voxelization: timings.voxelization
      case .features: timings.features
      case .windows: timings.windows
      case .neighbors: timings.neighbors
      case .inference: timings.inference
      case .votes: timings.votes
      }
    }
  }

  package let name: String
  package let pointCount: Int
  package let threadCount: Int
  package let windowCount: Int
  /// Seconds from the cloud to its labels, on the wall.
  package let total: Samples
  /// Seconds, summed over the threads.
  package let stages: [Stage: Samples]
  /// The most bytes held beyond those held before; `nil` where the system does not tell.
  package let peakByteCount: Int?
  /// Heap allocations of the whole pipeline, preparing the cloud and finishing included; `nil` where
  /// nothing counts them.
  package let allocationCount: Int?
  /// Heap allocations of one window, from its choice to its votes, in memory that earlier windows have
  /// left behind; `nil` where nothing counts them.
  package let allocationsPerWindow: Double?
  /// Heap allocations of all layers of one window; `nil` where nothing counts them.
  package let allocationsPerPass: Double?

  /// Median nanoseconds of a point, on the wall.
  package var nanosecondsPerPoint: Double { total.median * 1e9 / Double(pointCount) }

  /// Median nanoseconds of a point in one stage, summed over the threads.
  package func nanosecondsPerPoint(_ stage: Stage) -> Double {
    (stages[stage]?.median ?? 0) * 1e9 / Double(pointCount)
  }

  /// The form for scripts.
  package var json: ConfigValue {
    var members: [String: ConfigValue] = [
      "name": .string(name), "points": .integer(pointCount), "threads": .integer(threadCount),
      "windows": .integer(windowCount), "seconds": .number(total.median),
      "spread": .number(total.spread), "ns_per_point": .number(nanosecondsPerPoint),
      "stages_ns_per_point": .object(
        Dictionary(
          uniqueKeysWithValues: Stage.allCases.map {
            ($0.rawValue, .number(nanosecondsPerPoint($0)))
          })),
    ]
    if let peakByteCount { members["peak_bytes"] = .integer(peakByteCount) }
    if let allocationCount { members["allocations"] = .integer(allocationCount) }
    if let allocationsPerWindow {
      members["allocations_per_window"] = .number(allocationsPerWindow)
    }
    if let allocationsPerPass { members["allocations_per_pass"] = .number(allocationsPerPass) }
    return .object(members)
  }
}
