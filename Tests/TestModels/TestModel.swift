package import Layers
package import Models

/// A manifest and its weights, made by a test.
package struct TestModel {
  package init() {}

  package var inputs: [ConfigValue] = []
  package var layers: [ConfigValue] = []
  package var outputs: [ConfigValue] = []
  package var extra: [String: ConfigValue] = [:]
  package var weights: [String: HostTensor] = [:]

  package mutating func input(_ name: String, _ datatype: String, _ shape: [Int]) {
    inputs.append(
      .object([
        "name": .string(name), "datatype": .string(datatype),
        "shape": .array(shape.map { .integer($0) }),
      ]))
  }

  package mutating func layer(
    _ name: String, _ className: String, _ config: [String: ConfigValue] = [:],
    inputs: [String]
  ) {
    layers.append(
      .object([
        "name": .string(name), "class_name": .string(className), "config": .object(config),
        "inputs": .array(inputs.map { .string($0) }),
      ]))
  }

  package mutating func output(_ name: String, from layer: String) {
    outputs.append(.object(["name": .string(name), "from": .string(layer)]))
  }

  package mutating func weight(_ name: String, _ shape: [Int], _ values: [Float]) {
    weights[name] = HostTensor(shape: shape, values: .float32(values))
  }

  package var manifest: ConfigValue {
    .object(
      extra.merging([
        "format": .string(ModelManifest.format), "inputs": .array(inputs),
        "layers": .array(layers), "outputs": .array(outputs),
      ]) { first, _ in first })
  }

  package func graph() throws -> ModelGraph {
    try ModelGraph(
      ModelManifest(parsing: JSONWriter.write(manifest)),
      weights: SafetensorsFile(parsing: SafetensorsWriter.write(weights)))
  }

  package func plan() throws -> ExecutablePlan { ExecutablePlan(try graph()) }

  /// A dense layer `[rows, 2]` → `[rows, 2]` that scales by `factor`.
  package static func scaling(by factor: Float) -> TestModel {
    var model = TestModel()
    model.input("x", "FP32", [-1, 2])
    model.layer("dense", "Dense", ["units": .integer(2), "use_bias": .bool(false)], inputs: ["x"])
    model.output("y", from: "dense")
    model.weight("dense/kernel", [2, 2], [factor, 0, 0, factor])
    return model
  }
}

/// Reproducible numbers for tests (an xorshift generator).
package struct SeededNumbers {
  private var state: UInt64

  package init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  package mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  /// From -1 to 1.
  package mutating func float() -> Float {
    Float(Int32(truncatingIfNeeded: next() >> 32)) * 0x1p-31
  }

  /// From 0 to below `limit`.
  package mutating func index(below limit: Int) -> Int { Int(next() >> 33) % limit }

  package mutating func floats(_ shape: [Int]) -> HostTensor {
    let count = shape.reduce(1, *)
    return HostTensor(shape: shape, values: .float32((0..<count).map { _ in float() }))
  }

  package mutating func indices(_ shape: [Int], below limit: Int) -> HostTensor {
    let count = shape.reduce(1, *)
    return HostTensor(
      shape: shape, values: .int32((0..<count).map { _ in Int32(index(below: limit)) }))
  }
}
