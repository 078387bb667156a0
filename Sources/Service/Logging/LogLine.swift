import HTTPServer
import Logging

/// One line of the log as it is written, for people or as JSON.
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
  init(
    _ format: LineLogHandler.Format, _ level: Logger.Level, label: String, message: String,
    time: Int
  ) {
    self.format = format
    bytes.reserveCapacity(512)
    switch format {
    case .text:
      append(time: time)
      bytes.append(UInt8(ascii: " "))
      bytes.append(contentsOf: level.rawValue.utf8)
      bytes.append(UInt8(ascii: " "))
      bytes.append(contentsOf: message.utf8)
    case .json:
      bytes.append(contentsOf: "{\"time\":\"".utf8)
      append(time: time)
      bytes.append(UInt8(ascii: "\""))
      add("level", level.rawValue)
      add("logger", label)
      add("message", message)
    }
  }

  /// Adds a field.
  mutating func add(_ key: String, _ value: String) {
    switch format {
    case .text:
      bytes.append(UInt8(ascii: " "))
      bytes.append(contentsOf: key.utf8)
      bytes.append(UInt8(ascii: "="))
      let start = bytes.count
      bytes.append(contentsOf: value.utf8)
      guard value.isEmpty || !bytes[start...].allSatisfy(Self.isPlain) else { return }
      bytes.removeSubrange(start...)
      bytes.append(contentsOf: JSONText.string(value).utf8)
    case .json:
      bytes.append(UInt8(ascii: ","))
      bytes.append(contentsOf: JSONText.string(key).utf8)
      bytes.append(UInt8(ascii: ":"))
      bytes.append(contentsOf: JSONText.string(value).utf8)
    }
  }

  /// Whether a byte may stand without quotes in a line for people.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte > 32 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=") && byte < 127
  }

  /// The whole line, with its line feed.
  consuming func finished() -> [UInt8] {
    if format == .json { bytes.append(UInt8(ascii: "}")) }
    bytes.append(UInt8(ascii: "\n"))
    return bytes
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
    bytes.append(UInt8(ascii: "."))
    append(milliseconds, digitCount: 3)
    bytes.append(UInt8(ascii: "Z"))
  }

  private mutating func append(_ separator: Unicode.Scalar, _ number: Int) {
    bytes.append(UInt8(ascii: separator))
    append(number, digitCount: 2)
  }

  private mutating func append(_ number: Int, digitCount: Int) {
    var divisor = 1
    for _ in 1..<digitCount { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
      divisor /= 10
    }
  }
}
