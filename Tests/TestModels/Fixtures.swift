package import Layers
package import Models

/// Files under `Tests/Fixtures`, and models that are written for one test.
package enum Fixtures {
  package static let directory: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(2)
    return parts.joined(separator: "/") + "/Fixtures"
  }()

  package static func safetensors(_ path: String) throws -> SafetensorsFile {
    try SafetensorsFile(
      parsing: FileSystem.contents(of: "\(directory)/\(path)", maximumByteCount: 1 << 24))
  }

  /// JSON text as a tree.
  package static func json(_ text: String) throws -> ConfigValue { try JSONReader.read(text.utf8) }
}

extension HostTensor {
  /// The elements of a float tensor.
  package var floats: [Float] {
    if case .float32(let values) = values { values } else { [] }
  }

  package var bits: [UInt32] { floats.map(\.bitPattern) }
}
