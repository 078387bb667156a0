import RandomNumbers
import Testing

@testable import HTTPServer

/// The pure parts of the event loop.
@Suite struct CoreTests {
  static func time(_ milliseconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: 1_000_000_000_000 + milliseconds * 1_000_000)
  }

  @Test func `the timer wheel gives each token at the first tick after its time`() {
    var generator = SeededGenerator(seed: 7)
    var wheel = TimerWheel(now: Self.time(0), slotCount: 16)
    var due: [UInt64: Int64] = [:]
    for token in 0..<500 as Range<UInt64> {
      let moment = Int64(generator.next() % 5000)
      due[token] = moment
      wheel.insert(token, at: Self.time(moment))
    }
    var now: Int64 = 0
    while now < 6000 {
      now += Int64(generator.next() % 400)
      if let next = wheel.nextTime {
        // Never later than the earliest token, by no more than a tick before it.
        let earliest = due.values.min() ?? 0
        #expect(next >= min(Self.time(earliest), next) && next <= Self.time(max(earliest, 0) + 20))
      }
      let out = wheel.advance(to: Self.time(now))
      for token in out { #expect((due.removeValue(forKey: token) ?? .max) <= now) }
      #expect(due.values.allSatisfy { $0 + 20 > now })
    }
    #expect(due.isEmpty)
    #expect(wheel.count == 0)
    #expect(wheel.nextTime == nil)
  }

  @Test func `a rate is judged over whole intervals`() {
    var watch = RateWatch(now: Self.time(0))
    func isTooSlow(_ milliseconds: Int64) -> Bool {
      watch.isTooSlow(
        now: Self.time(milliseconds), interval: .seconds(1), minimumBytesPerSecond: 100)
    }
    #expect(!isTooSlow(999))
    watch.add(100)
    #expect(!isTooSlow(1000))
    watch.add(150)
    #expect(!isTooSlow(1999))
    #expect(!isTooSlow(2500))
    watch.add(99)
    #expect(isTooSlow(3500))
  }

  @Test(arguments: [
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
    (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
  ])
  func `dates are written as IMF-fixdate`(seconds: Int, expected: String) {
    #expect(HTTPDate.text(secondsSince1970: seconds) == expected)
  }

  @Test func `a literal wins over a placeholder, and gives way where it leads nowhere`() {
    var router = HTTPRouter()
    router.add(.get, "/m/stats") { _ in .text("") }
    router.add(.get, "/m/{model}/ready") { _ in .text("") }
    router.add(.post, "/m/{name}") { _ in .text("") }
    func template(_ method: HTTPMethod, _ segments: [String]) -> String {
      let target = HTTPTarget(
        rawPath: "/" + segments.joined(separator: "/"), query: nil, segments: segments,
        authority: nil)
      switch router.match(method, target) {
      case .route(let route, let parameters):
        return "\(route.template) \(parameters.values.joined())"
      case .methodNotAllowed(let allow), .options(let allow): return allow
      case .notFound: return "404"
      case .notImplemented: return "501"
      }
    }
    #expect(template(.get, ["m", "stats"]) == "/m/stats ")
    #expect(template(.head, ["m", "stats"]) == "/m/stats ")
    #expect(template(.get, ["m", "stats", "ready"]) == "/m/{model}/ready stats")
    #expect(template(.post, ["m", "stats"]) == "/m/{name} stats")
    #expect(template(.delete, ["m", "stats"]) == "GET, HEAD, OPTIONS, POST")
    #expect(template(.get, ["m", ""]) == "404")
    #expect(template(.get, ["m"]) == "404")
  }

  @Test func `an error document is JSON whatever it says`() {
    let failure = HTTPFailure(
      .badRequest, code: "bad", message: "a \"quote\"\\\n\u{1}é",
      detail: [
        ("s", "x"), ("i", 3), ("n", .number(0.5)), ("x", .number(.nan)), ("b", .boolean(true)),
      ])
    let text = String(decoding: failure.document(requestID: "r"), as: UTF8.self)
    #expect(
      text == #"{"error":"a \"quote\"\\\n\u0001é","code":"bad","detail":"#
        + #"{"s":"x","i":3,"n":0.5,"x":null,"b":true},"request_id":"r"}"#)
  }

  @Test func `an error document does not send back all that a client sent`() {
    let long = String(repeating: "é", count: 1 << 20)
    let failure = HTTPFailure(
      .badRequest, code: "bad", message: long, detail: [("found", .string(long))])
    let kept = String(repeating: "é", count: 2048) + "…"
    #expect(
      String(decoding: failure.document(requestID: "1"), as: UTF8.self)
        == #"{"error":"\#(kept)","code":"bad","detail":{"found":"\#(kept)"},"request_id":"1"}"#)
  }
}
