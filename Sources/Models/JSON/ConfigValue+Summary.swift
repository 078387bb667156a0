package import Layers

extension ConfigValue {
  /// What a refusal says was found: the value itself where it is short, else its kind and count.
  package var summary: String {
    switch self {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .integer(let integer): "\(integer)"
    case .number(let number): "\(number)"
    case .string(let text): text.count <= 60 ? "\"\(text)\"" : "\"\(text.prefix(60))…\""
    case .array(let elements): "an array of \(elements.count)"
    case .object(let members): "an object with \(members.count) keys"
    }
  }
}
