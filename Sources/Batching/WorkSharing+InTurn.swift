extension WorkSharing {
  /// Runs `body` for one range of the numbers below `count` after the other, on the calling thread:
  /// for loops of which a step depends on those before.
  ///
  /// - Parameters:
  ///   - count: The number of steps.
  ///   - grain: How many steps pass until it is asked whether anybody still wants the result.
  ///   - body: Does the steps of a range.
  /// - Throws: ``WorkAbandoned`` when nobody wants the result any more.
  package func inTurn(
    _ count: Int, grain: Int = 1 << 17, _ body: (Range<Int>) -> Void
  ) throws(WorkAbandoned) {
    for first in stride(from: 0, to: count, by: grain) {
      try checkpoint()
      body(first..<min(first + grain, count))
    }
  }
}
