/// The table of routes: method and path template to handler.
///
/// A template is a path whose segments are literal or a placeholder in braces, for example
/// `/v2/models/{model}/versions/{version}/segment`. A placeholder takes one non-empty segment,
/// percent-decoded. A literal wins over a placeholder. GET answers HEAD too, and OPTIONS is
/// answered from the table.
package struct HTTPRouter: Sendable {
  /// One entry of the table.
  package final class Route: Sendable {
    package let method: HTTPMethod
    package let template: String
    package let options: HTTPRouteOptions
    package let handler: any HTTPHandler
    /// The handler, where it answers at once: the loop needs no exchange to hear from it.
    let immediateHandler: ImmediateHandler?

    init(
      method: HTTPMethod, template: String, options: HTTPRouteOptions, handler: any HTTPHandler
    ) {
      self.method = method
      self.template = template
      self.options = options
      self.handler = handler
      immediateHandler = handler as? ImmediateHandler
    }
  }

  /// What the table says about a request.
  enum Match {
    case route(Route, parameters: [String: String])
    /// OPTIONS, answered with what the path takes.
    case options(allow: String)
    case notFound
    case methodNotAllowed(allow: String)
    case notImplemented
  }

  private struct Node {
    var literals: [String: Int] = [:]
    var placeholder: Int?
    /// One for each method; few, so that comparing beats hashing.
    var entries: [(route: Route, names: [String])] = []

    /// What answers a method: its own entry, or that of GET for HEAD.
    func entry(of method: HTTPMethod) -> (route: Route, names: [String])? {
      entries.first { $0.route.method == method }
        ?? (method == .head ? entries.first { $0.route.method == .get } : nil)
    }
  }

  private var nodes = [Node()]
  /// All entries in the order they were added.
  package private(set) var routes: [Route] = []

  package init() {}

  /// Adds an entry.
  ///
  /// - Parameters:
  ///   - method: the method it answers.
  ///   - template: the path; the same method and path twice is a bug of the caller.
  ///   - options: limits and access of the route.
  ///   - handler: answers its requests.
  package mutating func add(
    _ method: HTTPMethod, _ template: String, options: HTTPRouteOptions = HTTPRouteOptions(),
    _ handler: any HTTPHandler
  ) {
    precondition(template.hasPrefix("/"), "a template starts with a slash: \(template)")
    var names: [String] = []
    var place = 0
    for part in template.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      if part.hasPrefix("{"), part.hasSuffix("}") {
        names.append(String(part.dropFirst().dropLast()))
        place = placeholder(of: place)
      } else {
        place = literal(String(part), of: place)
      }
    }
    precondition(
      !nodes[place].entries.contains { $0.route.method == method },
      "\(method) \(template) is there already")
    let route = Route(method: method, template: template, options: options, handler: handler)
    nodes[place].entries.append((route, names))
    routes.append(route)
  }

  /// Adds an entry whose answer is made at once.
  package mutating func add(
    _ method: HTTPMethod, _ template: String, options: HTTPRouteOptions = HTTPRouteOptions(),
    answer: @escaping @Sendable (HTTPRequest) throws(HTTPFailure) -> HTTPResponse
  ) {
    add(method, template, options: options, ImmediateHandler(answer))
  }

  private mutating func literal(_ text: String, of parent: Int) -> Int {
    if let next = nodes[parent].literals[text] { return next }
    nodes.append(Node())
    nodes[parent].literals[text] = nodes.count - 1
    return nodes.count - 1
  }

  private mutating func placeholder(of parent: Int) -> Int {
    if let next = nodes[parent].placeholder { return next }
    nodes.append(Node())
    nodes[parent].placeholder = nodes.count - 1
    return nodes.count - 1
  }

  /// Finds the entry of a request.
  func match(_ method: HTTPMethod, _ target: HTTPTarget) -> Match {
    var places: [Int] = []
    var values: [String] = []
    if find(target.segments[...], from: 0, &values, &places, method),
      let place = places.first, let (route, names) = nodes[place].entry(of: method)
    {
      guard !names.isEmpty else { return .route(route, parameters: [:]) }
      return .route(
        route, parameters: Dictionary(zip(names, values), uniquingKeysWith: { $1 }))
    }
    guard HTTPMethod.known.contains(method) else { return .notImplemented }
    if target.rawPath == "*" {
      return .options(allow: allow(Set(routes.map(\.method))))
    }
    guard !places.isEmpty else { return .notFound }
    let allowed = allow(Set(places.flatMap { nodes[$0].entries.map(\.route.method) }))
    return method == .options ? .options(allow: allowed) : .methodNotAllowed(allow: allowed)
  }

  /// Collects the nodes with routes that the segments lead to, best first.
  ///
  /// Stops at the first one that takes the method, leaving its placeholder values in `values`.
  private func find(
    _ segments: ArraySlice<String>, from place: Int, _ values: inout [String],
    _ places: inout [Int], _ method: HTTPMethod
  ) -> Bool {
    guard let segment = segments.first else {
      guard !nodes[place].entries.isEmpty else { return false }
      let takes = nodes[place].entry(of: method) != nil
      places.insert(place, at: takes ? 0 : places.count)
      return takes
    }
    if let next = nodes[place].literals[segment],
      find(segments.dropFirst(), from: next, &values, &places, method)
    {
      return true
    }
    guard let next = nodes[place].placeholder, !segment.isEmpty else { return false }
    values.append(segment)
    if find(segments.dropFirst(), from: next, &values, &places, method) { return true }
    values.removeLast()
    return false
  }

  /// The value of `Allow` (RFC 9110, section 10.2.1).
  private func allow(_ methods: Set<HTTPMethod>) -> String {
    var all = methods.union([.options])
    if all.contains(.get) { all.insert(.head) }
    return all.map(\.rawValue).sorted().joined(separator: ", ")
  }
}
