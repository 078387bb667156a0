package import Layers

/// A parsed `model.json`: complete and in range, not yet compared with any weights.
package struct ModelManifest: Sendable, Hashable {
  /// The only format that is read and written.
  package static let format = "pointserve-model-1"

  /// The name that the model calls itself; a repository serves it under its directory's name.
  package var name: String
  package var description: String
  package var licence: String
  /// SHA-256 of the weights file, 64 lower-case hexadecimal digits, or `nil` if not stated.
  package var weightsSHA256: String?
  /// What the operands of the layers' matrix products are held in.
  package var precision: ProductPrecision
  package var inputs: [GraphInput]
  /// In topological order.
  package var layers: [GraphLayer]
  package var outputs: [GraphOutput]
  package var batching: BatchingSection
  /// Runs that are made before the model counts as ready.
  package var warmup: [WarmupRun]
  /// What makes the model answer raw clouds, or `nil`.
  package var segmentation: PointCloudSection?

  private enum Key: String, CaseIterable {
    case format, name, description, licence, precision
    case weightsSHA256 = "weights_sha256"
    case inputs, layers, outputs, batching, warmup, segmentation
  }

  /// Parses a manifest.
  ///
  /// - Parameter text: JSON, UTF-8.
  /// - Throws: `ManifestError` naming the key, what was expected and what was found.
  package init(parsing text: some Sequence<UInt8>) throws(ManifestError) {
    let value: ConfigValue
    do { value = try JSONReader.read(text) } catch { throw .json(error) }
    try self.init(value)
  }

  private init(_ value: ConfigValue) throws(ManifestError) {
    let object = try ManifestObject(value, path: "", keys: Key.self)
    let format = try object.string(.format)
    guard format == Self.format else {
      throw .invalidValue(
        key: "format", expected: "\"\(Self.format)\"", found: "\"\(format)\"")
    }
    name = try object.string(.name, default: "")
    description = try object.string(.description, default: "")
    licence = try object.string(.licence, default: "")
    weightsSHA256 = try object.optionalString(.weightsSHA256)?.lowercased()
    if let weightsSHA256 {
      guard weightsSHA256.utf8.count == 64, weightsSHA256.allSatisfy(\.isHexDigit) else {
        throw .invalidValue(
          key: "weights_sha256", expected: "64 hexadecimal digits",
          found: ConfigValue.string(weightsSHA256).summary)
      }
    }
    precision = try object.choice(.precision, of: ProductPrecision.self, default: .float32)
    inputs = try object.array(.inputs, of: "inputs").enumerated()
      .map { index, value throws(ManifestError) in
        try GraphInput(value, path: "inputs[\(index)]")
      }
    layers = try object.array(.layers, of: "layers").enumerated()
      .map { index, value throws(ManifestError) in
        try GraphLayer(value, path: "layers[\(index)]")
      }
    outputs = try object.array(.outputs, of: "outputs").enumerated()
      .map { index, value throws(ManifestError) in
        try GraphOutput(value, path: "outputs[\(index)]")
      }
    for (key, count) in [("inputs", inputs.count), ("outputs", outputs.count)] {
      guard count > 0 else {
        throw .invalidValue(key: key, expected: "at least one", found: "none")
      }
    }
    batching =
      object.contains(.batching)
      ? try BatchingSection(object.value(.batching, expected: "an object"), path: "batching")
      : BatchingSection()
    warmup = try object.array(.warmup, of: "runs", default: []).enumerated()
      .map { index, value throws(ManifestError) in
        try WarmupRun(value, path: "warmup[\(index)]")
      }
    segmentation =
      object.contains(.segmentation)
      ? try PointCloudSection(
        object.value(.segmentation, expected: "an object"), path: "segmentation") : nil
  }

  /// The manifest as JSON that parses to an equal one.
  package func text() -> [UInt8] { JSONWriter.write(json, indentation: 2) + [0x0A] }

  package var json: ConfigValue {
    var members: [String: ConfigValue] = [
      Key.format.rawValue: .string(Self.format),
      Key.name.rawValue: .string(name),
      Key.description.rawValue: .string(description),
      Key.licence.rawValue: .string(licence),
      Key.inputs.rawValue: .array(inputs.map(\.json)),
      Key.layers.rawValue: .array(layers.map(\.json)),
      Key.outputs.rawValue: .array(outputs.map(\.json)),
      Key.batching.rawValue: batching.json,
      Key.warmup.rawValue: .array(warmup.map(\.json)),
    ]
    members[Key.weightsSHA256.rawValue] = weightsSHA256.map { .string($0) }
    if precision != .float32 { members[Key.precision.rawValue] = .string(precision.rawValue) }
    members[Key.segmentation.rawValue] = segmentation?.json
    return .object(members)
  }
}
