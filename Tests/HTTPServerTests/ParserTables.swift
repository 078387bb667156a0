/// The messages of RFC 9112 and RFC 9110 that servers are known to get wrong, and plain ones.
enum ParserTables {
  private static let end = "\r\nHost: x\r\n\r\n"

  static let requestLines: [ParserCase] = [
    ParserCase("9112-3 plain", "GET /a?b=c HTTP/1.1\(end)", .requests(["GET /a?b=c "])),
    ParserCase(
      "9112-2.2 empty lines before", "\r\n\r\nGET / HTTP/1.1\(end)", .requests(["GET / "])),
    ParserCase(
      "9112-2.2 too many empty lines", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\(end)",
      .refusal("malformed_request_line")),
    ParserCase(
      "9112-2.2 bare LF ends a line", "GET / HTTP/1.1\nHost: x\n\n", .refusal("bare_line_feed")),
    ParserCase(
      "9112-2.2 bare LF as an empty line", "\nGET / HTTP/1.1\(end)", .refusal("bare_line_feed")),
    ParserCase("9112-2.2 bare CR", "GET /\r HTTP/1.1\(end)", .refusal("bare_carriage_return")),
    ParserCase(
      "9112-2.2 CR CR LF", "GET / HTTP/1.1\r\r\nHost: x\r\n\r\n", .refusal("bare_carriage_return")),
    ParserCase(
      "9112-2.2 space before the first field", "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
      .refusal("folded_field")),
    ParserCase("9112-3 space first", " GET / HTTP/1.1\(end)", .refusal("malformed_request_line")),
    ParserCase("9112-3 two spaces", "GET  / HTTP/1.1\(end)", .refusal("malformed_request_line")),
    ParserCase(
      "9112-3 two spaces before the version", "GET /  HTTP/1.1\(end)",
      .refusal("malformed_request_line")),
    ParserCase(
      "9112-3 space at the end", "GET / HTTP/1.1 \(end)", .refusal("malformed_request_line")),
    ParserCase(
      "9112-3 tab as a separator", "GET\t/ HTTP/1.1\(end)", .refusal("malformed_request_line")),
    ParserCase("9112-3 no version (HTTP/0.9)", "GET /\r\n", .refusal("malformed_request_line")),
    ParserCase("9112-3 no target", "GET HTTP/1.1\(end)", .refusal("malformed_request_line")),
    ParserCase("9112-3 NUL in the target", "GET /\0 HTTP/1.1\(end)", .refusal("control_character")),
    ParserCase(
      "9112-3 TLS on a plain port", "\u{16}\u{03}\u{01}", .refusal("malformed_request_line")),
    ParserCase(
      "9110-9.1 method is not a token", "G@T / HTTP/1.1\(end)", .refusal("malformed_request_line")),
    ParserCase(
      "9110-9.1 methods are case-sensitive", "get / HTTP/1.1\(end)", .requests(["get / "])),
    ParserCase(
      "9112-3.1 method too long", String(repeating: "A", count: 33) + " / HTTP/1.1\(end)",
      .refusal("method_not_implemented")),
    ParserCase(
      "9112-2.3 lower-case name", "GET / http/1.1\(end)", .refusal("malformed_request_line")),
    ParserCase("9112-2.3 HTTP/1.10", "GET / HTTP/1.10\(end)", .refusal("malformed_request_line")),
    ParserCase("9112-2.3 HTTP/1.", "GET / HTTP/1.\(end)", .refusal("malformed_request_line")),
    ParserCase("9112-2.3 HTTP/01.1", "GET / HTTP/01.1\(end)", .refusal("malformed_request_line")),
    ParserCase("9112-2.3 HTTP/1,1", "GET / HTTP/1,1\(end)", .refusal("malformed_request_line")),
    ParserCase("9112-2.3 HTTP/+1.1", "GET / HTTP/+1.1\(end)", .refusal("malformed_request_line")),
    ParserCase(
      "9112-2.3 another protocol", "GET / HTPP/1.1\(end)", .refusal("malformed_request_line")),
    ParserCase("9110-2.5 a later minor version", "GET / HTTP/1.9\(end)", .requests(["GET / "])),
    ParserCase("9110-15.6.6 HTTP/2.0", "GET / HTTP/2.0\(end)", .refusal("unsupported_version")),
    ParserCase(
      "9113-3.4 HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .refusal("unsupported_version")
    ),
    ParserCase(
      "9110-15.6.6 HTTP/0.9 spelt out", "GET / HTTP/0.9\(end)", .refusal("unsupported_version")),
    ParserCase("1945 HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", .requests(["GET / "])),
  ]

  static let targets: [ParserCase] = [
    ParserCase("9112-3.2.1 not a path", "GET a HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase("9112-3.2.1 fragment", "GET /a#b HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase(
      "9112-3.2.1 fragment in the query", "GET /a?b#c HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase("3986-2.1 escape cut short", "GET /%2 HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase(
      "3986-2.1 escape not hexadecimal", "GET /%zz HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase("3986-2.1 escaped NUL", "GET /%00 HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase(
      "3629 escaped bytes that are not UTF-8", "GET /%ff HTTP/1.1\(end)", .refusal("invalid_target")
    ),
    ParserCase("3629 an overlong slash", "GET /%c0%af HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase("3986-3.3 raw UTF-8", "GET /é HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase("3986-3.3 backslash", "GET /a\\b HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase(
      "3986-3.4 brackets in the query", "GET /?a[]=1 HTTP/1.1\(end)", .requests(["GET /?a[]=1 "])),
    ParserCase(
      "9112-3.2.2 absolute", "GET http://h:80/p?q HTTP/1.1\(end)", .requests(["GET /p?q "])),
    ParserCase(
      "9112-3.2.2 absolute without path", "GET http://h HTTP/1.1\(end)", .requests(["GET / "])),
    ParserCase(
      "9112-3.2.2 absolute, query only", "GET http://h?q HTTP/1.1\(end)", .requests(["GET /?q "])),
    ParserCase(
      "9110-4.2.4 user information", "GET http://u@h/ HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase("9110-4.2.1 no host", "GET http:///p HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase(
      "9112-3.2.2 another scheme", "GET ftp://h/ HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase(
      "9112-3.2.2 absolute still needs Host", "GET http://h/ HTTP/1.1\r\n\r\n",
      .refusal("missing_host")),
    ParserCase(
      "9112-3.2.3 authority form", "CONNECT h:443 HTTP/1.1\(end)", .requests(["CONNECT  "])),
    ParserCase(
      "9112-3.2.3 CONNECT with a path", "CONNECT /a HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase(
      "9112-3.2.3 authority form of GET", "GET h:443 HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase("9112-3.2.4 asterisk", "OPTIONS * HTTP/1.1\(end)", .requests(["OPTIONS * "])),
    ParserCase(
      "9112-3.2.4 absolute asterisk", "OPTIONS http://h HTTP/1.1\(end)", .requests(["OPTIONS * "])),
    ParserCase("9112-3.2.4 asterisk of GET", "GET * HTTP/1.1\(end)", .refusal("invalid_target")),
    ParserCase(
      "9110-4.1 target at the limit",
      "GET /" + String(repeating: "a", count: 63) + " HTTP/1.1\(end)",
      .requests(["GET /" + String(repeating: "a", count: 63) + " "])),
    ParserCase(
      "9110-15.5.15 target above the limit",
      "GET /" + String(repeating: "a", count: 64) + " HTTP/1.1\(end)", .refusal("target_too_long")),
    ParserCase(
      "9110-15.5.15 target without end", "GET /" + String(repeating: "a", count: 1000),
      .refusal("target_too_long")),
  ]

  static let fields: [ParserCase] = [
    ParserCase(
      "9110-5.5 white space around a value", "GET / HTTP/1.1\r\nHost: \t x \t\r\n\r\n",
      .requests(["GET / "])),
    ParserCase(
      "9110-5.5 no white space", "GET / HTTP/1.1\r\nHost:x\r\n\r\n", .requests(["GET / "])),
    ParserCase(
      "9110-5.5 obs-text in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: é\r\n\r\n",
      .requests(["GET / "])),
    ParserCase(
      "9110-5.5 empty value", "GET / HTTP/1.1\r\nHost: x\r\nA:\r\n\r\n", .requests(["GET / "])),
    ParserCase(
      "9112-5.1 space before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
      .refusal("malformed_field")),
    ParserCase(
      "9112-5.1 tab before the colon", "GET / HTTP/1.1\r\nHost\t: x\r\n\r\n",
      .refusal("malformed_field")),
    ParserCase(
      "9110-5.1 no name", "GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n", .refusal("malformed_field")),
    ParserCase(
      "9110-5.1 name is not a token", "GET / HTTP/1.1\r\nHost: x\r\nA(b: c\r\n\r\n",
      .refusal("malformed_field")),
    ParserCase(
      "9110-5.1 name beyond ASCII", "GET / HTTP/1.1\r\nHost: x\r\né: c\r\n\r\n",
      .refusal("malformed_field")),
    ParserCase(
      "9112-5 no colon", "GET / HTTP/1.1\r\nHost: x\r\nabc\r\n\r\n", .refusal("malformed_field")),
    ParserCase(
      "9112-5.2 folding with a space", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
      .refusal("folded_field")),
    ParserCase(
      "9112-5.2 folding with a tab", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n",
      .refusal("folded_field")),
    ParserCase(
      "9110-5.5 NUL in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\0\r\n\r\n",
      .refusal("control_character")),
    ParserCase(
      "9110-5.5 vertical tab in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: \u{0B}b\r\n\r\n",
      .refusal("control_character")),
    ParserCase(
      "9110-5.5 DEL in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: \u{7F}\r\n\r\n",
      .refusal("control_character")),
    ParserCase(
      "9110-5.5 bare CR in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
      .refusal("bare_carriage_return")),
    ParserCase(
      "9112-2.2 bare LF after a field", "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
      .refusal("bare_line_feed")),
    ParserCase(
      "9112-2.2 bare LF ends the header", "GET / HTTP/1.1\r\nHost: x\r\n\n",
      .refusal("bare_line_feed")),
    ParserCase(
      "6585-5 header at the limit",
      "GET / HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "b", count: 242) + "\r\n\r\n",
      .requests(["GET / "])),
    ParserCase(
      "6585-5 header above the limit",
      "GET / HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "b", count: 243) + "\r\n\r\n",
      .refusal("header_too_large")),
    ParserCase(
      "6585-5 line without end",
      "GET / HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "b", count: 1000),
      .refusal("header_too_large")),
    ParserCase(
      "6585-5 fields at the limit",
      "GET / HTTP/1.1\r\nHost: x\r\n" + String(repeating: "A: b\r\n", count: 7) + "\r\n",
      .requests(["GET / "])),
    ParserCase(
      "6585-5 fields above the limit",
      "GET / HTTP/1.1\r\nHost: x\r\n" + String(repeating: "A: b\r\n", count: 8) + "\r\n",
      .refusal("too_many_fields")),
  ]

  static let hosts: [ParserCase] =
    [
      ("9112-3.2 missing", "", "missing_host"),
      ("9112-3.2 twice", "Host: x\r\nHost: y\r\n", "several_hosts"),
      ("9112-3.2 twice the same", "Host: x\r\nHost: x\r\n", "several_hosts"),
      ("9110-7.2 a path in it", "Host: x/y\r\n", "invalid_host"),
      ("9110-7.2 user information", "Host: u@x\r\n", "invalid_host"),
      ("9110-7.2 a space in it", "Host: x y\r\n", "invalid_host"),
      ("9110-7.2 two in a list", "Host: x, y\r\n", "invalid_host"),
      ("9110-7.2 a port that is none", "Host: x:a\r\n", "invalid_host"),
      ("9110-7.2 a port too large", "Host: x:65536\r\n", "invalid_host"),
      ("9110-7.2 a bracket left open", "Host: [::1\r\n", "invalid_host"),
      ("9110-7.2 text after the bracket", "Host: [::1]x\r\n", "invalid_host"),
      ("9110-7.2 a bad escape", "Host: %zz\r\n", "invalid_host"),
    ].map { ParserCase($0.0, "GET / HTTP/1.1\r\n\($0.1)\r\n", .refusal($0.2)) }
    + ["x", "x:", "x:80", "[::1]", "[::1]:8080", "127.0.0.1:1", "", "a_b.example"].map {
      ParserCase(
        "9110-7.2 valid: \($0)", "GET / HTTP/1.1\r\nHost: \($0)\r\n\r\n", .requests(["GET / "]))
    } + [
      ParserCase(
        "9112-3.2 HTTP/1.0, twice", "GET / HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n",
        .refusal("several_hosts"))
    ]
}
