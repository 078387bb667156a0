/// The rule for version numbers: positive decimal integers without leading zeros.
package enum VersionNumber {
  /// The number that a directory name or a path segment states, or `nil`.
  package static func read(_ text: some StringProtocol) -> Int? {
    let digits = text.utf8
    guard let first = digits.first, first != UInt8(ascii: "0"),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(text)
  }
}
