/// Numbers of threads as the command line gives them.
enum ThreadList {
  private static let limit = 1024

  /// Parses a list such as 1,2,4.
  ///
  /// - Throws: `CommandFailure`.
  static func parse(_ text: String) throws -> [Int] {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard numbers.count == parts.count, numbers.allSatisfy({ (1...limit).contains($0) }) else {
      throw CommandFailure.badCommandLine(
        "--threads: expected numbers from 1 to \(limit) with commas between, found \(text)")
    }
    return numbers
  }
}
