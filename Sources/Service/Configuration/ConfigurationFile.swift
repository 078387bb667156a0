import FoundationEssentials

/// Reads a configuration file: one JSON object of setting names and values.
package enum ConfigurationFile {
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
      let data = try Data(contentsOf: URL(filePath: path))
      return try JSONDecoder().decode([String: Value].self, from: data).mapValues(\.text)
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
  case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found):
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
