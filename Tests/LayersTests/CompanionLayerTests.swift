import GoldenFiles
import Layers
import RandomNumbers
import Testing

/// Layers without golden files, against values worked out by hand.
struct CompanionLayerTests {
  private static let tolerance = GoldenTolerance(relative: 1e-6, absolute: 1e-6)

  private func tensor(_ shape: Int..., values: Float...) -> GoldenTensor {
    GoldenTensor(shape: shape, floats: values)
  }

  private func answer(
    _ className: String, _ config: [String: ConfigValue] = [:], _ inputs: GoldenTensor...,
    weights: [String: GoldenTensor] = [:]
  ) throws -> GoldenTensor {
    try LayerDoor(className, config, inputs: inputs, weights: weights).answer(inputs)
  }

  @Test(
    arguments: [
      ("Activation", ["activation": .string("linear")], [-2, -0.5, 0, 3, 9]),
      ("Activation", ["activation": .string("relu")], [0, 0, 0, 3, 9]),
      ("Activation", ["activation": .string("leaky_relu")], [-0.4, -0.1, 0, 3, 9]),
      ("Activation", ["activation": .string("relu6")], [0, 0, 0, 3, 6]),
      ("Activation", ["activation": .string("elu")], [-0.8646647, -0.39346933, 0, 3, 9]),
      (
        "Activation", ["activation": .string("silu")],
        [-0.23840584, -0.18877034, 0, 2.8577223, 8.998889]
      ),
      (
        "Activation", ["activation": .string("gelu")],
        [-0.04550026, -0.15426877, 0, 2.9959502, 9]
      ),
      (
        "Activation", ["activation": .string("softplus")],
        [0.12692805, 0.47407699, 0.6931472, 3.0485873, 9.000123]
      ),
      ("Activation", ["activation": .string("tanh")], [-0.9640276, -0.46211717, 0, 0.9950548, 1]),
      ("Sigmoid", [:], [0.11920292, 0.37754068, 0.5, 0.95257413, 0.9998766]),
      ("ReLU", ["negative_slope": .number(0.5)], [-1, -0.25, 0, 3, 9]),
      ("ReLU", ["max_value": .integer(4)], [0, 0, 0, 3, 4]),
      ("ReLU", ["max_value": .integer(6)], [0, 0, 0, 3, 6]),
      (
        "ReLU",
        ["threshold": .integer(1), "negative_slope": .number(0.5), "max_value": .integer(8)],
        [-1.5, -0.75, -0.5, 3, 8]
      ),
      ("LeakyReLU", [:], [-0.6, -0.15, 0, 3, 9]),
      ("LeakyReLU", ["alpha": .number(0.1)], [-0.2, -0.05, 0, 3, 9]),
      ("LeakyReLU", ["negative_slope": .integer(0)], [0, 0, 0, 3, 9]),
      ("Dropout", ["rate": .number(0.9)], [-2, -0.5, 0, 3, 9]),
    ] as [(String, [String: ConfigValue], [Float])])
  func `an activation is the function that Keras documents`(
    _ className: String, _ config: [String: ConfigValue], _ expected: [Float]
  ) throws {
    let x = tensor(1, 5, values: -2, -0.5, 0, 3, 9)
    let found = try answer(className, config, x)
    #expect(Self.tolerance.disagreement(found.floats, expected) == nil)
    #expect(found.shape == [1, 5])
  }

  @Test func `softmax is the same on every axis`() throws {
    var generator = SeededGenerator(seed: 41)
    let rows = generator.tensor(2 * 4 * 5, 3)
    let expected = try answer("Softmax", [:], rows)
    // [N, C, H, W] from [N · H · W, C]
    func turned(_ values: [Float]) -> [Float] {
      (0..<2).flatMap { n in
        (0..<3).flatMap { c in (0..<20).map { values[(n * 20 + $0) * 3 + c] } }
      }
    }
    let images = GoldenTensor(shape: [2, 3, 4, 5], floats: turned(rows.floats))
    let found = try answer("Softmax", ["axis": .integer(1)], images)
    #expect(found.floats == turned(expected.floats))
    #expect(found.shape == [2, 3, 4, 5])
  }

  @Test func `batch normalization has its own epsilon, and gamma and beta as configured`() throws {
    let x = tensor(2, 2, values: 1, 2, 3, 4)
    let statistics = [
      "moving_mean": tensor(2, values: 1, 1), "moving_variance": tensor(2, values: 0.75, 0),
    ]
    let gamma = ["gamma": tensor(2, values: 2, 3)]
    let beta = ["beta": tensor(2, values: 10, 20)]
    let config: [String: ConfigValue] = ["epsilon": .number(0.25), "axis": .integers(1)]
    let plain = config.setting("center", .bool(false)).setting("scale", .bool(false))
    #expect(
      try answer(
        "BatchNormalization", config, x,
        weights: statistics.merging(gamma) { $1 }.merging(beta) { $1 }
      ).floats == [10, 26, 14, 38])
    #expect(
      try answer("BatchNormalization", plain, x, weights: statistics).floats == [0, 2, 2, 6])
  }

  @Test func `batch normalization over the channels of an image scales whole planes`() throws {
    let x = tensor(1, 2, 1, 3, values: 1, 2, 3, 4, 5, 6)
    let found = try answer(
      "BatchNormalization", ["axis": .integer(1), "epsilon": .integer(0)], x,
      weights: [
        "gamma": tensor(2, values: 1, 10), "beta": tensor(2, values: 0, 1),
        "moving_mean": tensor(2, values: 0, 0), "moving_variance": tensor(2, values: 1, 1),
      ])
    #expect(found.floats == [1, 2, 3, 41, 51, 61])
  }

  @Test func `a variance below minus epsilon is refused`() throws {
    let one = tensor(1, values: 1)
    let error = #expect(throws: LayerError.self) {
      try answer(
        "BatchNormalization", [:], tensor(1, 1, values: 1),
        weights: [
          "gamma": one, "beta": one, "moving_mean": one,
          "moving_variance": tensor(1, values: -0.5),
        ])
    }
    #expect(error?.description.contains("moving_variance") == true)
  }

  @Test func `tensors are joined along the axis`() throws {
    let a = tensor(2, 2, values: 1, 2, 3, 4)
    let b = tensor(2, 1, values: 5, 6)
    #expect(try answer("Concatenate", [:], a, b).floats == [1, 2, 5, 3, 4, 6])
    let planes = try answer(
      "Concatenate", ["axis": .integer(1)], tensor(2, 1, 1, 2, values: 1, 2, 3, 4),
      tensor(2, 2, 1, 2, values: 5, 6, 7, 8, 9, 10, 11, 12))
    #expect(planes.shape == [2, 3, 1, 2])
    #expect(planes.floats == [1, 2, 5, 6, 7, 8, 3, 4, 9, 10, 11, 12])
    #expect(throws: LayerError.self) {
      try answer("Concatenate", ["axis": .integer(0)], a, b)
    }
  }

  @Test func `tensors of equal rows are added, others refused`() throws {
    let a = tensor(1, 2, values: 1, 2)
    #expect(try answer("Add", [:], a, a, a).floats == [3, 6])
    #expect(throws: LayerError.self) { try answer("Add", [:], a, tensor(1, 1, values: 1)) }
    #expect(throws: LayerError.self) { try answer("Add", [:], a) }
  }

  @Test func `rows are gathered and neighbors pooled within their own cloud`() throws {
    let f = tensor(2, 2, 2, values: 1, -2, 3, -4, 5, -6, 7, -8)
    let one = GoldenTensor(shape: [2, 3, 1], integers: [1, 0, 1, 0, 0, 1])
    #expect(
      try answer("Gather", [:], f, one).floats == [3, -4, 1, -2, 3, -4, 5, -6, 5, -6, 7, -8])
    let two = GoldenTensor(shape: [2, 1, 2], integers: [0, 1, 1, 1])
    #expect(try answer("NeighborMaxPooling", [:], f, two).floats == [3, -2, 7, -8])
    #expect(throws: LayerError.self) { try answer("Gather", [:], f, two) }
  }

  @Test func `the nearest centroid wins, the lowest on ties`() throws {
    let x = tensor(3, 2, values: 0, 0, 4, 4, 1, 1)
    let centroids = ["centroids": tensor(3, 2, values: 5, 5, 0, 0, 2, 2)]
    let scores = try answer("NearestCentroid", [:], x, weights: centroids)
    #expect(scores.floats == [0, 1, 0, 1, 0, 0, 0, 1, 0])
    let indices = try answer(
      "NearestCentroid", ["output": .string("index")], x, weights: centroids)
    #expect(indices.integers == [1, 0, 1])
    #expect(indices.shape == [3, 1])
  }

  @Test func `a dense layer acts on the last axis of any rank`() throws {
    let weights = ["kernel": tensor(2, 1, values: 1, 10), "bias": tensor(1, values: 100)]
    let config: [String: ConfigValue] = ["units": .integer(1)]
    for shape in [[4, 2], [2, 2, 2], [1, 2, 2, 2]] {
      let x = GoldenTensor(shape: shape, floats: [1, 2, 3, 4, 5, 6, 7, 8])
      let found = try LayerDoor("Dense", config, inputs: [x], weights: weights).answer([x])
      #expect(found.floats == [121, 143, 165, 187])
      #expect(found.shape == shape.dropLast() + [1])
    }
  }

  @Test func `a convolution of width one is a dense layer for each point`() throws {
    let x = tensor(1, 2, 2, values: 1, 2, 3, 4)
    let found = try answer(
      "Conv1D", ["filters": .integer(1), "kernel_size": .integers(1)], x,
      weights: ["kernel": tensor(1, 2, 1, values: 1, 10), "bias": tensor(1, values: 100)])
    #expect(found.floats == [121, 143])
    #expect(found.shape == [1, 2, 1])
  }

  @Test(
    arguments: [
      ("Dense", ["units": .integer(2)]), ("HourglassLayer", Configs.hourglass),
      ("KPConvXLayer", Configs.kpconvx), ("Conv2D", Configs.conv2d), ("Softmax", [:]),
      ("BatchNormalization", [:]), ("Concatenate", [:]), ("Add", [:]), ("NeighborMaxPooling", [:]),
      ("KPConvLayer", [:]), ("FeaturesUpsamplingLayer", [:]), ("NearestCentroid", [:]),
      ("Orthonorm", [:]), ("Gather", [:]), ("LocalConv2dLayer", Configs.localConv2d),
    ] as [(String, [String: ConfigValue])])
  func `inputs of absurd extents are refused`(
    _ className: String, _ config: [String: ConfigValue]
  ) throws {
    let configuration = try LayerRegistry.decode(className: className, config: config)
    let extents: [[Int?]] = [
      [nil, .max], [.max, .max], [nil, nil, 1 << 40], [nil, .max, .max, .max],
      [nil, 1 << 30, 1 << 30, 4], [nil, 0], [nil, nil, nil], [.max], [],
    ]
    for shape in extents {
      for count in 1...4 {
        for type in [TensorSpec.ElementType.float32, .int32] {
          let specs = (0..<count).map { input in
            TensorSpec(input == count - 1 ? type : .float32, extents: shape)
          }
          var weights = LayerWeights([:])
          #expect(throws: LayerError.self) {
            try configuration.makeOperator(inputs: specs, weights: &weights)
          }
        }
      }
    }
  }

  @Test func `a channel's map after a layer is absorbed without changing the answer`() throws {
    var generator = SeededGenerator(seed: 47)
    let x = generator.tensor(9, 6)
    let points = generator.tensor(9, 3)
    let neighbors = generator.indices(below: 9, 9, 4)
    let images = generator.tensor(2, 4, 3, 6)
    let dense = ["kernel": generator.tensor(6, 5), "bias": generator.tensor(5)]
    func units(_ activation: String) -> [String: ConfigValue] {
      ["units": .integer(5), "activation": .string(activation)]
    }
    let doors: [(LayerDoor, [GoldenTensor])] = [
      (try LayerDoor("Dense", units("linear"), inputs: [x], weights: dense), [x]),
      (try LayerDoor("Dense", units("relu"), inputs: [x], weights: dense), [x]),
      (
        try LayerDoor(
          "HourglassLayer", ["Dh": .integer(3), "Dout": .integer(5)], inputs: [x],
          weights: ["W1": generator.tensor(6, 3), "W2": generator.tensor(3, 5)]), [x]
      ),
      (
        try LayerDoor(
          "KPConvLayer", ["Dout": .integer(5), "num_kernel_points": .integer(2)],
          inputs: [points, x, neighbors],
          weights: ["Q": generator.tensor(2, 3), "W": generator.tensor(2, 6, 5)]),
        [points, x, neighbors]
      ),
      (
        try LayerDoor(
          "Conv2D", ["filters": .integer(5), "kernel_size": .integer(2)], inputs: [images],
          weights: ["kernel": generator.tensor(2, 2, 6, 5), "bias": generator.tensor(5)]), [images]
      ),
    ]
    let scale = [2.0, -1, 0.5, 3, 0]
    let shift = [0.0, 1, -2, 0.25, 7]
    for (door, inputs) in doors {
      let expected = try door.answer(inputs).floats.enumerated().map { index, value in
        Float(Double(value) * scale[index % 5] + shift[index % 5])
      }
      let absorbed = try #require(door.layerOperator.absorbing(scale: scale, shift: shift))
      // Absorbed twice, the second map undoing nothing of the first.
      let twice = try #require(absorbed.absorbing(scale: [1, 1, 1, 1, 2], shift: [0, 0, 0, 0, 1]))
      let found = try LayerDoor(door, absorbed).answer(inputs)
      let tolerance = GoldenTolerance(relative: 1e-5, absolute: 1e-5)
      #expect(tolerance.disagreement(found.floats, expected) == nil)
      let again = try LayerDoor(door, twice).answer(inputs)
      let expectedAgain = expected.enumerated().map { $0 % 5 == 4 ? $1 * 2 + 1 : $1 }
      #expect(tolerance.disagreement(again.floats, expectedAgain) == nil)
    }
    let softmax = try LayerDoor("Dense", units("softmax"), inputs: [x], weights: dense)
    #expect(softmax.layerOperator.absorbing(scale: scale, shift: shift) == nil)
  }
}
