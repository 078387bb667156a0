/// A complete request as a handler sees it: framing and content codings are already undone.
package struct HTTPRequest: Sendable {
  package let method: HTTPMethod
  package let target: HTTPTarget
  package let headers: HTTPHeaders
  /// The content, decoded from transfer and content codings.
  package let body: [UInt8]
  /// The client's valid `X-Request-Id`, or one made for it; the response carries it back.
  package let id: String
  package let remoteAddress: SocketAddress
  /// Nil for a connection without TLS.
  package let tls: TLSPeer?
  /// The template of the matched route, for example `/v2/models/{model}`: a label of bounded
  /// variety for metrics.
  package let route: String
  /// The values of the template's placeholders, percent-decoded.
  package let parameters: [String: String]
  /// What the access control in front of the handlers found out about the client.
  package let principal: HTTPPrincipal?

  package init(
    method: HTTPMethod, target: HTTPTarget, headers: HTTPHeaders = HTTPHeaders(),
    body: [UInt8] = [], id: String,
    remoteAddress: SocketAddress = SocketAddress(host: "127.0.0.1", port: 0),
    tls: TLSPeer? = nil, route: String = "", parameters: [String: String] = [:],
    principal: HTTPPrincipal? = nil
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.id = id
    self.remoteAddress = remoteAddress
    self.tls = tls
    self.route = route
    self.parameters = parameters
    self.principal = principal
  }

  /// The path, percent-decoded.
  package var path: String { target.path }

  /// The value of a placeholder of the route; empty when the route has none of that name.
  package func parameter(_ name: String) -> String { parameters[name] ?? "" }
}
