import Layers

/// Reads the header of a safetensors file; offsets are not yet compared with the file's length.
enum SafetensorsHeader {
  private static let metadataKey = "__metadata__"

  static func read(
    _ value: ConfigValue
  ) throws(SafetensorsError) -> ([String: String], [String: SafetensorsFile.Entry]) {
    guard case .object(let members) = value else {
      throw .header(key: "(top level)", expected: "an object", found: value.summary)
    }
    var metadata: [String: String] = [:]
    var entries: [String: SafetensorsFile.Entry] = [:]
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      if name == metadataKey {
        metadata = try readMetadata(value)
      } else {
        entries[name] = try readEntry(value, name: name)
      }
    }
    return (metadata, entries)
  }

  private static func readMetadata(
    _ value: ConfigValue
  ) throws(SafetensorsError) -> [String: String] {
    guard case .object(let members) = value else {
      throw .header(key: metadataKey, expected: "an object of strings", found: value.summary)
    }
    var metadata: [String: String] = [:]
    for (key, value) in members {
      guard case .string(let text) = value else {
        throw .header(
          key: "\(metadataKey).\(key)", expected: "a string", found: value.summary)
      }
      metadata[key] = text
    }
    return metadata
  }

  private static func readEntry(
    _ value: ConfigValue, name: String
  ) throws(SafetensorsError) -> SafetensorsFile.Entry {
    guard case .object(let members) = value,
      members.keys.sorted() == ["data_offsets", "dtype", "shape"],
      let datatypeValue = members["dtype"]
    else {
      throw .header(
        key: "\"\(name)\"", expected: "an object with just dtype, shape and data_offsets",
        found: value.summary)
    }
    guard case .string(let text) = datatypeValue, let datatype = SafetensorsDatatype(rawValue: text)
    else {
      throw .unknownDatatype(tensor: name, found: datatypeValue.summary)
    }
    let shape = try readIntegers(members["shape"], key: "\"\(name)\".shape")
    let offsets = try readIntegers(members["data_offsets"], key: "\"\(name)\".data_offsets")
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw .header(
        key: "\"\(name)\".data_offsets", expected: "[begin, end] in ascending order",
        found: "\(offsets)")
    }
    var elementCount = 1
    var byteCount = datatype.byteCount
    for extent in shape {
      let (elements, elementOverflow) = elementCount.multipliedReportingOverflow(by: extent)
      let (bytes, byteOverflow) = byteCount.multipliedReportingOverflow(by: extent)
      guard !elementOverflow, !byteOverflow else {
        throw .shapeOverflow(tensor: name, shape: shape)
      }
      (elementCount, byteCount) = (elements, bytes)
    }
    guard byteCount == offsets[1] - offsets[0] else {
      throw .byteCount(tensor: name, expected: byteCount, found: offsets[1] - offsets[0])
    }
    return SafetensorsFile.Entry(
      datatype: datatype, shape: shape, elementCount: elementCount, begin: offsets[0],
      end: offsets[1])
  }

  /// An array of integers from 0 upward, so that differences can't overflow.
  private static func readIntegers(
    _ value: ConfigValue?, key: String
  ) throws(SafetensorsError) -> [Int] {
    let expected = "an array of integers from 0"
    guard case .array(let elements) = value else {
      throw .header(key: key, expected: expected, found: value?.summary ?? "no such key")
    }
    return try elements.map { element throws(SafetensorsError) in
      guard case .integer(let integer) = element, integer >= 0 else {
        throw .header(key: key, expected: expected, found: element.summary)
      }
      return integer
    }
  }
}
