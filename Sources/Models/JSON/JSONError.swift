/// A text that is not JSON as RFC 8259 defines it, or that this service refuses to read.
///
/// `offset` is the byte at which the fault was seen, counted from zero.
package enum JSONError: Error, Hashable {
  case unexpected(offset: Int, expected: String, found: String)
  case truncated(offset: Int, expected: String)
  case nestedTooDeeply(offset: Int, limit: Int)
  case tooManyValues(offset: Int, limit: Int)
  case duplicateKey(offset: Int, key: String)
  case invalidString(offset: Int, reason: String)
  case numberOutOfRange(offset: Int, text: String)
}

extension JSONError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unexpected(let offset, let expected, let found):
      "byte \(offset): expected \(expected), found \(found)"
    case .truncated(let offset, let expected):
      "byte \(offset): expected \(expected), found the end of the text"
    case .nestedTooDeeply(let offset, let limit):
      "byte \(offset): expected at most \(limit) nested arrays and objects, found more"
    case .tooManyValues(let offset, let limit):
      "byte \(offset): expected at most \(limit) values, found more"
    case .duplicateKey(let offset, let key):
      "byte \(offset): expected each key once in an object, found \"\(key)\" again"
    case .invalidString(let offset, let reason):
      "byte \(offset): expected a string of valid Unicode, found \(reason)"
    case .numberOutOfRange(let offset, let text):
      "byte \(offset): expected a number within the range of a double, found \(text)"
    }
  }
}
