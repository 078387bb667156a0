/// Messages about where a body ends (RFC 9112, sections 6 and 7).
enum FramingTables {
  private static func post(_ fields: String, _ body: String = "", version: String = "1.1") -> String
  {
    "POST / HTTP/\(version)\r\nHost: x\r\n\(fields)\r\n\(body)"
  }

  private static func chunked(_ body: String) -> String {
    post("Transfer-Encoding: chunked\r\n", body)
  }

  static let lengths: [ParserCase] =
    [
      ParserCase(
        "9112-6.3 length", post("Content-Length: 3\r\n", "abc"), .requests(["POST / abc"])),
      ParserCase("9112-6.3 zero", post("Content-Length: 0\r\n"), .requests(["POST / "])),
      ParserCase("9112-6.3 neither", post(""), .requests(["POST / "])),
      ParserCase("9112-6.3 too few bytes", post("Content-Length: 3\r\n", "ab"), .incomplete),
      ParserCase(
        "9110-8.6 leading zeros", post("Content-Length: 003\r\n", "abc"), .requests(["POST / abc"])),
      ParserCase(
        "9110-8.6 at the limit",
        post("Content-Length: 1000\r\n", String(repeating: "a", count: 1000)),
        .requests(["POST / " + String(repeating: "a", count: 1000)])),
      ParserCase(
        "9110-15.5.14 above the limit", post("Content-Length: 1001\r\n", "a"),
        .refusal("body_too_large")),
      ParserCase(
        "9110-8.6 beyond 64 bits", post("Content-Length: 18446744073709551617\r\n", "a"),
        .refusal("body_too_large")),
      ParserCase(
        "9112-9.3.2 pipelined",
        post("Content-Length: 1\r\n", "a") + post("Content-Length: 1\r\n", "b"),
        .requests(["POST / a", "POST / b"])),
      ParserCase(
        "9112-2.2 CR LF behind a body", post("Content-Length: 1\r\n", "a\r\n") + post("", ""),
        .requests(["POST / a", "POST / "])),
    ]
    + [
      ("signed", "+3"), ("negative", "-3"), ("hexadecimal", "0x3"), ("empty", ""),
      ("a list", "3, 3"),
      ("a fraction", "3.0"), ("a space inside", "3 3"), ("a letter", "3a"), ("other digits", "٣"),
    ].map {
      ParserCase(
        "9110-8.6 \($0.0)", post("Content-Length: \($0.1)\r\n", "abc"),
        .refusal("invalid_content_length"))
    } + [
      ParserCase(
        "9112-6.3 two that differ", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"),
        .refusal("several_content_lengths")),
      ParserCase(
        "9112-6.3 two alike", post("Content-Length: 3\r\ncontent-length: 3\r\n", "abc"),
        .refusal("several_content_lengths")),
      ParserCase(
        "9112-6.3 with Transfer-Encoding",
        post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        .refusal("length_and_transfer_encoding")),
      ParserCase(
        "9112-6.3 Transfer-Encoding first",
        post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
        .refusal("length_and_transfer_encoding")),
      ParserCase(
        "9112-6.1 in HTTP/1.0", post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n", version: "1.0"),
        .refusal("transfer_encoding_in_http10")),
    ]

  static let transferEncodings: [ParserCase] =
    [
      ("9112-6.3 identity", "identity", "invalid_transfer_encoding"),
      ("9112-6.3 not last", "chunked, gzip", "invalid_transfer_encoding"),
      ("9112-7 twice", "chunked, chunked", "invalid_transfer_encoding"),
      ("9112-7 a parameter", "chunked;a=b", "invalid_transfer_encoding"),
      ("9112-6.1 a prefix of it", "chunke", "invalid_transfer_encoding"),
      ("9112-6.1 more than it", "xchunked", "invalid_transfer_encoding"),
      ("9112-6.1 quoted", "\"chunked\"", "invalid_transfer_encoding"),
      ("9112-6.1 empty", "", "invalid_transfer_encoding"),
      ("9112-6.1 an empty member", ", chunked", "invalid_transfer_encoding"),
      ("9112-6.1 another coding before", "gzip, chunked", "unsupported_transfer_coding"),
      (
        "9112-6.1 over two lines", "gzip\r\nTransfer-Encoding: chunked",
        "unsupported_transfer_coding"
      ),
      (
        "9112-6.1 twice over two lines", "chunked\r\nTransfer-Encoding: chunked",
        "invalid_transfer_encoding"
      ),
      ("9112-6.1 a control character", "\u{0B}chunked", "control_character"),
      ("9112-6.1 a folded line", "\r\n chunked", "folded_field"),
    ].map {
      ParserCase($0.0, post("Transfer-Encoding: \($0.1)\r\n", "0\r\n\r\n"), .refusal($0.2))
    } + [
      ParserCase(
        "9112-7 any case", post("tRANSFER-eNCODING: Chunked\r\n", "0\r\n\r\n"),
        .requests(["POST / "]))
    ]

  static let chunks: [ParserCase] =
    [
      ("7.1 two chunks", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"),
      (
        "7.1 upper and lower case", "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
        "01234567890123456789"
      ),
      ("7.1 leading zeros", "0003\r\nabc\r\n000\r\n\r\n", "abc"),
      ("7.1 CR LF as content", "2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
      ("7.1.1 an extension", "1;a\r\nb\r\n0;c=d\r\n\r\n", "b"),
      ("7.1.1 white space around it", "1 ; a = b\r\nc\r\n0\r\n\r\n", "c"),
      ("7.1.1 a quoted value", "1;a=\"b;\\\"c\"\r\nd\r\n0\r\n\r\n", "d"),
      ("7.1.2 trailers", "1\r\na\r\n0\r\nB: c\r\nD: e\r\n\r\n", "a"),
    ].map { ParserCase("9112-\($0.0)", chunked($0.1), .requests(["POST / \($0.2)"])) }
    + [
      ("7.1 no size", "\r\nabc\r\n0\r\n\r\n", "malformed_chunk"),
      ("7.1 size is no number", "g\r\n", "malformed_chunk"),
      ("7.1 0x", "0x3\r\nabc\r\n0\r\n\r\n", "malformed_chunk"),
      ("7.1 signed", "+3\r\nabc\r\n0\r\n\r\n", "malformed_chunk"),
      ("7.1 negative", "-3\r\n", "malformed_chunk"),
      ("7.1 space before", " 3\r\nabc\r\n0\r\n\r\n", "malformed_chunk"),
      ("7.1 space behind", "3 \r\nabc\r\n0\r\n\r\n", "malformed_chunk"),
      ("7.1 underscore", "1_0\r\n", "malformed_chunk"),
      ("7.1 beyond 60 bits", "1000000000000000\r\n", "malformed_chunk"),
      ("7.1 beyond 64 bits", "10000000000000003\r\n", "malformed_chunk"),
      (
        "7.1 wraps to a small number", "100000000000000000000003\r\nabc\r\n0\r\n\r\n",
        "malformed_chunk"
      ),
      ("7.1 above the limit", "3e9\r\n", "body_too_large"),
      (
        "7.1 above the limit, with content", "3e9\r\n" + String(repeating: "a", count: 1001),
        "body_too_large"
      ),
      ("7.1 content longer than its size", "3\r\nabcd\r\n0\r\n\r\n", "malformed_chunk"),
      ("7.1 content shorter than its size", "3\r\nab\r\n0\r\n\r\n", "bare_line_feed"),
      ("7.1 no CR LF behind content", "3\r\nabc0\r\n\r\n", "malformed_chunk"),
      ("7.1 bare LF behind a size", "3\nabc\r\n0\r\n\r\n", "bare_line_feed"),
      ("7.1 bare LF behind content", "3\r\nabc\n0\r\n\r\n", "bare_line_feed"),
      ("7.1 bare LF in an extension", "3;a\nabc\r\n0\r\n\r\n", "bare_line_feed"),
      ("7.1 bare CR in an extension", "3;a\rb\r\nabc\r\n0\r\n\r\n", "bare_carriage_return"),
      ("7.1.1 bare LF in a quoted value", "3;a=\"\nb\"\r\nabc\r\n0\r\n\r\n", "bare_line_feed"),
      ("7.1.1 no name", "3;\r\nabc\r\n0\r\n\r\n", "malformed_chunk"),
      ("7.1.1 no value", "3;a=\r\nabc\r\n0\r\n\r\n", "malformed_chunk"),
      ("7.1.1 a quote left open", "3;a=\"b\r\nabc\r\n0\r\n\r\n", "malformed_chunk"),
      ("7.1.1 text behind a quoted value", "3;a=\"b\"c\r\nabc\r\n0\r\n\r\n", "malformed_chunk"),
      ("7.1.1 too long", "3;" + String(repeating: "a", count: 40) + "\r\n", "malformed_chunk"),
      (
        "7.1.1 too long in sum", String(repeating: "1;abcdefghi\r\na\r\n", count: 5),
        "malformed_chunk"
      ),
      ("7.1.2 a malformed trailer", "0\r\nA : b\r\n\r\n", "malformed_field"),
      ("7.1.2 a folded trailer", "0\r\n A: b\r\n\r\n", "folded_field"),
      (
        "7.1.2 trailers above the limit",
        "0\r\nA: " + String(repeating: "b", count: 300) + "\r\n\r\n", "header_too_large"
      ),
      (
        "7.1.2 too many trailers", "0\r\n" + String(repeating: "A: b\r\n", count: 9) + "\r\n",
        "too_many_fields"
      ),
      ("7.1.2 bare LF at the end", "0\r\n\n", "bare_line_feed"),
      ("7.1 no end", "3\r\nabc\r\n", "incomplete"),
    ].map {
      ParserCase(
        "9112-\($0.0)", chunked($0.1), $0.2 == "incomplete" ? .incomplete : .refusal($0.2))
    }

  static let expectations: [ParserCase] = [
    ParserCase(
      "9110-10.1.1 100-continue", post("Expect: 100-Continue\r\nContent-Length: 1\r\n", "a"),
      .requests(["POST / a"])),
    ParserCase("9110-10.1.1 another", post("Expect: 200-ok\r\n"), .refusal("expectation_failed")),
    ParserCase(
      "9110-10.1.1 another besides", post("Expect: 100-continue\r\nExpect: x\r\n"),
      .refusal("expectation_failed")),
    ParserCase(
      "9110-10.1.1 HTTP/1.0 has none", post("Expect: x\r\n", version: "1.0"), .requests(["POST / "])
    ),
  ]
}
