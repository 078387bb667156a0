import Layers

/// One class that a network tells apart.
package struct PointClass: Sendable, Hashable {
  /// The output channel; classes are listed in this order, from 0.
  package var id: Int
  package var name: String
  /// The ASPRS classification code that is written into LAS files.
  package var lasCode: UInt8
  /// `#rrggbb`, for pictures.
  package var color: String

  private enum Key: String, CaseIterable {
    case id, name
    case lasCode = "las_code"
    case color
  }

  static func read(_ values: [ConfigValue], path: String) throws(ManifestError) -> [PointClass] {
    guard !values.isEmpty else {
      throw .invalidValue(key: path, expected: "at least one class", found: "none")
    }
    var names: Set<String> = []
    return try values.enumerated().map { index, value throws(ManifestError) in
      let pointClass = try PointClass(value, path: "\(path)[\(index)]", id: index)
      guard names.insert(pointClass.name).inserted else {
        throw .invalidValue(
          key: "\(path)[\(index)].name", expected: "each name once",
          found: "\"\(pointClass.name)\" again")
      }
      return pointClass
    }
  }

  private init(_ value: ConfigValue, path: String, id: Int) throws(ManifestError) {
    let object = try ManifestObject(value, path: path, keys: Key.self)
    // The id is the position of the output channel; anything else would mislabel every point.
    self.id = try object.integer(.id, in: id...id, default: id)
    name = try object.string(.name)
    guard !name.isEmpty else {
      throw .invalidValue(key: object.path(.name), expected: "a name", found: "\"\"")
    }
    lasCode = UInt8(try object.integer(.lasCode, in: 0...255))
    color = try object.string(.color, default: "#808080")
    let digits = color.utf8.dropFirst()
    guard color.hasPrefix("#"), digits.count == 6,
      digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
    else {
      throw .invalidValue(
        key: object.path(.color), expected: "a color such as \"#a0764a\"", found: "\"\(color)\"")
    }
  }

  var json: ConfigValue {
    .object([
      Key.id.rawValue: .integer(id), Key.name.rawValue: .string(name),
      Key.lasCode.rawValue: .integer(Int(lasCode)), Key.color.rawValue: .string(color),
    ])
  }
}
