import FoundationEssentials
import HTTPServer
import Testing

@testable import Service

/// openapi.yaml at the project's top level, by its paths and methods.
@Suite struct OpenAPITests {
  private static let text: String = {
    let path = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    do {
      let file = URL(filePath: path.joined(separator: "/") + "/openapi.yaml")
      return String(decoding: try Data(contentsOf: file), as: UTF8.self)
    } catch {
      return "\(error)"
    }
  }()

  /// `GET /path` for each operation, read from the two levels of indentation below `paths:`.
  private static var described: Set<String> {
    var operations: Set<String> = []
    var path = ""
    var isInPaths = false
    for line in text.split(separator: "\n") {
      if !line.hasPrefix(" ") { isInPaths = line == "paths:" }
      guard isInPaths else { continue }
      if line.hasPrefix("  /") { path = line.trimmingPrefix("  ").dropLast().description }
      for method in ["get", "post", "put", "delete"] where line == "    \(method):" {
        operations.insert("\(method.uppercased()) \(path)")
      }
    }
    return operations
  }

  @Test func `every route is described and every description is a route`() async throws {
    let running = try RunningService()
    let routes = Set(
      running.service.routes.map { "\($0.method) \($0.template)" }
        // The specification writes the server's metadata both ways; one description serves both.
        .filter { $0 != "GET /v2/" })
    #expect(routes.subtracting(Self.described) == [])
    #expect(Self.described.subtracting(routes) == [])
    await running.stop()
  }

  @Test func `the served description is the project's file`() async throws {
    let running = try RunningService()
    #expect(try running.client.get("/openapi.yaml").text == Self.text)
    await running.stop()
  }
}
