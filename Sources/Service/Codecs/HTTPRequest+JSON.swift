import HTTPServer
import Layers
import Models

extension HTTPRequest {
  /// The members of the JSON object that the body is; none for an empty body.
  ///
  /// For short bodies: the whole text becomes a tree.
  /// - Throws: `HTTPFailure` 400.
  func jsonMembers() throws(HTTPFailure) -> [String: ConfigValue] {
    guard !body.isEmpty else { return [:] }
    let value: ConfigValue
    do {
      value = try JSONReader.read(body)
    } catch {
      throw .malformedJSON("\(error)")
    }
    guard case .object(let members) = value else {
      throw .malformedJSON("expected an object, found \(value.summary)")
    }
    return members
  }
}
