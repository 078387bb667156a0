/// Writes versions of models that a repository loads.
package enum ModelWriter {
  /// Writes a new version beside those that a model directory holds.
  ///
  /// The files go to a hidden directory, which takes the version's name when it is complete: a
  /// service that looks meanwhile sees nothing or all of it.
  ///
  /// - Parameters:
  ///   - manifest: the new version's manifest; its digest is set to that of the weights.
  ///   - weights: tensors named `<layer>/<weight>`.
  ///   - directory: the model directory, which is created if need be.
  /// - Returns: the new version, one above the highest before.
  /// - Throws: `FileError`; no version has then been added.
  package static func writeNewVersion(
    _ manifest: ModelManifest, weights: [String: HostTensor], into directory: String
  ) throws(FileError) -> ModelDirectory {
    try FileSystem.createDirectory(directory)
    let versions = try FileSystem.subdirectories(of: directory).compactMap {
      VersionNumber.read($0)
    }
    let (version, overflow) = (versions.max() ?? 0).addingReportingOverflow(1)
    guard !overflow else {
      throw FileError(path: directory, reason: "expected a version number below \(Int.max)")
    }
    let temporary = "\(directory)/.\(version).partial"
    try FileSystem.createDirectory(temporary)
    let content = SafetensorsWriter.write(weights)
    var manifest = manifest
    manifest.weightsSHA256 = SHA256.hexadecimal(of: content)
    try FileSystem.write(content, into: temporary, name: ModelFiles.weightsName)
    try FileSystem.write(manifest.text(), into: temporary, name: ModelFiles.manifestName)
    let path = "\(directory)/\(version)"
    try FileSystem.move(temporary, to: path)
    return try ModelDirectory(path)
  }
}

extension SafetensorsFile {
  /// Every tensor, for writing them again; floating types become float32.
  ///
  /// - Returns: the tensors by name.
  /// - Throws: `SafetensorsError` for a tensor of a type that no layer takes.
  package func tensors() throws(SafetensorsError) -> [String: HostTensor] {
    var result: [String: HostTensor] = [:]
    for name in names { result[name] = try tensor(named: name) }
    return result
  }
}
