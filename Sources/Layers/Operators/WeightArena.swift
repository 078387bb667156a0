/// Collects arrays in one allocation, so that a kernel can be given pointers to all of them at once.
@safe struct WeightArena {
  /// The place of one array.
  struct Slot {
    fileprivate let offset: Int
  }

  private var values: [Float] = []

  mutating func add(_ array: [Float]) -> Slot {
    defer { values.append(contentsOf: array) }
    return Slot(offset: values.count)
  }

  mutating func add(_ array: [Float]?) -> Slot? {
    array.map { add($0) }
  }

  /// Calls `body` with a function that gives the address of a slot, valid during the call.
  func withPointers<Result>(
    _ body: ((Slot) -> UnsafePointer<Float>) -> Result
  ) -> Result {
    // A kernel may be given an empty array; the address of an empty buffer would be null.
    let padded = values.isEmpty ? [0] : values
    return unsafe padded.withUnsafeBufferPointer { buffer in
      unsafe body { slot in
        guard let base = buffer.baseAddress else {
          preconditionFailure("a buffer of elements has an address")
        }
        // In bounds: the slot's offset was the count when its array was added.
        return unsafe base + slot.offset
      }
    }
  }
}
