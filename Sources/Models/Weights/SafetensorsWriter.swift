import Layers

/// Writes safetensors files that any reader of the format accepts.
package enum SafetensorsWriter {
  /// Lays out a file.
  ///
  /// - Parameters:
  ///   - tensors: by name; each holds as many values as its shape says.
  ///   - metadata: free text for the header.
  /// - Returns: the content of the file: tensors in the order of their names, the header padded with
  ///   spaces so that the data begins at a multiple of eight bytes.
  package static func write(
    _ tensors: [String: HostTensor], metadata: [String: String] = [:]
  ) -> [UInt8] {
    var header: [String: ConfigValue] = [:]
    if !metadata.isEmpty { header["__metadata__"] = .object(metadata.mapValues { .string($0) }) }
    var data: [UInt8] = []
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      precondition(tensor.shape.reduce(1, *) == tensor.values.count)
      let begin = data.count
      let datatype: SafetensorsDatatype
      switch tensor.values {
      case .float32(let values):
        datatype = .float32
        for value in values { append(UInt64(value.bitPattern), byteCount: 4, to: &data) }
      case .int32(let values):
        datatype = .int32
        for value in values {
          append(UInt64(UInt32(bitPattern: value)), byteCount: 4, to: &data)
        }
      }
      header[name] = .object([
        "dtype": .string(datatype.rawValue),
        "shape": .array(tensor.shape.map { .integer($0) }),
        "data_offsets": .array([.integer(begin), .integer(data.count)]),
      ])
    }
    var text = JSONWriter.write(.object(header))
    text.append(contentsOf: repeatElement(0x20, count: (8 - text.count % 8) % 8))
    var file: [UInt8] = []
    file.reserveCapacity(8 + text.count + data.count)
    append(UInt64(text.count), byteCount: 8, to: &file)
    file.append(contentsOf: text)
    file.append(contentsOf: data)
    return file
  }

  private static func append(_ word: UInt64, byteCount: Int, to bytes: inout [UInt8]) {
    for index in 0..<byteCount { bytes.append(UInt8(truncatingIfNeeded: word >> (index * 8))) }
  }
}
