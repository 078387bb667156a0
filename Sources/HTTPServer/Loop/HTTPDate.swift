/// A date as IMF-fixdate (RFC 9110, section 5.6.7), for example `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The text of a moment.
  ///
  /// - Parameter seconds: since the start of 1970 in UTC, not negative.
  /// - Returns: the text, always 29 bytes.
  static func text(secondsSince1970 seconds: Int) -> String {
    let time = UTCTime(secondsSince1970: seconds)
    let clock = "\(padded(time.hour)):\(padded(time.minute)):\(padded(time.second))"
    return "\(weekdays[time.weekday]), \(padded(time.day)) \(months[time.month - 1]) "
      + "\(time.year) \(clock) GMT"
  }

  private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
