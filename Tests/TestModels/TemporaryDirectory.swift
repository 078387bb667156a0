import Foundation
import Layers
import Models

/// A directory of one test's own, removed with the value that made it.
package final class TemporaryDirectory: Sendable {
  package let path: String

  package init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      print("could not remove \(path): \(error)")
    }
  }

  package func write(_ content: [UInt8], to name: String) throws {
    let parts = name.split(separator: "/")
    let directory = ([path] + parts.dropLast().map(String.init)).joined(separator: "/")
    try FileSystem.createDirectory(directory)
    try FileSystem.write(content, into: directory, name: String(parts[parts.count - 1]))
  }

  package func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/\(name)")
  }

  /// Writes both files of a model below `<name>/<version>`.
  package func write(_ model: TestModel, name: String = "model", version: Int = 1) throws {
    try write(
      SafetensorsWriter.write(model.weights), to: "\(name)/\(version)/weights.safetensors")
    try write(JSONWriter.write(model.manifest), to: "\(name)/\(version)/model.json")
  }
}
