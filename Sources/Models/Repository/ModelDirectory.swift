/// A model that a person names by its path on the command line.
package struct ModelDirectory: Sendable, Hashable {
  /// The version directory.
  package let path: String
  /// The name of the model's directory; empty if it has none, as in `.`.
  package let name: String
  package let version: Int

  package var source: ModelSource { .directory(path) }

  /// The model directory that holds this version; `nil` for a version outside of one.
  package var modelPath: String? {
    let components = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let last = components.last, VersionNumber.read(last) != nil else { return nil }
    let parent = components.dropLast().joined(separator: "/")
    if parent.isEmpty { return components.count > 1 ? "/" : "." }
    return parent
  }

  /// Finds the version that a path means.
  ///
  /// - Parameter path: a version directory, or a model directory, of which the latest version with a
  ///   manifest is taken.
  /// - Throws: `FileError` if there is neither.
  package init(_ path: String) throws(FileError) {
    var components = path.split(separator: "/", omittingEmptySubsequences: false)
    while components.count > 1, components.last?.isEmpty == true { components.removeLast() }
    let directory = components.joined(separator: "/")
    let last = components.last.map(String.init) ?? ""
    if FileSystem.signature(of: "\(directory)/\(ModelFiles.manifestName)") != nil {
      self.path = directory
      let version = VersionNumber.read(last)
      self.version = version ?? 1
      let parent = components.dropLast().last.map(String.init) ?? ""
      name = Self.isName(version == nil ? last : parent) ? (version == nil ? last : parent) : ""
      return
    }
    let versions = try FileSystem.subdirectories(of: directory).compactMap {
      VersionNumber.read($0)
    }
    let latest = versions.sorted().last {
      FileSystem.signature(of: "\(directory)/\($0)/\(ModelFiles.manifestName)") != nil
    }
    guard let latest else {
      throw FileError(
        path: directory,
        reason: "expected \(ModelFiles.manifestName), or a version directory that holds one")
    }
    self.path = "\(directory)/\(latest)"
    name = Self.isName(last) ? last : ""
    version = latest
  }

  private static func isName(_ component: String) -> Bool { !["", ".", ".."].contains(component) }
}
