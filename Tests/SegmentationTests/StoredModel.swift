import Foundation
import Models
import Segmentation

/// A model that the project keeps under deploy/models.
struct StoredModel {
  let model: LoadedModel
  let segmenter: Segmenter

  static let project = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  init(_ name: String) throws {
    let path = Self.project.appending(path: "deploy/models/\(name)").path
    let directory = try ModelDirectory(path)
    model = try LoadedModel(
      from: directory.source, name: directory.name, version: directory.version)
    segmenter = try Segmenter(model: model)
  }

  /// A cloud that the project keeps under deploy/samples.
  static func sample(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: project.appending(path: "deploy/samples/\(name)")))
  }
}
