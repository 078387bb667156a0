@testable import HTTPServer

extension FuzzTarget {
  /// What a sequence of requests came to.
  private struct Outcome: Equatable {
    var heads: [HTTPRequestHead] = []
    var bodies: [[UInt8]] = []
    var refusal: String?
  }

  private static let bodyLimit = 1 << 16

  /// Requests of one connection: however the bytes are cut, they mean the same.
  static let http = FuzzTarget(name: "http") { input in
    let whole = requests(input, pieceLength: max(1, input.count))
    for pieceLength in [1, 2, 7] {
      let pieces = requests(input, pieceLength: pieceLength)
      precondition(pieces == whole, "in pieces of \(pieceLength): \(pieces); at once: \(whole)")
    }
    precondition(whole.bodies.allSatisfy { $0.count <= bodyLimit })
    for head in whole.heads {
      // What routing and access control read of a head.
      do { _ = try head.target.queryItems() } catch {}
      do { _ = try ContentCoding.list(head.headers) } catch {}
      _ = Accept(head.headers).choose(from: [MediaType("application/json")].compactMap { $0 })
      _ = AcceptEncoding(head.headers)
      _ = head.headers["X-Request-Id"].map { RequestIdentifiers.isAcceptable($0) }
    }
  }

  private static func requests(_ input: [UInt8], pieceLength: Int) -> Outcome {
    var parser = HTTPRequestParser(limits: HTTPParserLimits())
    var outcome = Outcome()
    do {
      for start in stride(from: 0, to: input.count, by: pieceLength) {
        let piece = Array(input[start..<min(start + pieceLength, input.count)])
        var offset = 0
        while let event = try parser.next(piece.span, at: &offset) {
          switch event {
          case .head(let head):
            outcome.heads.append(head)
            parser.bodyLimit = bodyLimit
          case .body(let body): outcome.bodies.append(body)
          }
        }
        precondition(offset == piece.count, "bytes were left although more are wanted")
      }
    } catch {
      outcome.refusal = "\(error)"
    }
    return outcome
  }

  /// A chunked body: however the bytes are cut, the content is the same.
  static let chunked = FuzzTarget(name: "chunked") { input in
    let whole = chunks(input, pieceLength: max(1, input.count))
    for pieceLength in [1, 3] {
      precondition(chunks(input, pieceLength: pieceLength) == whole, "differs in pieces")
    }
  }

  private static func chunks(_ input: [UInt8], pieceLength: Int) -> [String] {
    var decoder = ChunkedDecoder(limits: HTTPParserLimits(), fieldByteCount: 0, fieldCount: 0)
    var content: [UInt8] = []
    do {
      for start in stride(from: 0, to: input.count, by: pieceLength) {
        let piece = Array(input[start..<min(start + pieceLength, input.count)])
        var offset = 0
        while let event = try decoder.next(piece.span, at: &offset) {
          switch event {
          case .content(let range): content += piece[range]
          case .end: return ["\(content)", "end", "\(start + offset)"]
          }
        }
      }
      return ["\(content)", "more"]
    } catch {
      // How much content comes before a refusal depends on the pieces; that it comes does not.
      return ["\(error)"]
    }
  }

  /// Content codings: the first byte chooses them, the rest is the body.
  ///
  /// The result keeps to the limit, and what was reserved is what the result occupies.
  static let content = FuzzTarget(name: "content") { input in
    guard let choice = input.first else { return }
    let choices: [[ContentCoding]] = [
      [.gzip], [.deflate], [.gzip, .gzip], [.deflate, .gzip], [.gzip, .deflate, .gzip],
    ]
    let limit = 1 << 20
    var reserved = 0
    let body = Array(input.dropFirst())
    let codings = choices[Int(choice) % choices.count]
    do {
      let content = try ContentDecoder.decode(body, codings, limit: limit) { change in
        reserved += change
        return true
      }
      precondition(content.count <= limit)
      precondition(reserved == content.count, "\(reserved) reserved, \(content.count) in use")
    } catch {
      precondition(reserved == 0, "\(reserved) reserved after a refusal")
    }
  }
}
