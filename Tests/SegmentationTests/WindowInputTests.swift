import Layers
import Models
import PointClouds
import Testing

@testable import Segmentation

private let twoLevels =
  #"{"voxel_meters": 0.5, "neighbors": 4}, {"voxel_meters": 2, "neighbors": 3}"#

private func section() throws -> SegmentationSection {
  try SectionFixture.section(
    features: #""one", "height_above_minimum""#,
    window: #"{"kind": "grid", "extent_meters": 40, "max_points": 4096}"#, levels: twoLevels)
}

private func spec(
  _ name: String, _ datatype: Datatype, _ extents: [Int?]
) -> NamedTensorSpec {
  NamedTensorSpec(
    name: name, datatype: datatype,
    spec: TensorSpec(datatype == .float32 ? .float32 : .int32, extents: extents))
}

@Test(arguments: [
  ("X2", Datatype.float32, [nil, 3] as [Int?]), ("N2", .int32, [nil, 4]), ("D1", .int32, [nil, 4]),
  ("U1", .int32, [nil, 1]), ("X00", .float32, [nil, 3]), ("x0", .float32, [nil, 3]),
  ("X-1", .float32, [nil, 3]), ("X", .float32, [nil, 3]), ("", .float32, [nil, 3]),
  ("X99999999999999999999", .float32, [nil, 3]),
])
func `an input of another name is refused`(
  name: String, datatype: Datatype, extents: [Int?]
) throws {
  let section = try section()
  let error = #expect(throws: SegmentationError.self) {
    try WindowInput(spec(name, datatype, extents), section: section)
  }
  #expect("\(try #require(error))".contains("one of F, X0 to X1, N0 to N1, D0 to D0, U0 to U0"))
}

@Test(arguments: [
  ("X0", Datatype.float32, [nil, 4] as [Int?]), ("X0", .int32, [nil, 3]),
  ("F", .float32, [nil, 3]),
  ("F", .float32, [nil]), ("N0", .int32, [nil, 5]), ("N0", .float32, [nil, 4]),
  ("N0", .int32, [7, 4]), ("U0", .int32, [nil]),
  ("X0", .float32, [nil, nil, nil, 3]), ("X0", .float32, [2, nil, 3]),
])
func `an input of another shape or type is refused`(
  name: String, datatype: Datatype, extents: [Int?]
) throws {
  let section = try section()
  let error = #expect(throws: SegmentationError.self) {
    try WindowInput(spec(name, datatype, extents), section: section)
  }
  guard case .inputMismatch(name, _, _) = try #require(error) else {
    Issue.record("\(String(describing: error))")
    return
  }
}

@Test(arguments: CloudFixture.allCases)
func `the tensors of a window agree with a full search`(fixture: CloudFixture) throws {
  let section = try section()
  let inputs = [
    spec("F", .float32, [nil, nil, 2]), spec("X0", .float32, [nil, 3]),
    spec("X1", .float32, [1, nil, 3]), spec("N0", .int32, [nil, nil, 4]),
    spec("N1", .int32, [nil, nil]), spec("D0", .int32, [nil, 2]), spec("U0", .int32, [nil, nil]),
  ]
  var timings = SegmentationTimings()
  let scene = try VoxelScene(
    PointCloud(positions: fixture.positions), section: section, timings: &timings)
  var selector = try scene.windowSelector(section)
  let first = selector?.next()
  let selection = try #require(first)
  var pyramid = WindowPyramid()
  var tensors = [HostTensor](
    repeating: HostTensor(shape: [], values: .float32([])), count: inputs.count)
  // What an earlier window left behind does not matter.
  let part = WindowSelection(
    voxels: Array(selection.voxels.prefix(3)), origin: SIMD3(repeating: 7))
  for window in [selection, part, selection] {
    pyramid.begin(window, of: scene)
    for (place, specification) in inputs.enumerated() {
      pyramid.make(
        try WindowInput(specification, section: section), of: window, scene: scene,
        levels: section.levels, into: &tensors[place])
    }
  }
  let rowCount = selection.voxels.count
  let finest = try floats(tensors[1])
  let coarsest = try floats(tensors[2])
  let coarseCount = coarsest.count / 3
  #expect(
    tensors.map(\.shape) == [
      [1, rowCount, 2], [rowCount, 3], [1, coarseCount, 3], [1, rowCount, 4], [coarseCount, 3],
      [coarseCount, 2], [rowCount, 1],
    ])
  try expectNearest(tensors[3], 4, of: finest, to: finest)
  try expectNearest(tensors[4], 3, of: coarsest, to: coarsest)
  try expectNearest(tensors[5], 2, of: finest, to: coarsest)
  try expectNearest(tensors[6], 1, of: coarsest, to: finest)
}

/// Checks distances rather than indices, since rounding to FP32 may exchange two neighbors.
private func expectNearest(
  _ tensor: HostTensor, _ count: Int, of points: [Float], to queries: [Float]
) throws {
  guard case .int32(let indices) = tensor.values else {
    Issue.record("expected integers")
    return
  }
  let pointCount = points.count / 3
  for query in 0..<(queries.count / 3) {
    func distance(_ point: Int) -> Float {
      (0..<3).reduce(0) { sum, axis in
        let offset = points[3 * point + axis] - queries[3 * query + axis]
        return sum + offset * offset
      }
    }
    let expected = (0..<pointCount).map(distance).sorted().prefix(count)
    let found = indices[(query * count)..<((query + 1) * count)].map { Int($0) }
    for (rank, point) in found.enumerated() {
      try #require((0..<pointCount).contains(point))
      if rank < pointCount {
        let nearest = expected[rank]
        #expect(abs(distance(point) - nearest) <= 1e-3 * max(nearest, 1))
      } else {
        #expect(point == pointCount - 1)
      }
    }
  }
}

private func floats(_ tensor: HostTensor) throws -> [Float] {
  guard case .float32(let values) = tensor.values else {
    Issue.record("expected FP32")
    return []
  }
  return values
}

@Test func `a model needs one score per class`() throws {
  for extents in [[nil, 3], [nil, nil], [2]] as [[Int?]] {
    #expect(throws: SegmentationError.self) {
      try ScoreOutput([spec("p", .float32, extents)], classCount: 2)
    }
  }
  let logits = spec("logits", .float32, [nil, 2])
  let probabilities = spec("probabilities", .float32, [nil, nil, 2])
  let single = spec("p", .float32, [nil, 1])
  #expect(try ScoreOutput([logits, probabilities], classCount: 2).index == 1)
  #expect(try ScoreOutput([single, logits], classCount: 2).index == 1)
  #expect(try ScoreOutput([single], classCount: 2).width == 1)
}
