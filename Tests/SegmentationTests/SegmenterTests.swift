import Batching
import Locking
import Models
import PointClouds
import Synchronization
import Testing

@testable import Segmentation

/// A model with its plan.
private struct TestModel {
  let plan: ExecutablePlan
  let segmenter: Segmenter

  /// The built-in model.
  init() throws {
    try self.init(
      ModelManifest(parsing: BuiltInModel.manifest),
      weights: SafetensorsFile(parsing: BuiltInModel.weights))
  }

  init(_ manifest: ModelManifest, weights: SafetensorsFile) throws {
    plan = try ExecutablePlan(ModelGraph(manifest, weights: weights))
    segmenter = try Segmenter(plan: plan, section: #require(manifest.segmentation))
  }

  /// Tells building from ground by a height of two meters, for any section with a window `kind`.
  init(
    window: String, reduce: String = "mean", units: Int = 2,
    feature: String = #""height_above_minimum""#
  ) throws {
    let manifest = try SectionFixture.manifest(
      features: feature, window: window,
      levels: #"{"voxel_meters": 0.5, "neighbors": 4}, {"voxel_meters": 2, "neighbors": 4}"#,
      more: #", "excluded_las_codes": [7], "reduce": "\#(reduce)""#,
      layers: """
        {"name": "d", "class_name": "Dense", "config": {"units": \(units)}, "inputs": ["F"]},
        {"name": "p", "class_name": "\(units == 1 ? "Sigmoid" : "Softmax")", "config": {},
         "inputs": ["d"]}
        """)
    let (kernel, bias): ([Float], [Float]) =
      units == 1 ? ([8], [-16]) : ([-4, 4], [8, -8])
    let bytes = SafetensorsWriter.write(
      [
        "d/kernel": HostTensor(shape: [1, units], values: .float32(kernel)),
        "d/bias": HostTensor(shape: [units], values: .float32(bias)),
      ])
    try self.init(manifest, weights: SafetensorsFile(parsing: bytes))
  }
}

/// The corner of the synthetic scene up to some meters from its origin.
private func corner(of street: SyntheticScene, meters: Double) throws -> PointCloud {
  let kept = street.returnNumbers.indices.filter {
    street.positions[3 * $0] < 500_000 + meters && street.positions[3 * $0 + 1] < 5_400_000 + meters
  }
  return try PointCloud(
    positions: kept.flatMap { street.positions[(3 * $0)..<(3 * $0 + 3)] },
    attributes: PointAttributes(
      returnNumber: kept.map { street.returnNumbers[$0] },
      numberOfReturns: kept.map { street.numbersOfReturns[$0] }))
}

@Test func `the built-in model labels the synthetic scene as the original does`() throws {
  let model = try TestModel()
  let cloud = try corner(of: SyntheticScene(), meters: 100)
  let result = try model.segmenter.segment(cloud, threadCount: 2)
  let expected = try SyntheticScene.expectedClasses()
  try #require(result.lasCodes.count == expected.count)
  let agreeing = zip(result.lasCodes, expected).count { $0 == $1 }
  #expect(Double(agreeing) >= 0.998 * Double(expected.count), "\(agreeing) of \(expected.count)")
  #expect(result.windowCount == 19)
  #expect(result.excludedCount == 0)
  #expect(result.classCounts.reduce(0, +) == cloud.count)
  #expect(zip(result.labels, result.lasCodes).allSatisfy { result.classes[Int($0)].lasCode == $1 })
}

@Test func `labels are bit-equal for any number of threads and any order of arrival`() throws {
  let model = try TestModel()
  let cloud = try corner(of: SyntheticScene(), meters: 34)
  let alone = try model.segmenter.segment(cloud, threadCount: 1)
  #expect(alone.windowCount > 3)
  let together = try model.segmenter.segment(cloud, threadCount: 3)
  #expect(alone.probabilities() == together.probabilities())
  #expect(alone.labels == together.labels)

  let task = try model.segmenter.prepare(cloud)
  var windows: [SegmentationWindow] = []
  while let window = task.nextWindow() { windows.append(window) }
  var workspace = Workspace()
  for window in windows.reversed() {
    #expect(!task.isComplete)
    try task.add(
      model.plan.run([try task.inputs(of: window)], in: &workspace)[0], of: window)
  }
  #expect(task.nextWindow() == nil)
  #expect(task.isComplete)
  #expect(task.coveredVoxelCount == task.voxelCount)
  #expect(try task.finish().probabilities() == alone.probabilities())
}

@Test func `a preparation that nobody wants ends at any of its steps`() throws {
  let model = try TestModel()
  let cloud = try corner(of: SyntheticScene(), meters: 20)
  let pool = try TaskPool(threadCount: 2, name: "test")
  defer { pool.finish() }
  let asked = Atomic<Int>(0)
  _ = try model.segmenter.prepare(
    cloud,
    on: WorkSharing(pool: pool) {
      asked.add(1, ordering: .relaxed)
      return true
    })
  // Helpers ask once more when no part is left, at a time that nobody knows.
  let stepCount = asked.load(ordering: .relaxed) / 2
  #expect(stepCount > 30)
  for step in stride(from: 0, to: stepCount, by: 7) {
    asked.store(0, ordering: .relaxed)
    #expect(throws: SegmentationError.abandoned) {
      try model.segmenter.prepare(
        cloud,
        on: WorkSharing(pool: pool) {
          asked.wrappingAdd(1, ordering: .relaxed).oldValue < step
        })
    }
  }
}

@Test func `labels that nobody wants any more are not written`() throws {
  let model = try TestModel()
  let isWanted = Atomic<Bool>(true)
  let pool = try TaskPool(threadCount: 2, name: "test")
  defer { pool.finish() }
  let task = try model.segmenter.prepare(
    try corner(of: SyntheticScene(), meters: 20),
    on: WorkSharing(pool: pool) { isWanted.load(ordering: .relaxed) })
  var workspace = Workspace()
  while let window = task.nextWindow() {
    try task.add(
      model.plan.run([try task.inputs(of: window)], in: &workspace)[0], of: window)
  }
  isWanted.store(false, ordering: .relaxed)
  #expect(throws: SegmentationError.abandoned) { try task.finish() }
  isWanted.store(true, ordering: .relaxed)
  #expect(try task.finish().labels.count == task.finish().lasCodes.count)
}

@Test func `squares of many voxels are not looked for when nobody wants them`() throws {
  let section = try SectionFixture.section(
    window: #"{"kind": "grid", "extent_meters": 5, "max_points": 50}"#)
  let cloud = try PointCloud(positions: CloudFixture.field.positions)
  var timings = SegmentationTimings()
  let scene = try VoxelScene(cloud, section: section, timings: &timings)
  let pool = try TaskPool(threadCount: 1, name: "test")
  defer { pool.finish() }
  let asked = Atomic<Int>(0)
  func select(untilAsked limit: Int) throws {
    asked.store(0, ordering: .relaxed)
    _ = try GridWindowSelector(
      scene, section: section,
      on: WorkSharing(pool: pool) { asked.wrappingAdd(1, ordering: .relaxed).oldValue < limit })
  }
  try select(untilAsked: .max)
  let stepCount = asked.load(ordering: .relaxed)
  #expect(stepCount >= 4)
  for step in 0..<stepCount {
    #expect(throws: SegmentationError.abandoned) { try select(untilAsked: step) }
  }
}

@Test func `finite scores whose sum is not are refused`() throws {
  let model = try TestModel(
    window: #"{"kind": "grid", "extent_meters": 6, "overlap_meters": 3, "max_points": 5000}"#,
    reduce: "sum")
  let task = try model.segmenter.prepare(PointCloud(positions: CloudFixture.field.positions))
  while let window = task.nextWindow() {
    let scores = [Float](repeating: 3e38, count: 2 * window.pointCount)
    try task.add(
      [HostTensor(shape: [window.pointCount, 2], values: .float32(scores))],
      of: window)
  }
  #expect(throws: SegmentationError.nonFiniteScores) { try task.finish() }
}

@Test(arguments: [("mean", 2), ("mean", 1), ("max", 2), ("entropic", 2)])
func `windows that join tell the same in any order of arrival, and the last word is the label`(
  reduce: String, units: Int
) throws {
  let model = try TestModel(
    window: #"{"kind": "grid", "extent_meters": 5, "max_points": 50}"#, reduce: reduce,
    units: units)
  func told(isReversed: Bool) throws -> ([JoinedWindow], SegmentationResult) {
    let task = try model.segmenter.prepare(
      PointCloud(positions: CloudFixture.field.positions), windowBudget: 1 << 20)
    let joined = Lock<[JoinedWindow]>([])
    task.onJoin { window in joined.withLock { $0.append(window) } }
    var windows: [SegmentationWindow] = []
    while let window = task.nextWindow() { windows.append(window) }
    var workspace = Workspace()
    for window in isReversed ? windows.reversed() : windows {
      try task.add(
        model.plan.run([try task.inputs(of: window)], in: &workspace)[0], of: window)
    }
    return (joined.withLock { $0 }, try task.finish())
  }
  let (inOrder, result) = try told(isReversed: false)
  let (reversed, _) = try told(isReversed: true)
  #expect(inOrder.map(\.points) == reversed.map(\.points))
  #expect(inOrder.map(\.labels) == reversed.map(\.labels))
  #expect(inOrder.map(\.coveredVoxelCount) == reversed.map(\.coveredVoxelCount))
  #expect(inOrder.map(\.index) == Array(0..<result.windowCount))
  #expect(inOrder.last?.coveredVoxelCount == result.voxelCount)
  var labels = [Int32](repeating: -1, count: result.labels.count)
  for window in inOrder {
    for (point, label) in zip(window.points, window.labels) { labels[Int(point)] = label }
  }
  #expect(labels == result.labels)
}

@Test func `no more windows are out than the budget allows`() throws {
  let model = try TestModel(window: #"{"kind": "grid", "extent_meters": 5, "max_points": 50}"#)
  let task = try model.segmenter.prepare(
    PointCloud(positions: CloudFixture.field.positions), windowBudget: 2)
  var workspace = Workspace()
  func run(_ window: SegmentationWindow) throws {
    try task.add(
      model.plan.run([try task.inputs(of: window)], in: &workspace)[0], of: window)
  }
  let first = try #require(task.nextWindow())
  let second = try #require(task.nextWindow())
  #expect(task.nextWindow() == nil)
  try run(second)
  // The second window still waits for the first one to be joined.
  #expect(task.nextWindow() == nil)
  #expect(!task.isComplete)
  try run(first)
  var count = 2
  while let window = task.nextWindow() {
    try run(window)
    count += 1
  }
  #expect(task.isComplete)
  #expect(try task.finish().windowCount == count)
}

@Test(arguments: CloudFixture.allCases)
func `the built-in model labels every point of an odd cloud`(fixture: CloudFixture) throws {
  let model = try TestModel()
  let cloud = try PointCloud(positions: fixture.positions)
  let result = try model.segmenter.segment(cloud, threadCount: 1)
  #expect(result.labels.count == cloud.count)
  #expect(result.labels.allSatisfy { (0..<7).contains($0) })
  #expect(result.confidences().allSatisfy { $0 > 0 && $0 <= 1.0001 })
}

@Test(
  arguments: [
    #"{"kind": "nearest", "max_points": 64}"#,
    #"{"kind": "sphere", "extent_meters": 12, "overlap_meters": 3, "max_points": 500}"#,
    #"{"kind": "grid", "extent_meters": 12, "overlap_meters": 3, "max_points": 500}"#,
    #"{"kind": "grid", "extent_meters": 30, "max_points": 40}"#,
  ], ["mean", "sum", "max", "entropic"])
func `every kind of window and reduction labels by the network's scores`(
  window: String, reduce: String
) throws {
  let model = try TestModel(window: window, reduce: reduce)
  // Ground at ten meters, and a block of three meters on it.
  var positions = CloudFixture.field.positions
  for start in stride(from: 0, to: positions.count, by: 3) {
    positions[start + 2] = positions[start] < 20 ? 13 : 10
  }
  let result = try model.segmenter.segment(
    PointCloud(positions: positions), threadCount: 2)
  for (point, label) in result.labels.enumerated() {
    #expect(label == (positions[3 * point + 2] > 11 ? 1 : 0), "point \(point)")
  }
  #expect(result.lasCodes == result.labels.map { $0 == 1 ? 6 : 2 })
}

@Test func `one score tells two classes apart`() throws {
  let model = try TestModel(window: #"{"kind": "nearest", "max_points": 64}"#, units: 1)
  let result = try model.segmenter.segment(
    PointCloud(positions: [0, 0, 0, 1, 1, 9, 2, 2, 1]), threadCount: 1)
  #expect(result.labels == [0, 1, 0])
  #expect(result.confidences().allSatisfy { $0 > 0.99 })
  #expect(result.probabilities().count == 6)
}

@Test func `excluded points keep their code`() throws {
  let model = try TestModel(window: #"{"kind": "nearest", "max_points": 64}"#)
  let cloud = try PointCloud(
    positions: [0, 0, -50, 0, 0, 0, 1, 1, 9],
    attributes: PointAttributes(classification: [7, 1, 1]))
  let result = try model.segmenter.segment(cloud, threadCount: 1)
  #expect(result.labels == [-1, 0, 1])
  #expect(result.lasCodes == [7, 2, 6])
  #expect(result.classCounts == [1, 1])
  #expect(result.excludedCount == 1)
  #expect(result.confidences()[0] == 0)
  #expect(result.probabilities()[0..<2] == [0, 0])

  let noise = try PointCloud(
    positions: [0, 0, 0], attributes: PointAttributes(classification: [7]))
  let nothing = try model.segmenter.segment(noise, threadCount: 2)
  #expect(nothing.labels == [-1])
  #expect(nothing.lasCodes == [7])
  #expect(nothing.windowCount == 0)
}

@Test func `a graph that joins tensors of different levels is refused`() throws {
  let manifest = try SectionFixture.manifest(
    window: #"{"kind": "nearest", "max_points": 64}"#,
    levels: #"{"voxel_meters": 0.5, "neighbors": 2}, {"voxel_meters": 50, "neighbors": 2}"#,
    inputs: """
      {"name": "F", "datatype": "FP32", "shape": [-1, 1]},
      {"name": "X1", "datatype": "FP32", "shape": [-1, 3]}
      """,
    layers: """
      {"name": "c", "class_name": "Concatenate", "config": {}, "inputs": ["F", "X1"]},
      {"name": "d", "class_name": "Dense", "config": {"units": 2, "use_bias": false},
       "inputs": ["c"]},
      {"name": "p", "class_name": "Softmax", "config": {}, "inputs": ["d"]}
      """)
  let kernel = HostTensor(shape: [4, 2], values: .float32([Float](repeating: 1, count: 8)))
  let weights = try SafetensorsFile(parsing: SafetensorsWriter.write(["d/kernel": kernel]))
  let error = #expect(throws: SegmentationError.self) { try TestModel(manifest, weights: weights) }
  guard case .network = error else {
    Issue.record("\(String(describing: error))")
    return
  }
}

@Test func `features beyond FP32 are an error, not a label`() throws {
  let model = try TestModel(
    window: #"{"kind": "nearest", "max_points": 64}"#,
    feature: #"{"name": "intensity", "divisor": 1e-6}"#)
  let cloud = try PointCloud(
    positions: [0, 0, 0, 5, 5, 5], attributes: PointAttributes(intensity: [1, 3e38]))
  let error = #expect(throws: SegmentationError.self) {
    try model.segmenter.segment(cloud, threadCount: 2)
  }
  guard case .network = error else {
    Issue.record("\(String(describing: error))")
    return
  }
}

@Test func `a graph whose scores are those of a coarser level is refused`() throws {
  let manifest = try SectionFixture.manifest(
    window: #"{"kind": "nearest", "max_points": 64}"#,
    levels: #"{"voxel_meters": 0.5, "neighbors": 4}, {"voxel_meters": 2, "neighbors": 4}"#,
    inputs: """
      {"name": "F", "datatype": "FP32", "shape": [-1, 1]},
      {"name": "D0", "datatype": "INT32", "shape": [-1, 4]}
      """,
    layers: """
      {"name": "two", "class_name": "Concatenate", "config": {"axis": -1}, "inputs": ["F", "F"]},
      {"name": "p", "class_name": "NeighborMaxPooling", "config": {}, "inputs": ["two", "D0"]}
      """)
  let plan = try ExecutablePlan(
    ModelGraph(manifest, weights: SafetensorsFile(parsing: SafetensorsWriter.write([:]))))
  #expect(throws: SegmentationError.scoresOfOtherPoints(output: "p")) {
    try Segmenter(plan: plan, section: #require(manifest.segmentation))
  }
}

@Test func `scores that are not finite are an error, not a label`() throws {
  let manifest = try SectionFixture.manifest(
    features: #""intensity""#, window: #"{"kind": "nearest", "max_points": 64}"#,
    layers: """
      {"name": "d", "class_name": "Dense", "config": {"units": 2, "use_bias": false},
       "inputs": ["F"]},
      {"name": "p", "class_name": "Softmax", "config": {}, "inputs": ["d"]}
      """)
  let weights = SafetensorsWriter.write(
    ["d/kernel": HostTensor(shape: [1, 2], values: .float32([3e38, -3e38]))])
  let model = try TestModel(manifest, weights: SafetensorsFile(parsing: weights))
  let cloud = try PointCloud(
    positions: [0, 0, 0, 9, 9, 9], attributes: PointAttributes(intensity: [1e38, 2e38]))
  #expect(throws: SegmentationError.nonFiniteScores) {
    try model.segmenter.segment(cloud, threadCount: 2)
  }
}

@Test func `windows that overlap nearly whole are refused`() throws {
  #expect(throws: SegmentationError.excessiveOverlap(overlapMeters: 7.5, atMost: 7)) {
    try TestModel(
      window: #"{"kind": "grid", "extent_meters": 8, "overlap_meters": 7.5, "max_points": 9}"#)
  }
}

@Test func `only a model with a segmentation section takes clouds`() throws {
  let model = try LoadedModel(from: .builtIn, name: "demo", version: 1)
  #expect(try Segmenter(model: model).classes.map(\.lasCode) == [2, 3, 5, 6, 14, 15, 64])
}
