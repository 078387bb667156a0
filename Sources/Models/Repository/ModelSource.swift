/// Where the files of one version of a model are.
package enum ModelSource: Sendable, Hashable {
  /// A version directory: `model.json` and `weights.safetensors`.
  case directory(String)
  /// The model that is part of the program.
  case builtIn

  static let manifestName = "model.json"
  static let weightsName = "weights.safetensors"

  /// The longest manifest that is read, bytes.
  static let manifestByteLimit = 16 << 20
  /// The longest weights file that is read, bytes.
  static let weightsByteLimit = 4 << 30

  /// The two files, read into private memory.
  struct Files: Sendable {
    let manifest: [UInt8]
    let weights: [UInt8]
    /// Whether there was no weights file; a graph without weights needs none.
    let isWithoutWeights: Bool
  }

  func read() throws(ModelError) -> Files {
    switch self {
    case .builtIn:
      Files(
        manifest: BuiltInModel.manifest, weights: BuiltInModel.weights, isWithoutWeights: false)
    case .directory(let path):
      try Self.read(directory: path)
    }
  }

  private static func read(directory: String) throws(ModelError) -> Files {
    let manifest: [UInt8]
    do {
      manifest = try FileSystem.contents(
        of: "\(directory)/\(manifestName)", maximumByteCount: manifestByteLimit)
    } catch {
      throw .file(error)
    }
    do {
      let weights = try FileSystem.contents(
        of: "\(directory)/\(weightsName)", maximumByteCount: weightsByteLimit)
      return Files(manifest: manifest, weights: weights, isWithoutWeights: false)
    } catch  where error.isMissing {
      return Files(
        manifest: manifest, weights: SafetensorsWriter.write([:]), isWithoutWeights: true)
    } catch {
      throw .file(error)
    }
  }

  /// What tells whether the files changed since they were read.
  struct Signature: Sendable, Hashable {
    let manifest: FileSignature?
    let weights: FileSignature?
  }

  var signature: Signature {
    switch self {
    case .builtIn: Signature(manifest: nil, weights: nil)
    case .directory(let path):
      Signature(
        manifest: FileSystem.signature(of: "\(path)/\(Self.manifestName)"),
        weights: FileSystem.signature(of: "\(path)/\(Self.weightsName)"))
    }
  }
}
