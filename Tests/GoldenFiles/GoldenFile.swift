package import FoundationEssentials
package import Layers

/// One golden case: tensors `input.*`, `weight.*`, `expected.*` and the facts about them, in a
/// safetensors file under `Tests/Fixtures/golden`.
package struct GoldenFile: Sendable {
  package let name: String
  package let tensors: [String: GoldenTensor]
  package let metadata: [String: String]

  /// The directory of all golden files.
  package static let directory = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/golden", directoryHint: .isDirectory)

  /// The names of the cases that begin with one of the prefixes, in order, without `.safetensors`.
  package static func names(_ prefixes: String...) -> [String] {
    let suffix = ".safetensors"
    // A missing directory gives no names, and the test that counts the cases fails.
    let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    return files.filter { file in
      file.hasSuffix(suffix) && prefixes.contains { file.hasPrefix($0) }
    }
    .map { String($0.dropLast(suffix.count)) }.sorted()
  }

  /// Reads the case of this name.
  package init(_ name: String) throws {
    self.name = name
    let bytes = [UInt8](
      try Data(contentsOf: Self.directory.appending(path: name + ".safetensors")))
    guard bytes.count >= 8 else { throw GoldenError("\(name) is shorter than its header's length") }
    let headerCount = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard headerCount <= bytes.count - 8 else { throw GoldenError("\(name) is cut in its header") }
    let header = try ConfigValue(json: Data(bytes[8..<(8 + headerCount)]))
    var tensors: [String: GoldenTensor] = [:]
    var metadata: [String: String] = [:]
    for (key, entry) in try header.object {
      if key == "__metadata__" {
        metadata = try entry.object.mapValues { try $0.string }
      } else {
        tensors[key] = try GoldenTensor(
          entry: try entry.object, data: bytes[(8 + headerCount)...])
      }
    }
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The tensor of this name.
  package func tensor(_ name: String) throws -> GoldenTensor {
    guard let tensor = tensors[name] else { throw GoldenError("\(self.name) lacks \(name)") }
    return tensor
  }

  /// The tensors whose names begin with `prefix`, by the rest of their names.
  package func tensors(after prefix: String) -> [String: GoldenTensor] {
    var found: [String: GoldenTensor] = [:]
    for (name, tensor) in tensors where name.hasPrefix(prefix) {
      found[String(name.dropFirst(prefix.count))] = tensor
    }
    return found
  }

  /// A metadata entry that holds JSON.
  package func json(_ key: String) throws -> ConfigValue {
    guard let text = metadata[key] else { throw GoldenError("\(name) lacks the entry \(key)") }
    return try ConfigValue(json: Data(text.utf8))
  }

  /// The layer's `get_config` dictionary.
  package func config() throws -> [String: ConfigValue] { try json("config").object }

  /// The file's own tolerance, or the one that it has for an output.
  package func tolerance(for output: String? = nil) throws -> GoldenTolerance {
    var entry = try json("tolerance").object
    if let output { entry = try (entry[output] ?? .null).object }
    return GoldenTolerance(
      relative: try (entry["rtol"] ?? .null).double, absolute: try (entry["atol"] ?? .null).double)
  }
}

/// A golden file that can't be read.
package struct GoldenError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
