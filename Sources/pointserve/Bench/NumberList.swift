/// Lists of numbers as the command line gives them.
enum NumberList {
  /// Parses numbers from 1 to a limit with commas between, such as 1,2,4.
  ///
  /// - Throws: `CommandFailure` naming the option, the limit and the text.
  static func parse(_ option: String, _ text: String, limit: Int) throws -> [Int] {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard numbers.count == parts.count, numbers.allSatisfy({ (1...limit).contains($0) }) else {
      throw CommandFailure.badCommandLine(
        "\(option): expected numbers from 1 to \(limit) with commas between, found \(text)")
    }
    return numbers
  }
}
