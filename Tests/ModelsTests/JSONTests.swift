import Layers
import Models
import Testing

@Suite struct JSONTests {
  @Test(arguments: [
    ("null", ConfigValue.null), (" true ", .bool(true)), ("false", .bool(false)),
    ("0", .integer(0)), ("-12", .integer(-12)), ("9223372036854775807", .integer(.max)),
    ("9223372036854775808", .number(9_223_372_036_854_775_808)),
    ("0.0", .number(0)), ("1e-07", .number(1e-07)), ("1E+2", .number(100)),
    ("6.347999999999999", .number(6.347999999999999)),
    (#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#, .string("a\"\\/\u{8}\u{c}\n\r\té😀é")),
    ("[]", .array([])), ("[1, [2]]", .array([.integer(1), .array([.integer(2)])])),
    ("{}", .object([:])), (#"{"a": {"b": 1}}"#, .object(["a": .object(["b": .integer(1)])])),
  ])
  func `text becomes its value, and the value's own text reads back equal`(
    text: String, value: ConfigValue
  ) throws {
    #expect(try JSONReader.read(text.utf8) == value)
    #expect(try JSONReader.read(JSONWriter.write(value)) == value)
    #expect(try JSONReader.read(JSONWriter.write(value, indentation: 2)) == value)
  }

  @Test(arguments: [
    ("", "byte 0: expected a value, found the end of the text"),
    ("01", "byte 1: expected the end of the text, found '1'"),
    ("+1", "byte 0: expected a value, found '+'"),
    ("1.", "byte 2: expected a digit, found the end of the text"),
    ("-", "byte 1: expected a digit, found the end of the text"),
    ("1e", "byte 2: expected a digit, found the end of the text"),
    ("NaN", "byte 0: expected a value, found 'N'"),
    ("1e999", "byte 0: expected a number within the range of a double, found 1e999"),
    ("nul", "byte 0: expected null, found 'n'"),
    ("[1,]", "byte 3: expected a value, found ']'"),
    ("[1 2]", "byte 3: expected ',' or ']', found '2'"),
    (#"{"a" 1}"#, "byte 5: expected ':', found '1'"),
    (#"{a: 1}"#, "byte 1: expected a key in quotation marks, found 'a'"),
    (#"{"a": 1,}"#, "byte 8: expected a key in quotation marks, found '}'"),
    (#"{"a": 1, "a": 2}"#, "byte 9: expected each key once in an object, found \"a\" again"),
    ("\"a", "byte 2: expected '\"', found the end of the text"),
    ("\"\u{1}\"", "byte 1: expected no control character in a string, found byte 0x1"),
    (#""\x""#, "byte 1: expected an escape sequence that JSON knows, found '\\'"),
    (#""\u12g4""#, "byte 5: expected four hexadecimal digits, found 'g'"),
    (#""\ud800""#, "byte 1: expected a string of valid Unicode, found an unpaired surrogate"),
    (#""\udc00""#, "byte 1: expected a string of valid Unicode, found an unpaired surrogate"),
    ("1 1", "byte 2: expected the end of the text, found '1'"),
  ])
  func `text that is not JSON is refused with its offset`(text: String, message: String) {
    let error = #expect(throws: JSONError.self) { try JSONReader.read(text.utf8) }
    #expect(error?.description == message)
  }

  @Test func `invalid UTF-8 in a string is refused`() {
    #expect(throws: JSONError.invalidString(offset: 1, reason: "invalid UTF-8")) {
      try JSONReader.read([0x22, 0xC3, 0x28, 0x22])
    }
  }

  @Test func `nesting beyond the limit is refused before the stack suffers`() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.nestedTooDeeply(offset: 64, limit: 64)) {
      try JSONReader.read(deep.utf8)
    }
  }

  @Test func `every prefix of a document is refused`() throws {
    let text = Array(#"{"a": [1, -2.5e3, true, null, "x\u00e9"], "b": {"c": false}}"#.utf8)
    for count in text.indices {
      #expect(throws: JSONError.self) { try JSONReader.read(text[..<count]) }
    }
    _ = try JSONReader.read(text)
  }
}
