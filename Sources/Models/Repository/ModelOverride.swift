package import Layers

/// What a model is loaded with instead of what the repository holds, until it is loaded anew or
/// unloaded.
package struct ModelOverride: Sendable, Hashable {
  /// The only versions that the model then has; empty for those of its directory.
  package var versions: [Int: ModelFiles]
  /// Members that take the place of those of every version's manifest; objects are merged.
  package var manifestMembers: [String: ConfigValue]

  package init(versions: [Int: ModelFiles] = [:], manifestMembers: [String: ConfigValue] = [:]) {
    self.versions = versions
    self.manifestMembers = manifestMembers
  }

  /// Of the files that are kept in memory.
  var byteCount: Int { versions.values.reduce(0) { $0 + $1.byteCount } }

  /// What the repository holds with the override in force.
  ///
  /// - Parameter model: what the repository holds of the model, `nil` for nothing.
  /// - Returns: `nil` where there is nothing to load.
  func applied(to model: RepositoryListing.Model?) -> RepositoryListing.Model? {
    var result: RepositoryListing.Model
    if versions.isEmpty {
      guard let model else { return nil }
      result = model
    } else {
      result = RepositoryListing.Model(sources: versions.mapValues { .memory($0) })
    }
    if !manifestMembers.isEmpty {
      result.sources = result.sources.mapValues { .changed($0, members: manifestMembers) }
    }
    return result
  }
}
