/// One request, sent over and over again.
package struct LoadRequest: Sendable {
  package let method: String
  package let path: String
  package let headers: [(name: String, value: String)]
  package let body: [UInt8]

  package init(
    method: String, path: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.headers = headers
    self.body = body
  }

  /// The bytes of the request for a keep-alive connection (RFC 9112, section 3).
  func message(to target: LoadTarget) -> [UInt8] {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: \(target.description)\r\n"
    for header in headers { head += "\(header.name): \(header.value)\r\n" }
    if !body.isEmpty { head += "Content-Length: \(body.count)\r\n" }
    return Array((head + "\r\n").utf8) + body
  }

  /// Points of the synthetic surface as the body of a request that segments them: an NPY file of
  /// float64 `[points, 3]`, for class codes as JSON.
  package static func segmentation(pointCount: Int, path: String) -> LoadRequest {
    let surface = SyntheticSurface(pointCount: pointCount, order: .morton, seed: 1)
    var header = "{'descr': '<f8', 'fortran_order': False, 'shape': (\(pointCount), 3), }"
    // Magic string, version and length take 10 bytes; the data begin at a multiple of 64.
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    var body: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    body += [UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]
    body += Array(header.utf8)
    body.reserveCapacity(body.count + surface.positions.count * 8)
    for coordinate in surface.positions {
      for shift in stride(from: 0, to: 64, by: 8) {
        body.append(UInt8(truncatingIfNeeded: coordinate.bitPattern >> UInt64(shift)))
      }
    }
    return LoadRequest(
      method: "POST", path: path,
      headers: [("Content-Type", "application/x-npy"), ("Accept", "application/x-npy")], body: body)
  }
}
