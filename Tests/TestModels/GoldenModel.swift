import Layers
package import Models

/// A golden file made into a model: graph inputs named as its `input.*` tensors.
package struct GoldenModel {
  package let file: SafetensorsFile
  package var model = TestModel()
  /// Graph inputs with their golden tensors, in the graph's order.
  package private(set) var request: [HostTensor] = []

  /// The order of a layer's inputs, where it takes more than one.
  private static let inputOrder = [
    "KPConvXLayer": ["X", "F", "N"], "KPConvLayer": ["Xa", "F", "N"],
    "StridedKPConvLayer": ["Xa", "Xb", "F", "N"],
    "FeaturesDownsamplingLayer": ["Xa", "Xb", "F", "N"],
    "FeaturesUpsamplingLayer": ["Xa", "Xb", "F", "N"],
    "HourglassLayer": ["F"], "Orthonorm": ["X_test"],
  ]

  package init(case name: String) throws {
    file = try Fixtures.safetensors("golden/\(name).safetensors")
    let config = try Fixtures.json(file.metadata["config"] ?? "")
    guard case .object(let members) = config else { throw GoldenFault.config }
    let className = file.metadata["layer"] ?? ""
    if case .array(let pipeline)? = members["pipeline"] {
      try addPipeline(pipeline)
    } else if className == "KernelLengthRegularizer" {
      try addRegularizedConvolution(members)
    } else {
      try addLayer(className, members)
    }
  }

  private mutating func addLayer(_ className: String, _ config: [String: ConfigValue]) throws {
    var inputs = Self.inputOrder[className] ?? ["x"]
    if className == "LocalConv2dLayer" {
      inputs += ["weights.filters", "weights.bias"].filter { file.shape(of: "input." + $0) != nil }
    }
    for input in inputs { try addInput(input, opensRows: !input.hasPrefix("weights.")) }
    let name: String
    if case .string(let text)? = config["name"] { name = text } else { name = "layer" }
    model.layer(name, className, config, inputs: inputs)
    model.output("output", from: name)
    try addWeights { "\(name)/\($0)" }
  }

  private mutating func addPipeline(_ layers: [ConfigValue]) throws {
    for name in file.names where name.hasPrefix("input.") {
      try addInput(String(name.dropFirst("input.".count)), opensRows: true)
    }
    model.layers = layers
    model.output("probabilities", from: "pwise_out")
    try addWeights { name in
      let separator = name.firstIndex(of: ".") ?? name.endIndex
      return name[..<separator] + "/" + name[separator...].dropFirst()
    }
  }

  /// A convolution whose kernel is the regularizer's golden input.
  private mutating func addRegularizedConvolution(_ config: [String: ConfigValue]) throws {
    let kernel = try file.tensor(named: "input.weights")
    let (height, width) = (kernel.shape[0], kernel.shape[1])
    model.input("x", "FP32", [-1, height, width, kernel.shape[2]])
    model.layer(
      "conv", "Conv2D",
      [
        "filters": .integer(kernel.shape[3]),
        "kernel_size": .array([.integer(height), .integer(width)]), "use_bias": .bool(false),
        "kernel_regularizer": .object([
          "class_name": .string("KernelLengthRegularizer"), "config": .object(config),
        ]),
      ], inputs: ["x"])
    model.output("output", from: "conv")
    model.weights["conv/kernel"] = kernel
  }

  /// Axes before a row stay open if `opensRows`; weights state all of theirs.
  private mutating func addInput(_ name: String, opensRows: Bool) throws {
    let tensor = try file.tensor(named: "input." + name)
    let rank = tensor.shape.count
    let openCount = opensRows ? (rank >= 4 ? 1 : rank - 1) : 0
    let shape = tensor.shape.enumerated().map { $0 < openCount ? -1 : $1 }
    model.input(name, tensor.values.elementType == .float32 ? "FP32" : "INT32", shape)
    request.append(tensor)
  }

  private mutating func addWeights(_ rename: (String) -> String) throws {
    for name in file.names where name.hasPrefix("weight.") {
      let tensor = try file.tensor(named: name)
      model.weights[rename(String(name.dropFirst("weight.".count)))] = tensor
    }
  }

  /// The file's own tolerance.
  package func tolerance() throws -> (absolute: Double, relative: Double) {
    guard case .object(var members) = try Fixtures.json(file.metadata["tolerance"] ?? "") else {
      throw GoldenFault.tolerance
    }
    if case .object(let inference)? = members["inference"] { members = inference }
    guard case .number(let absolute)? = members["atol"],
      case .number(let relative)? = members["rtol"]
    else { throw GoldenFault.tolerance }
    return (absolute, relative)
  }
}

package enum GoldenFault: Error {
  case config
  case tolerance
}
