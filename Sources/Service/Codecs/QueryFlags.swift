import HTTPServer

/// The boolean parameters of a query.
struct QueryFlags {
  private var values: [String: Bool] = [:]

  /// Reads a query in which only the known names occur, as `name`, `name=true` or `name=false`.
  ///
  /// - Throws: `HTTPFailure` 400.
  init(_ request: HTTPRequest, known: Set<String>) throws(HTTPFailure) {
    let items: [(name: String, value: String)]
    do {
      items = try request.target.queryItems()
    } catch {
      throw error.failure
    }
    for (name, value) in items {
      guard known.contains(name) else {
        throw Self.invalid(
          "query parameter \(name) is unknown; known are \(known.sorted().joined(separator: ", "))")
      }
      switch value {
      case "", "true", "1": values[name] = true
      case "false", "0": values[name] = false
      default: throw Self.invalid("query parameter \(name): expected true or false, found \(value)")
      }
    }
  }

  subscript(name: String) -> Bool { values[name] ?? false }

  private static func invalid(_ message: String) -> HTTPFailure {
    HTTPFailure(.badRequest, code: "invalid_query", message: message)
  }
}
