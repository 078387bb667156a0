import Testing

@testable import HTTPServer

@Suite struct AcceptTests {
  static let offers = ["application/json", "application/vnd.las", "text/csv"].compactMap {
    MediaType($0)
  }

  @Test(
    arguments: [
      (nil, "application/json"), ("", "application/json"), ("*/*", "application/json"),
      ("application/vnd.las", "application/vnd.las"),
      ("Application/VND.LAS", "application/vnd.las"),
      ("text/*", "text/csv"), ("text/html", nil), ("text/html, */*;q=0.1", "application/json"),
      ("application/json;q=0.5, text/csv;q=0.8", "text/csv"),
      ("application/json;q=0, */*", "application/vnd.las"),
      ("application/*;q=0.3, application/vnd.las;q=0.2, text/csv;q=0.25", "application/json"),
      ("text/csv; charset=utf-8", "text/csv"), ("text/csv;q=1.001", "application/json"),
      ("nonsense", "application/json"), ("*/*;q=0", nil),
      ("application/json;q=0.001", "application/json"),
    ] as [(String?, String?)])
  func `the offer of the greatest weight is chosen`(accept: String?, expected: String?) {
    var headers = HTTPHeaders()
    if let accept { headers.add("Accept", accept) }
    #expect(Accept(headers).choose(from: Self.offers)?.description == expected)
  }

  @Test(
    arguments: [
      ("0", 0), ("1", 1000), ("0.5", 500), ("0.05", 50), ("0.999", 999), ("1.000", 1000),
      ("1.", 1000),
      ("1.001", nil), ("0.1234", nil), (".5", nil), ("-1", nil), ("", nil), ("0,5", nil),
      ("2", nil),
    ] as [(String, Int?)])
  func `weights have at most three digits`(text: String, expected: Int?) {
    #expect(WeightedMember.parseWeight(text[...]) == expected)
  }

  @Test(arguments: ["", "json", "a/b/c", "/b", "a/", "a b/c"])
  func `what is no media type is none`(text: String) { #expect(MediaType(text) == nil) }
}
