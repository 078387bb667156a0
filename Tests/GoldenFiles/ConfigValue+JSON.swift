package import FoundationEssentials
package import Layers

extension ConfigValue {
  /// Decodes JSON text.
  package init(json: Data) throws {
    self = try JSONDecoder().decode(Node.self, from: json).value
  }

  package var object: [String: ConfigValue] {
    get throws {
      guard case .object(let members) = self else { throw GoldenError("\(text) is no object") }
      return members
    }
  }

  package var array: [ConfigValue] {
    get throws {
      guard case .array(let values) = self else { throw GoldenError("\(text) is no array") }
      return values
    }
  }

  package var string: String {
    get throws {
      guard case .string(let value) = self else { throw GoldenError("\(text) is no string") }
      return value
    }
  }

  package var int: Int {
    get throws {
      guard case .integer(let value) = self else { throw GoldenError("\(text) is no integer") }
      return value
    }
  }

  package var double: Double {
    get throws {
      switch self {
      case .integer(let value): return Double(value)
      case .number(let value): return value
      default: throw GoldenError("\(text) is no number")
      }
    }
  }

  private struct Node: Decodable {
    let value: ConfigValue

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        value = .null
      } else if let flag = try? container.decode(Bool.self) {
        value = .bool(flag)
      } else if let integer = try? container.decode(Int.self) {
        value = .integer(integer)
      } else if let number = try? container.decode(Double.self) {
        value = .number(number)
      } else if let string = try? container.decode(String.self) {
        value = .string(string)
      } else if let values = try? container.decode([Node].self) {
        value = .array(values.map(\.value))
      } else {
        value = .object(try container.decode([String: Node].self).mapValues(\.value))
      }
    }
  }
}
