import HTTPServer
import Logging

/// One line of the log as it is written, for people or as JSON.
///
/// It takes over the bytes that it is written behind, so that they have one owner and are never
/// copied; ``finish(into:)`` gives them back.
struct LogLine {
  private let format: LineLogHandler.Format
  private var bytes: [UInt8] = []

  /// Begins a line with time, level and message.
  ///
  /// - Parameters:
  ///   - format: of the line.
  ///   - level: how severe the event is.
  ///   - label: the logger's name, which only JSON shows.
  ///   - message: what happened.
  ///   - time: milliseconds since the start of 1970.
  ///   - lines: the lines before it, empty until the line is finished.
  init(
    _ format: LineLogHandler.Format, _ level: Logger.Level, label: String, message: String,
    time: Int, behind lines: inout [UInt8]
  ) {
    self.format = format
    swap(&bytes, &lines)
    switch format {
    case .text:
      append(time: time)
      append(" ")
      append(level.rawValue)
      append(" ")
      append(message)
    case .json:
      append("{\"time\":\"")
      append(time: time)
      append("\"")
      add("level", level.rawValue)
      add("logger", label)
      add("message", message)
    }
  }

  /// Ends the line and gives the bytes back.
  consuming func finish(into lines: inout [UInt8]) {
    append(format == .json ? "}\n" : "\n")
    swap(&bytes, &lines)
  }

  // MARK: Fields

  /// Adds a field.
  mutating func add(_ key: String, _ value: String) {
    begin(key)
    switch format {
    case .text:
      let start = bytes.count
      append(value)
      for index in start..<bytes.count where !Self.isPlain(bytes[index]) {
        bytes.removeSubrange(start...)
        append(quoted: value)
        return
      }
      if value.isEmpty { append(quoted: value) }
    case .json: append(quoted: value)
    }
  }

  /// Adds a number that is not negative.
  mutating func add(_ key: String, _ value: Int) {
    begin(key)
    quoteInJSON()
    append(value)
    quoteInJSON()
  }

  /// Adds milliseconds, to the microsecond.
  mutating func add(_ key: String, _ value: Duration) {
    begin(key)
    quoteInJSON()
    var (milliseconds, rest) = ServerTiming.microseconds(value).quotientAndRemainder(
      dividingBy: 1000)
    append(milliseconds)
    append(".")
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest / 100))
      rest = rest % 100 * 10
    } while rest > 0
    quoteInJSON()
  }

  /// Adds an address and its port.
  mutating func add(_ key: String, _ value: SocketAddress) {
    begin(key)
    quoteInJSON()
    let isBracketed = value.hostIsBracketed
    if isBracketed { append("[") }
    append(value.host)
    append(isBracketed ? "]:" : ":")
    append(value.port)
    quoteInJSON()
  }

  private mutating func begin(_ key: String) {
    switch format {
    case .text:
      append(" ")
      append(key)
      append("=")
    case .json:
      append(",")
      append(quoted: key)
      append(":")
    }
  }

  /// The values of JSON are strings, all of them.
  private mutating func quoteInJSON() {
    if format == .json { bytes.append(UInt8(ascii: "\"")) }
  }

  // MARK: Bytes

  /// Whether a byte may stand without quotes in a line for people.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte > 32 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=") && byte < 127
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func append(quoted text: String) {
    let start = bytes.count
    append("\"")
    append(text)
    for index in start + 1..<bytes.count where JSONText.mustEscape(bytes[index]) {
      bytes.removeSubrange(start...)
      append(JSONText.string(text))
      return
    }
    append("\"")
  }

  /// Appends a number that is not negative.
  private mutating func append(_ number: Int) {
    var digitCount = 1
    var rest = number / 10
    while rest > 0 {
      digitCount += 1
      rest /= 10
    }
    append(number, digitCount: digitCount)
  }

  private mutating func append(_ number: Int, digitCount: Int) {
    var divisor = 1
    for _ in 1..<digitCount { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
      divisor /= 10
    }
  }

  /// Appends a moment as ISO 8601 has it, such as `2026-03-01T09:30:00.125Z`.
  private mutating func append(time: Int) {
    let (seconds, milliseconds) = time.quotientAndRemainder(dividingBy: 1000)
    let time = UTCTime(secondsSince1970: seconds)
    append(time.year, digitCount: 4)
    append("-", time.month)
    append("-", time.day)
    append("T", time.hour)
    append(":", time.minute)
    append(":", time.second)
    append(".")
    append(milliseconds, digitCount: 3)
    append("Z")
  }

  private mutating func append(_ separator: Unicode.Scalar, _ number: Int) {
    bytes.append(UInt8(ascii: separator))
    append(number, digitCount: 2)
  }
}
