/// A file that is not safetensors, or whose tensors can't be used as asked.
package enum SafetensorsError: Error, Hashable {
  /// The file ends before the header does.
  case truncatedHeader(expected: Int, found: Int)
  case headerTooLarge(limit: Int, found: UInt64)
  case headerJSON(JSONError)
  /// The header is JSON but not an object of tensors.
  case header(key: String, expected: String, found: String)
  case unknownDatatype(tensor: String, found: String)
  /// The product of the extents overflows.
  case shapeOverflow(tensor: String, shape: [Int])
  case byteCount(tensor: String, expected: Int, found: Int)
  /// A tensor ends after the file does.
  case outOfBounds(tensor: String, end: Int, available: Int)
  case hole(tensor: String, expected: Int, found: Int)
  case overlap(tensor: String, expected: Int, found: Int)
  case trailingBytes(expected: Int, found: Int)
  case missingTensor(name: String)
  case wrongDatatype(tensor: String, expected: String, found: String)
  case nonFinite(tensor: String, index: Int, found: String)
  case outOfRange(tensor: String, index: Int, found: Int64)
}

extension SafetensorsError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .truncatedHeader(let expected, let found):
      "header: expected \(expected) bytes in the file, found \(found)"
    case .headerTooLarge(let limit, let found):
      "header: expected at most \(limit) bytes, found \(found)"
    case .headerJSON(let error): "header: \(error)"
    case .header(let key, let expected, let found):
      "header: key \(key): expected \(expected), found \(found)"
    case .unknownDatatype(let tensor, let found):
      "tensor \"\(tensor)\": expected a dtype of safetensors, found \(found)"
    case .shapeOverflow(let tensor, let shape):
      "tensor \"\(tensor)\": expected a shape that fits into memory, found \(shape)"
    case .byteCount(let tensor, let expected, let found):
      "tensor \"\(tensor)\": expected \(expected) bytes as its shape says, found \(found)"
    case .outOfBounds(let tensor, let end, let available):
      "tensor \"\(tensor)\": expected to end within \(available) bytes of data, found \(end)"
    case .hole(let tensor, let expected, let found):
      "tensor \"\(tensor)\": expected to begin at data byte \(expected), found \(found), a hole"
    case .overlap(let tensor, let expected, let found):
      "tensor \"\(tensor)\": expected to begin at data byte \(expected), found \(found), an overlap"
    case .trailingBytes(let expected, let found):
      "data: expected \(expected) bytes as the tensors say, found \(found)"
    case .missingTensor(let name):
      "tensor \"\(name)\": expected in the file, found no such tensor"
    case .wrongDatatype(let tensor, let expected, let found):
      "tensor \"\(tensor)\": expected dtype \(expected), found \(found)"
    case .nonFinite(let tensor, let index, let found):
      "tensor \"\(tensor)\": expected finite float32 values, found \(found) at element \(index)"
    case .outOfRange(let tensor, let index, let found):
      "tensor \"\(tensor)\": expected int32 values, found \(found) at element \(index)"
    }
  }
}
