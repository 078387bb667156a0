/// The median of five numbers, of which each new one displaces the highest or lowest in turn.
///
/// It is LASzip's, whose predictions a decoder has to repeat exactly.
struct StreamingMedian: Sendable {
  private var lowest: Int32 = 0
  private var low: Int32 = 0
  private(set) var median: Int32 = 0
  private var high: Int32 = 0
  private var highest: Int32 = 0
  private var displacesHighest = true

  /// Takes a number in.
  mutating func add(_ number: Int32) {
    if displacesHighest {
      if number < median {
        highest = high
        high = median
        if number < lowest {
          median = low
          low = lowest
          lowest = number
        } else if number < low {
          median = low
          low = number
        } else {
          median = number
        }
        return
      }
      if number < high {
        highest = high
        high = number
      } else {
        highest = number
      }
      displacesHighest = false
    } else {
      if median < number {
        lowest = low
        low = median
        if highest < number {
          median = high
          high = highest
          highest = number
        } else if high < number {
          median = high
          high = number
        } else {
          median = number
        }
        return
      }
      if low < number {
        lowest = low
        low = number
      } else {
        lowest = number
      }
      displacesHighest = true
    }
  }
}
