package import Layers

/// Where the files of one version of a model are.
package indirect enum ModelSource: Sendable, Hashable {
  /// A version directory: `model.json` and `weights.safetensors`.
  case directory(String)
  /// The model that is part of the program.
  case builtIn
  case memory(ModelFiles)
  /// Another source, but for members of its manifest; objects are merged.
  case changed(ModelSource, members: [String: ConfigValue])

  /// The longest weights file that is read, bytes.
  static let weightsByteLimit = 4 << 30

  /// Reads both files into private memory.
  func read() throws(ModelError) -> ModelFiles {
    switch self {
    case .builtIn: return ModelFiles(manifest: BuiltInModel.manifest, weights: BuiltInModel.weights)
    case .directory(let path): return try Self.read(directory: path)
    case .memory(let files): return files
    case .changed(let source, let members):
      var files = try source.read()
      do {
        let manifest = try JSONReader.read(files.manifest)
        files.manifest = JSONWriter.write(Self.merge(.object(members), into: manifest))
      } catch {
        throw .manifest(.json(error))
      }
      return files
    }
  }

  private static func read(directory: String) throws(ModelError) -> ModelFiles {
    let manifest: [UInt8]
    do {
      manifest = try FileSystem.contents(
        of: "\(directory)/\(ModelFiles.manifestName)",
        maximumByteCount: ModelFiles.manifestByteLimit)
    } catch {
      throw .file(error)
    }
    do {
      let weights = try FileSystem.contents(
        of: "\(directory)/\(ModelFiles.weightsName)", maximumByteCount: weightsByteLimit)
      return ModelFiles(manifest: manifest, weights: weights)
    } catch  where error.isMissing {
      return ModelFiles(manifest: manifest)
    } catch {
      throw .file(error)
    }
  }

  private static func merge(_ value: ConfigValue, into old: ConfigValue) -> ConfigValue {
    guard case .object(let members) = value, case .object(let oldMembers) = old else {
      return value
    }
    return .object(oldMembers.merging(members) { merge($1, into: $0) })
  }

  /// Where a file of the version is, as an error names it.
  func path(of file: String) -> String {
    switch self {
    case .directory(let path): "\(path)/\(file)"
    case .builtIn, .memory: file
    case .changed(let source, _): source.path(of: file)
    }
  }

  /// What tells whether the files changed since they were read.
  struct Signature: Sendable, Hashable {
    var manifest: FileSignature?
    var weights: FileSignature?
    var files: ModelFiles?
    var members: [String: ConfigValue] = [:]
  }

  var signature: Signature {
    switch self {
    case .builtIn: return Signature()
    case .directory(let path):
      return Signature(
        manifest: FileSystem.signature(of: "\(path)/\(ModelFiles.manifestName)"),
        weights: FileSystem.signature(of: "\(path)/\(ModelFiles.weightsName)"))
    case .memory(let files): return Signature(files: files)
    case .changed(let source, let members):
      var signature = source.signature
      signature.members = members
      return signature
    }
  }
}
