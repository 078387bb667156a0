import CAssets
import HTTPServer

/// The files that are part of the program.
enum AssetEndpoints {
  /// `GET /`.
  @Sendable static func page(_ request: HTTPRequest) -> HTTPResponse {
    HTTPResponse(headers: ["Content-Type": "text/html; charset=utf-8"], body: .bytes(pageBytes))
  }

  /// `GET /openapi.yaml`.
  @Sendable static func openAPI(_ request: HTTPRequest) -> HTTPResponse {
    HTTPResponse(headers: ["Content-Type": "application/yaml"], body: .bytes(openAPIBytes))
  }

  // Constants of the program, as many bytes as their size says.
  private static let openAPIBytes = unsafe Array(
    UnsafeBufferPointer(start: cassets_openapi, count: cassets_openapi_size))
  private static let pageBytes = unsafe Array(
    UnsafeBufferPointer(start: cassets_page, count: cassets_page_size))
}
