extension Array where Element == IndexedPoint {
  /// Rearranges `range` so that the points before `middle` precede those from `middle` on.
  ///
  /// Quickselect with the median of three as pivot. Where an input defeats that choice, the range
  /// left is sorted, so the cost stays within O(n log n).
  mutating func split(_ range: Range<Int>, at middle: Int, axis: Int) {
    var low = range.lowerBound
    var high = range.upperBound - 1
    var roundsLeft = 2 * (Int.bitWidth - range.count.leadingZeroBitCount)
    while low < high {
      guard roundsLeft > 0 else {
        self[low...high].sort { $0.precedes($1, axis: axis) }
        return
      }
      roundsLeft -= 1
      let pivot = medianOfThree(low, low + (high - low) / 2, high, axis: axis)
      var left = low
      var right = high
      while left <= right {
        while self[left].precedes(pivot, axis: axis) { left += 1 }
        while pivot.precedes(self[right], axis: axis) { right -= 1 }
        if left <= right {
          swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      if middle <= right {
        high = right
      } else if middle >= left {
        low = left
      } else {
        return
      }
    }
  }

  private func medianOfThree(_ i: Int, _ j: Int, _ k: Int, axis: Int) -> IndexedPoint {
    let (a, b, c) = (self[i], self[j], self[k])
    if a.precedes(b, axis: axis) {
      if b.precedes(c, axis: axis) { return b }
      return a.precedes(c, axis: axis) ? c : a
    }
    if a.precedes(c, axis: axis) { return a }
    return b.precedes(c, axis: axis) ? c : b
  }
}
