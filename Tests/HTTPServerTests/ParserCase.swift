import Testing

@testable import HTTPServer

/// One message, what it must come to, and the section that says so.
struct ParserCase: Sendable, CustomTestStringConvertible {
  /// What the parser makes of a message.
  enum Expectation: Sendable, Equatable {
    /// Complete requests, each as `METHOD raw-target body`.
    case requests([String])
    /// The code of the refusal.
    case refusal(String)
    /// Not complete.
    case incomplete
  }

  let name: String
  let message: [UInt8]
  let expectation: Expectation

  init(_ name: String, _ message: String, _ expectation: Expectation) {
    self.name = name
    self.message = Array(message.utf8)
    self.expectation = expectation
  }

  /// A message that is only compared with itself.
  init(_ name: String, _ message: [UInt8]) {
    self.name = name
    self.message = message
    expectation = .incomplete
  }

  var testDescription: String { name }

  /// Feeds the message in pieces that end at the given offsets.
  func outcome(cutAt cuts: [Int], limits: HTTPParserLimits = ParserCase.limits) -> Expectation {
    var parser = HTTPRequestParser(limits: limits)
    var requests: [String] = []
    var head: HTTPRequestHead?
    var start = 0
    do {
      for end in cuts + [message.count] where end > start {
        let piece = Array(message[start..<end])
        var offset = 0
        while let event = try parser.next(piece.span, at: &offset) {
          switch event {
          case .head(let new):
            head = new
            parser.bodyLimit = 1000
          case .body(let body):
            let text = String(decoding: body, as: UTF8.self)
            requests.append("\(head?.method.rawValue ?? "") \(head?.target.raw ?? "") \(text)")
          }
        }
        start = end
      }
    } catch {
      return .refusal(error.failure.code)
    }
    return requests.isEmpty || parser.position != .betweenRequests
      ? .incomplete : .requests(requests)
  }

  /// Small limits, so that the messages at the limits stay short.
  static let limits: HTTPParserLimits = {
    var limits = HTTPParserLimits()
    limits.targetByteCount = 64
    limits.headerByteCount = 256
    limits.fieldCount = 8
    limits.chunkExtensionByteCount = 32
    return limits
  }()
}
