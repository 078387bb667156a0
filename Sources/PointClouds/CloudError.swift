/// What is wrong with a point cloud or with the bytes that should hold one.
package enum CloudError: Error, Equatable, Sendable {
  /// Where in the bytes a fault was found.
  package enum Location: Equatable, Sendable {
    /// Distance from the first byte, in bytes.
    case byte(Int)
    /// Line and column, both counted from 1; a column is a byte of the line.
    case line(Int, column: Int)
    /// The whole of the bytes, or a place that the decoder beneath does not tell.
    case whole
  }

  /// The bytes, the media type or the file extension name no format of the table.
  case unrecognizedFormat(found: String)
  /// The format is known, but it, or this variant of it, cannot be read or written.
  case unsupported(format: String, reason: String)
  /// The bytes contradict their format.
  case malformed(
    format: String, at: Location, field: String, expected: String, found: String)
  /// The file holds, or claims, more points than the caller allows.
  case tooManyPoints(limit: Int, found: Int)
  /// The file is compressed and becomes longer than the caller allows.
  case tooManyBytes(limit: Int, found: Int)
  /// Nobody wants the cloud any more.
  case abandoned
  /// The cloud has no points.
  case empty
  /// A value that must be finite is not; `attribute` is "x", "y", "z" or an attribute's name.
  case nonFinite(attribute: String, pointIndex: Int)
  /// An attribute has another number of values than the cloud has points.
  case attributeLength(attribute: String, expected: Int, found: Int)
  /// A value of an attribute is outside what that attribute can hold.
  case attributeRange(attribute: String, pointIndex: Int, expected: String, found: String)
}

extension CloudError: CustomStringConvertible {
  /// One sentence for a person.
  package var description: String {
    switch self {
    case .unrecognizedFormat(let found):
      "no known point cloud format: \(found)"
    case .unsupported(let format, let reason):
      "\(format) is not supported here: \(reason)"
    case .malformed(let format, let location, let field, let expected, let found):
      "malformed \(format)\(location): \(field): expected \(expected), found \(found)"
    case .tooManyPoints(let limit, let found):
      "\(found) points exceed the limit of \(limit)"
    case .tooManyBytes(let limit, let found):
      "\(found) bytes after decompression exceed the limit of \(limit)"
    case .abandoned:
      "reading the cloud was abandoned"
    case .empty:
      "the cloud has no points"
    case .nonFinite(let attribute, let pointIndex):
      "\(attribute) of point \(pointIndex) is not finite"
    case .attributeLength(let attribute, let expected, let found):
      "attribute \(attribute) has \(found) values for \(expected) points"
    case .attributeRange(let attribute, let pointIndex, let expected, let found):
      "attribute \(attribute) of point \(pointIndex): expected \(expected), found \(found)"
    }
  }
}

extension CloudError.Location: CustomStringConvertible {
  /// A phrase that follows the name of the format.
  package var description: String {
    switch self {
    case .byte(let offset): " at byte \(offset)"
    case .line(let line, let column): " at line \(line), column \(column)"
    case .whole: ""
    }
  }
}
