/// Reads decimal numbers from text, correctly rounded.
enum DecimalNumber {
  /// What counts as a number.
  enum Grammar {
    /// RFC 8259, section 6.
    case json
    /// Also a plus sign, a missing digit on one side of the point, leading zeros, "nan" and "inf".
    case text
  }

  /// Reads the longest number that starts at `position` and ends before `end`, and moves behind it.
  ///
  /// `nil` where no number starts there; `position` then stays. A number too large for a `Double` is
  /// infinite.
  static func read(
    _ bytes: [UInt8], at position: inout Int, before end: Int, _ grammar: Grammar
  ) -> Double? {
    var next = position
    var isNegative = false
    if next < end, bytes[next] == UInt8(ascii: "-") || isPlus(bytes[next], grammar) {
      isNegative = bytes[next] == UInt8(ascii: "-")
      next += 1
    }
    var digits = Digits()
    let integerStart = next
    digits.read(bytes, at: &next, before: end)
    let integerDigits = next - integerStart
    if integerDigits == 0 || (integerDigits > 1 && bytes[integerStart] == UInt8(ascii: "0")),
      grammar == .json
    {
      return nil
    }
    var fractionDigits = 0
    // Within the bytes also where the number is the last of them.
    var fractionStart = next
    if next < end, bytes[next] == UInt8(ascii: ".") {
      fractionStart += 1
      var fractionEnd = fractionStart
      digits.read(bytes, at: &fractionEnd, before: end)
      fractionDigits = fractionEnd - fractionStart
      guard fractionDigits > 0 || (grammar == .text && integerDigits > 0) else { return nil }
      next = fractionEnd
    }
    guard integerDigits + fractionDigits > 0 else {
      guard grammar == .text, let value = word(bytes, at: &next, before: end) else { return nil }
      position = next
      return isNegative ? -value : value
    }
    let exponent = readExponent(bytes, at: &next, before: end) - fractionDigits
    let magnitude =
      digits.exactValue(exponent: exponent)
      ?? slowValue(
        bytes[integerStart..<integerStart + integerDigits],
        bytes[fractionStart..<fractionStart + fractionDigits], exponent: exponent)
    position = next
    return isNegative ? -magnitude : magnitude
  }

  private static func isPlus(_ byte: UInt8, _ grammar: Grammar) -> Bool {
    grammar == .text && byte == UInt8(ascii: "+")
  }

  /// The exponent behind an "e" that has digits; otherwise nothing is read.
  private static func readExponent(
    _ bytes: [UInt8], at position: inout Int, before end: Int
  ) -> Int {
    var next = position
    guard next < end, bytes[next] | 0x20 == UInt8(ascii: "e") else { return 0 }
    next += 1
    var isNegative = false
    if next < end, bytes[next] == UInt8(ascii: "-") || bytes[next] == UInt8(ascii: "+") {
      isNegative = bytes[next] == UInt8(ascii: "-")
      next += 1
    }
    let start = next
    var exponent = 0
    while next < end, let digit = digit(bytes[next]) {
      // Far beyond what any double can have, and far from overflow.
      exponent = min(10 * exponent + digit, 1_000_000_000)
      next += 1
    }
    guard next > start else { return 0 }
    position = next
    return isNegative ? -exponent : exponent
  }

  private static func word(_ bytes: [UInt8], at position: inout Int, before end: Int) -> Double? {
    for (name, value) in [("nan", Double.nan), ("infinity", .infinity), ("inf", .infinity)] {
      let length = name.utf8.count
      if end - position >= length,
        zip(bytes[position..<position + length], name.utf8).allSatisfy({ $0 | 0x20 == $1 })
      {
        position += length
        return value
      }
    }
    return nil
  }

  private static func slowValue(
    _ integer: ArraySlice<UInt8>, _ fraction: ArraySlice<UInt8>, exponent: Int
  ) -> Double {
    let text = String(decoding: integer + fraction, as: UTF8.self) + "e\(exponent)"
    guard let value = Double(text) else { preconditionFailure("digits and an exponent: \(text)") }
    return value
  }

  @inline(__always)
  fileprivate static func digit(_ byte: UInt8) -> Int? {
    let value = byte &- UInt8(ascii: "0")
    return value < 10 ? Int(value) : nil
  }

  /// The digits of a number as one integer, as long as it has room for them.
  private struct Digits {
    var value: UInt64 = 0
    var fits = true

    mutating func read(_ bytes: [UInt8], at position: inout Int, before end: Int) {
      while position < end, let digit = DecimalNumber.digit(bytes[position]) {
        if value <= (UInt64.max - 9) / 10 {
          value = 10 * value + UInt64(digit)
        } else {
          fits = false
        }
        position += 1
      }
    }

    /// The number where it takes one rounding; `nil` where it takes more thought.
    func exactValue(exponent: Int) -> Double? {
      guard fits else { return nil }
      if value == 0 { return 0 }
      if value <= 1 << 53, exponent.magnitude <= 22 {
        // Both are exact doubles (Clinger, "How to read floating point numbers accurately", 4).
        let power = DecimalNumber.powersOfTen[Int(exponent.magnitude)]
        return exponent < 0 ? Double(value) / power : Double(value) * power
      }
      return (-19..<0).contains(exponent) ? quotient(decimals: -exponent) : nil
    }

    /// The digits over ten to the power of `decimals`, 1 to 19, rounded once.
    ///
    /// Long division of 64 bits, of which a double keeps 53; a remainder shows in the lowest bit, so
    /// that the conversion rounds as if it saw all digits.
    private func quotient(decimals: Int) -> Double {
      var divisor: UInt64 = 1
      for _ in 0..<decimals { divisor *= 10 }
      let (shift, divisorShift) = (value.leadingZeroBitCount, divisor.leadingZeroBitCount)
      let (dividend, normalized) = (value << UInt64(shift), divisor << UInt64(divisorShift))
      let isHalved = dividend >= normalized
      let (quotient, remainder) = normalized.dividingFullWidth(
        isHalved ? (dividend >> 1, dividend << 63) : (dividend, 0))
      return Double(
        sign: .plus, exponent: divisorShift - shift - 64 + (isHalved ? 1 : 0),
        significand: Double(quotient | (remainder == 0 ? 0 : 1)))
    }
  }

  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]
}
