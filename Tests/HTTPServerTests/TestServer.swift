@testable import HTTPServer

/// A server on a free port with the routes that the tests need; stopped when released.
final class TestServer: Sendable {
  let server: HTTPServer
  let address: SocketAddress
  let observer = RecordingObserver()

  init(
    _ change: (inout HTTPServerConfiguration) -> Void = { _ in }, keys: APIKeys? = nil,
    routes: (inout HTTPRouter) -> Void = { _ in }
  ) throws {
    var configuration = HTTPServerConfiguration()
    configuration.eventLoopCount = 1
    configuration.lingerTimeout = .milliseconds(200)
    change(&configuration)
    var router = HTTPRouter()
    router.add(.get, "/") { request in .text("hello") }
    router.add(.post, "/echo") { request in
      HTTPResponse(
        headers: ["Content-Type": "application/octet-stream"], body: .bytes(request.body))
    }
    router.add(.get, "/models/{model}/versions/{version}") { request in
      .text("\(request.parameter("model"))|\(request.parameter("version"))|\(request.route)")
    }
    routes(&router)
    server = HTTPServer(
      configuration: configuration, router: router, keys: keys, observer: observer)
    address = try server.listen(host: "127.0.0.1", port: 0)
  }

  deinit { server.stop() }

  func connect() throws -> TestClient { try TestClient(address) }
}
