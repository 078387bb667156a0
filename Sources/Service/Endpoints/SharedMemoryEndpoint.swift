import HTTPServer

/// Triton's shared memory extension, which this service does without: no region is ever registered.
enum SharedMemoryEndpoint {
  /// `GET /v2/…sharedmemory[/region/{region}]/status`.
  @Sendable static func status(_ request: HTTPRequest) -> HTTPResponse { .json(Array("[]".utf8)) }

  /// `POST /v2/…sharedmemory[/region/{region}]/register` and `…/unregister`.
  @Sendable static func refuse(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
    throw HTTPFailure(
      .notImplemented, code: "not_implemented",
      message: "shared memory is not supported; send tensors in the body, as binary data if large")
  }
}
