import FoundationEssentials
import Models

/// Reads a configuration file: one JSON object of setting names and values.
package enum ConfigurationFile {
  /// The longest file that is read.
  private static let maximumByteCount = 1 << 20

  /// A value as the file may write it.
  private enum Value: Decodable {
    case text(String)
    case integer(Int)
    case number(Double)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .text(text)
      } else if let integer = try? container.decode(Int.self) {
        self = .integer(integer)
      } else {
        self = .number(try container.decode(Double.self))
      }
    }

    var text: String {
      switch self {
      case .text(let text): text
      case .integer(let integer): String(integer)
      case .number(let number): String(number)
      }
    }
  }

  /// The settings of the file at a path, as texts.
  ///
  /// - Throws: `ConfigurationProblem.unreadableFile` if it can't be read or is no such object.
  package static func read(path: String) throws(ConfigurationProblem) -> [String: String] {
    do {
      let bytes = try FileSystem.contents(of: path, maximumByteCount: maximumByteCount)
      return try JSONDecoder().decode([String: Value].self, from: Data(bytes)).mapValues(\.text)
    } catch let error as FileError {
      throw .unreadableFile(path: path, reason: error.reason)
    } catch let error as DecodingError {
      throw .unreadableFile(
        path: path, reason: "expected an object of names and values (\(summary(of: error)))")
    } catch {
      throw .unreadableFile(path: path, reason: "\(error)")
    }
  }
}

/// What is wrong with a JSON text, in one clause: the place and the reason.
func summary(of error: DecodingError) -> String {
  let (context, reason): (DecodingError.Context, String)
  switch error {
  case .typeMismatch(let type, let found):
    context = found
    reason = "expected \(jsonName(of: type))"
  case .valueNotFound(let type, let found):
    context = found
    reason = "expected \(jsonName(of: type)), found null"
  case .dataCorrupted(let found):
    context = found
    reason = found.underlyingError.map { "\($0)" } ?? found.debugDescription
  case .keyNotFound(let key, let found):
    context = found
    reason = "\"\(key.stringValue)\" is missing"
  @unknown default: return "\(error)"
  }
  let path = context.codingPath.map { key in
    key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)"
  }.joined()
  return path.isEmpty ? reason : "at \(path.drop(while: { $0 == "." })): \(reason)"
}

/// What JSON calls the values of a type that a decoder asks for.
private func jsonName(of type: Any.Type) -> String {
  let name = String(describing: type)
  if name.hasPrefix("Dictionary<") { return "an object" }
  if name.hasPrefix("Array<") { return "an array" }
  return name == "String" ? "a string" : name == "Bool" ? "true or false" : "a number"
}
