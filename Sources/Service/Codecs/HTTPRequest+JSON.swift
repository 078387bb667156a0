import HTTPServer
import Layers
import Models

extension HTTPRequest {
  /// The most values of JSON that asks for an action rather than for an inference.
  static let maximumValueCount = 65_536

  /// The members of the JSON object that the body is; none for an empty body.
  ///
  /// For bodies of few values: the whole text becomes a tree.
  ///
  /// - Throws: `HTTPFailure` 400, also for more than ``maximumValueCount`` values.
  func jsonMembers() throws(HTTPFailure) -> [String: ConfigValue] {
    guard !body.isEmpty else { return [:] }
    let value: ConfigValue
    do {
      value = try JSONReader.read(body, maximumValueCount: Self.maximumValueCount)
    } catch {
      throw .malformedJSON("\(error)")
    }
    guard case .object(let members) = value else {
      throw .malformedJSON("expected an object, found \(value.summary)")
    }
    return members
  }
}
