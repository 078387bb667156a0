/// Members of an `Accept`-like list with their weights (RFC 9110, section 12.4.2).
struct WeightedMember: Equatable {
  /// What stands before the first semicolon, in small letters.
  let name: String
  /// 0 to 1000, for `q` from 0 to 1.
  let weight: Int

  /// All members of a field; one with a malformed weight is left out.
  static func list(_ headers: HTTPHeaders, _ field: String) -> [WeightedMember] {
    headers.list(field).compactMap { member in
      let parts = member.split(separator: ";", omittingEmptySubsequences: false)
      let name = parts[0].trimmingOptionalWhitespace
      guard !name.isEmpty else { return nil }
      var weight = 1000
      for part in parts.dropFirst() {
        let parameter = part.trimmingOptionalWhitespace
        guard parameter.hasPrefix("q=") || parameter.hasPrefix("Q=") else { continue }
        guard let parsed = parseWeight(parameter.dropFirst(2)) else { return nil }
        weight = parsed
      }
      return WeightedMember(name: name.lowercased(), weight: weight)
    }
  }

  /// `0[.ddd]` or `1[.000]`, in thousandths.
  static func parseWeight(_ text: Substring) -> Int? {
    let digits = Array(text.utf8)
    guard let first = digits.first, first == 0x30 || first == 0x31, digits.count <= 5 else {
      return nil
    }
    guard digits.count > 1 else { return Int(first - 0x30) * 1000 }
    guard digits[1] == UInt8(ascii: ".") else { return nil }
    var weight = Int(first - 0x30) * 1000
    for (digit, unit) in zip(digits.dropFirst(2), [100, 10, 1]) {
      guard digit >= 0x30, digit <= 0x39 else { return nil }
      weight += Int(digit - 0x30) * unit
    }
    return weight <= 1000 ? weight : nil
  }
}
