import GoldenFiles
import Layers
import RandomNumbers
import Testing

/// An answer is the same bit for bit alone and in a batch of clouds of any sizes.
struct RaggedBatchTests {
  /// A layer with what makes up its inputs.
  struct Case: CustomTestStringConvertible, Sendable {
    enum Input {
      /// Floats for each point of the cloud.
      case points(Int)
      /// Floats for each source point of the cloud.
      case sources(Int)
      /// Indices, so many for each point, into the cloud's points.
      case neighbors(Int)
      /// Indices, so many for each point, into the cloud's source points.
      case sourceNeighbors(Int)
    }

    let className: String
    var config: [String: ConfigValue] = [:]
    let inputs: [Input]
    var weights: [String: [Int]] = [:]

    var testDescription: String { className }
  }

  private static let kpconvx: [String: [Int]] = {
    var shapes: [String: [Int]] = [
      "Q": [4, 3], "W": [2, 4, 6], "Phi": [2, 6, 6], "phi": [2, 6], "Psi": [2, 6, 12],
      "psi": [2, 12], "Atilde": [2, 6, 5], "btilde": [2, 5], "Ahat": [2, 5, 6], "bhat": [2, 6],
    ]
    for (name, width) in [("bn_phi", 6), ("bn_htilde", 5), ("bn_hhat", 6)] {
      for part in ["gamma", "beta", "moving_mean", "moving_variance"] {
        shapes["\(name).\(part)"] = [2, width]
      }
    }
    return shapes
  }()

  static let cases: [Case] = [
    Case(
      className: "KPConvXLayer", config: Configs.kpconvx.setting("blocks", .integer(2)),
      inputs: [.points(3), .points(6), .neighbors(5)], weights: kpconvx),
    Case(
      className: "KPConvLayer",
      config: ["Dout": .integer(5), "num_kernel_points": .integer(3)],
      inputs: [.points(3), .points(4), .neighbors(6)], weights: ["Q": [3, 3], "W": [3, 4, 5]]),
    Case(
      className: "StridedKPConvLayer",
      config: ["Dout": .integer(5), "num_kernel_points": .integer(3)],
      inputs: [.sources(2), .points(2), .sources(4), .sourceNeighbors(6)],
      weights: ["Q": [3, 2], "W": [3, 4, 5]]),
    Case(
      className: "FeaturesDownsamplingLayer", config: ["filter": .string("gaussian")],
      inputs: [.sources(3), .points(3), .sources(7), .sourceNeighbors(4)]),
    Case(
      className: "FeaturesUpsamplingLayer",
      inputs: [.sources(3), .points(3), .sources(7), .sourceNeighbors(4)]),
    Case(className: "NeighborMaxPooling", inputs: [.sources(9), .sourceNeighbors(4)]),
    Case(className: "Gather", inputs: [.sources(9), .sourceNeighbors(1)]),
    Case(
      className: "Dense", config: ["units": .integer(19), "activation": .string("softmax")],
      inputs: [.points(13)], weights: ["kernel": [13, 19], "bias": [19]]),
    Case(
      className: "HourglassLayer", config: Configs.hourglass, inputs: [.points(13)],
      weights: ["W1": [13, 3], "W2": [3, 4]]),
    Case(
      className: "Orthonorm", inputs: [.points(7)], weights: ["ortho_weights_store": [7, 7]]),
    Case(
      className: "BatchNormalization", inputs: [.points(7)],
      weights: ["gamma": [7], "beta": [7], "moving_mean": [7], "moving_variance": [7]]),
    Case(className: "Activation", config: ["activation": .string("gelu")], inputs: [.points(7)]),
    Case(className: "Concatenate", inputs: [.points(7), .points(3), .points(1)]),
    Case(className: "Add", inputs: [.points(7), .points(7), .points(7)]),
    Case(className: "Softmax", inputs: [.points(5)]),
    Case(className: "NearestCentroid", inputs: [.points(4)], weights: ["centroids": [6, 4]]),
  ]

  /// Points and source points of each cloud: empty ones, single points, and more than a tile.
  private static let clouds = [(70, 31), (1, 1), (0, 4), (33, 100), (5, 2), (0, 0), (129, 9)]

  @Test(arguments: cases)
  func `each cloud of a batch is answered as alone`(_ layer: Case) throws {
    var generator = SeededGenerator(seed: 11)
    var weights: [String: GoldenTensor] = [:]
    for (name, shape) in layer.weights.sorted(by: { $0.key < $1.key }) {
      var values = generator.floats(shape.reduce(1, *))
      if name.hasSuffix("variance") { values = values.map { abs($0) } }
      weights[name] = GoldenTensor(shape: shape, floats: values)
    }
    let requests = Self.clouds.map { points, sources in
      layer.inputs.map {
        Self.tensor($0, points: points, sources: sources, &generator)
      }
    }
    let joined = layer.inputs.indices.map { input in
      let parts = requests.map { $0[input] }
      let rows = parts.reduce(0) { $0 + $1.shape[0] }
      return parts[0].integers.isEmpty && parts[0].floats.isEmpty == false
        ? GoldenTensor(shape: [rows, parts[0].shape[1]], floats: parts.flatMap(\.floats))
        : GoldenTensor(shape: [rows, parts[0].shape[1]], integers: parts.flatMap(\.integers))
    }
    let layouts = layer.inputs.indices.map { input in
      RowLayout(
        offsets: requests.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1[input].shape[0]) })
    }
    let door = try LayerDoor(
      layer.className, layer.config, inputs: joined, weights: weights)
    let together = try door.answer(joined, layouts: layouts)
    for rowsPerCall in [1, 50] {
      let divided = try door.answer(joined, layouts: layouts, rowsPerCall: rowsPerCall)
      #expect(
        divided.floats.map(\.bitPattern) == together.floats.map(\.bitPattern),
        "\(rowsPerCall) rows at a time")
    }
    var row = 0
    let width = try #require(door.layerOperator.output.rowWidth)
    for (cloud, request) in requests.enumerated() {
      let alone = try door.answer(request)
      let count = Self.clouds[cloud].0 * width
      #expect(
        alone.floats.map(\.bitPattern)
          == together.floats[row..<(row + count)].map(\.bitPattern), "cloud \(cloud)")
      row += count
    }
    #expect(row == together.floats.count)
  }

  @Test func `an operator answers several threads at once as it answers one`() async throws {
    let golden = try GoldenFile("kpconvx_blocks2_G2_slope01_B3")
    let inputs = try ["X", "F", "N"].map { try golden.tensor("input.\($0)") }
    let door = try LayerDoor(
      "KPConvXLayer", try golden.config(), inputs: inputs, weights: golden.tensors(after: "weight.")
    )
    let alone = try door.answer(inputs)
    try await withThrowingTaskGroup(of: GoldenTensor.self) { group in
      for _ in 0..<8 {
        group.addTask { try door.answer(inputs) }
      }
      for try await answer in group { #expect(answer == alone) }
    }
  }

  private static func tensor(
    _ input: Case.Input, points: Int, sources: Int, _ generator: inout SeededGenerator
  ) -> GoldenTensor {
    switch input {
    case .points(let width): generator.tensor(points, width)
    case .sources(let width): generator.tensor(sources, width)
    case .neighbors(let count): generator.indices(below: max(1, points), points, count)
    case .sourceNeighbors(let count): generator.indices(below: max(1, sources), points, count)
    }
  }

  @Test(arguments: ["Conv2D", "LocalConv2dLayer"])
  func `each image of a batch is answered as alone`(_ className: String) throws {
    var generator = SeededGenerator(seed: 3)
    let isLocal = className == "LocalConv2dLayer"
    let x = isLocal ? generator.tensor(7, 3, 6, 5) : generator.tensor(7, 6, 5, 3)
    let weights: [String: GoldenTensor] =
      isLocal
      ? ["filters": generator.tensor(4, 27, 12), "bias": generator.tensor(4, 12)]
      : ["kernel": generator.tensor(5, 3, 3, 2), "bias": generator.tensor(2)]
    let door = try LayerDoor(
      className, isLocal ? Configs.localConv2d : Configs.conv2d, inputs: [x], weights: weights)
    let together = try door.answer([x])
    #expect(try door.answer([x], layouts: [x.layout], rowsPerCall: 2) == together)
    let width = try #require(door.layerOperator.output.rowWidth)
    for image in 0..<7 {
      let alone = try door.answer([
        GoldenTensor(
          shape: [1] + x.shape.dropFirst(),
          floats: Array(x.floats[(image * 90)..<(image * 90 + 90)]))
      ])
      #expect(alone.floats == Array(together.floats[(image * width)..<((image + 1) * width)]))
    }
  }

  @Test func `inputs whose rows do not belong together are refused`() throws {
    let layer = try #require(Self.cases.first)
    var generator = SeededGenerator(seed: 1)
    let inputs = layer.inputs.map { Self.tensor($0, points: 6, sources: 1, &generator) }
    let weights = layer.weights.mapValues { shape in
      GoldenTensor(shape: shape, floats: Array(repeating: 0.5, count: shape.reduce(1, *)))
    }
    let door = try LayerDoor(layer.className, layer.config, inputs: inputs, weights: weights)
    let whole = RowLayout(cloudCount: 1, rowCount: 6)
    let halves = RowLayout(cloudCount: 2, rowCount: 3)
    let uneven = RowLayout(offsets: [0, 2, 6])
    func rows(_ layouts: RowLayout...) -> [InputRows] {
      zip(layouts, [3, 6, 5]).map { InputRows(layout: $0, width: $1) }
    }
    #expect(throws: LayoutError.cloudCount(input: 0, expected: 1, found: 2)) {
      try door.layerOperator.outputLayout(for: rows(halves, whole, whole))
    }
    #expect(throws: LayoutError.rowCount(input: 2, cloud: 0, expected: 3, found: 2)) {
      try door.layerOperator.outputLayout(for: rows(halves, halves, uneven))
    }
  }
}
