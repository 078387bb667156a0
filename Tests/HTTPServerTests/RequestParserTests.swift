import RandomNumbers
import Testing

@testable import HTTPServer

@Suite struct RequestParserTests {
  static let cases =
    ParserTables.requestLines + ParserTables.targets + ParserTables.fields + ParserTables.hosts
    + FramingTables.lengths + FramingTables.transferEncodings + FramingTables.chunks
    + FramingTables.expectations

  @Test(arguments: cases)
  func `a message in one piece comes to what the section says`(_ each: ParserCase) {
    #expect(each.outcome(cutAt: []) == each.expectation)
  }

  @Test(arguments: cases)
  func `a cut at any byte changes nothing`(_ each: ParserCase) {
    for cut in 1..<max(2, each.message.count) {
      #expect(each.outcome(cutAt: [cut]) == each.expectation, "cut at \(cut)")
    }
  }

  @Test(arguments: cases)
  func `bytes one by one change nothing`(_ each: ParserCase) {
    #expect(each.outcome(cutAt: Array(1..<max(2, each.message.count))) == each.expectation)
  }

  @Test func `damaged messages come to the same in one piece and byte by byte`() {
    var generator = SeededGenerator(seed: 9112)
    let replacements = Array("\r\n\0 \t:;,=\"0123456789abcdefAZ/%é".utf8)
    for round in 0..<4000 {
      let source = Self.cases[round % Self.cases.count]
      guard !source.message.isEmpty else { continue }
      var message = source.message
      for _ in 0...generator.next() % 3 {
        let place = Int(generator.next() % UInt64(message.count))
        let byte = replacements[Int(generator.next() % UInt64(replacements.count))]
        switch generator.next() % 3 {
        case 0: message[place] = byte
        case 1: message.insert(byte, at: place)
        default: if message.count > 1 { message.remove(at: place) }
        }
      }
      let damaged = ParserCase("\(source.name), damaged", message)
      let whole = damaged.outcome(cutAt: [])
      let bytewise = damaged.outcome(cutAt: Array(1..<max(2, message.count)))
      #expect(whole == bytewise, "\(String(decoding: message, as: UTF8.self).debugDescription)")
    }
  }

  @Test func `fields keep their order and repeat`() throws {
    let message = Array("GET / HTTP/1.1\r\nHost: x\r\nA: 1, 2\r\nB: 3\r\na:4\r\n\r\n".utf8)
    var parser = HTTPRequestParser(limits: HTTPParserLimits())
    var offset = 0
    guard case .head(let head)? = try parser.next(message.span, at: &offset) else {
      Issue.record("no head")
      return
    }
    #expect(head.headers.fields.map(\.name) == ["Host", "A", "B", "a"])
    #expect(head.headers.values(of: "a") == ["1, 2", "4"])
    #expect(head.headers.list("A") == ["1", "2", "4"])
  }

  @Test(arguments: [
    ("HTTP/1.1", "", true), ("HTTP/1.1", "close", false), ("HTTP/1.1", "Upgrade, CLOSE", false),
    ("HTTP/1.1", "keep-alive", true), ("HTTP/1.0", "", false), ("HTTP/1.0", "Keep-Alive", true),
    ("HTTP/1.0", "keep-alive, close", false),
  ])
  func `the connection is kept as RFC 9112 section 9.3 says`(
    version: String, option: String, isKept: Bool
  ) throws {
    let field = option.isEmpty ? "" : "Connection: \(option)\r\n"
    let message = Array("GET / \(version)\r\nHost: x\r\n\(field)\r\n".utf8)
    var parser = HTTPRequestParser(limits: HTTPParserLimits())
    var offset = 0
    guard case .head(let head)? = try parser.next(message.span, at: &offset) else {
      Issue.record("no head")
      return
    }
    #expect(head.keepsAlive == isKept)
  }

  @Test func `query items are decoded`() throws {
    let target = HTTPTarget(
      rawPath: "/", query: "a=b+c&d=%C3%A9%26&e&=f&&g==", segments: [""], authority: nil)
    let items = try target.queryItems().map { "\($0.name):\($0.value)" }
    #expect(items == ["a:b c", "d:é&", "e:", ":f", "g:="])
    #expect(throws: HTTPRefusal.self) {
      try HTTPTarget(rawPath: "/", query: "a=%", segments: [""], authority: nil).queryItems()
    }
  }
}
