/// The two files of one version of a model, in private memory.
package struct ModelFiles: Sendable, Hashable {
  /// The content of `model.json`.
  package var manifest: [UInt8]
  /// The content of `weights.safetensors`; `nil` where there is no such file, which a graph without
  /// weights does not need.
  package var weights: [UInt8]?

  package init(manifest: [UInt8], weights: [UInt8]? = nil) {
    self.manifest = manifest
    self.weights = weights
  }

  /// The name of the manifest's file in a version directory.
  package static let manifestName = "model.json"
  /// The name of the weights' file in a version directory.
  package static let weightsName = "weights.safetensors"

  /// The longest manifest that is read, bytes.
  package static let manifestByteLimit = 16 << 20

  var byteCount: Int { manifest.count + (weights?.count ?? 0) }
}
