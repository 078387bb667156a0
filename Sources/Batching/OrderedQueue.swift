/// A first-in first-out queue whose elements can also be removed by their ascending number.
///
/// Appending, taking the first, and removing by number (a binary search) are cheap; a removed
/// element leaves a hole, and holes never outnumber the elements by more than a constant.
struct OrderedQueue<Element: Sendable>: Sendable {
  private struct Slot: Sendable {
    let number: UInt64
    var element: Element?
  }

  /// Holes tolerated regardless of the number of elements.
  private static var toleratedHoles: Int { 32 }

  private var slots: [Slot] = []
  /// The first slot in use; never a hole unless the queue is empty.
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  var first: Element? { isEmpty ? nil : slots[head].element }

  /// Appends an element whose number is greater than all before it.
  mutating func append(_ element: Element, number: UInt64) {
    if let last = slots.last {
      precondition(last.number < number, "numbers ascend")
    }
    slots.append(Slot(number: number, element: element))
    count += 1
  }

  /// Removes and returns the oldest element.
  mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = slots[head].element.take()
    count -= 1
    tidy()
    return element
  }

  /// Removes the element of that number; `nil` when it is not (or no longer) here.
  mutating func remove(number: UInt64) -> Element? {
    var low = head
    var high = slots.count
    while low < high {
      let middle = (low + high) / 2
      if slots[middle].number < number { low = middle + 1 } else { high = middle }
    }
    guard low < slots.count, slots[low].number == number else { return nil }
    guard let element = slots[low].element.take() else { return nil }
    count -= 1
    tidy()
    return element
  }

  /// Visits the elements from the oldest on, until `visit` returns `false`.
  func forEach(while visit: (Element) -> Bool) {
    for index in head..<slots.count {
      if let element = slots[index].element, !visit(element) { return }
    }
  }

  private mutating func tidy() {
    while head < slots.count, slots[head].element == nil { head += 1 }
    let holes = slots.count - count
    guard holes > count + Self.toleratedHoles else { return }
    slots.removeAll { $0.element == nil }
    head = 0
  }
}
