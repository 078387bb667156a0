/// What a repository holds on disk at one moment; nothing is loaded.
struct RepositoryListing: Sendable {
  /// The versions and labels of one model.
  struct Model: Sendable {
    /// Versions that have a manifest.
    var sources: [Int: ModelSource] = [:]
    /// Version directories that have no manifest: half copied, or about to go.
    var incomplete: Set<Int> = []
    var labels: Result<[String: Int], ManifestError> = .success([:])
  }

  var models: [String: Model] = [:]
  /// Directories that could not be listed.
  var errors: [FileError] = []
  /// Models whose own directory could not be listed.
  var unreadableModels: Set<String> = []

  static let labelsName = "labels.json"
  private static let labelsByteLimit = 1 << 20

  /// The repository that holds the built-in model alone.
  static func builtIn() -> RepositoryListing {
    var listing = RepositoryListing()
    listing.models[BuiltInModel.name] = Model(sources: [1: .builtIn])
    return listing
  }

  /// Lists a directory of models.
  ///
  /// - Throws: `FileError` if the directory itself can't be listed.
  static func read(directory: String) throws(FileError) -> RepositoryListing {
    var listing = RepositoryListing()
    for name in try FileSystem.subdirectories(of: directory) {
      let path = "\(directory)/\(name)"
      do {
        listing.models[name] = try readModel(path)
      } catch {
        listing.errors.append(error)
        listing.unreadableModels.insert(name)
      }
    }
    return listing
  }

  private static func readModel(_ path: String) throws(FileError) -> Model {
    var model = Model()
    for name in try FileSystem.subdirectories(of: path) {
      guard let version = VersionNumber.read(name) else { continue }
      let directory = "\(path)/\(name)"
      if FileSystem.signature(of: "\(directory)/\(ModelFiles.manifestName)") == nil {
        model.incomplete.insert(version)
      } else {
        model.sources[version] = .directory(directory)
      }
    }
    model.labels = try readLabels(path)
    return model
  }

  private static func readLabels(
    _ path: String
  ) throws(FileError) -> Result<[String: Int], ManifestError> {
    let text: [UInt8]
    do {
      text = try FileSystem.contents(
        of: "\(path)/\(labelsName)", maximumByteCount: labelsByteLimit)
    } catch  where error.isMissing {
      return .success([:])
    }
    do {
      return .success(try VersionLabels.read(text))
    } catch {
      return .failure(error)
    }
  }
}
