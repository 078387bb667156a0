/// The deadlines of waiting items, the earliest first (a binary heap).
///
/// Items that leave otherwise stay listed until their entry comes up or `removeAll` sweeps it.
struct DeadlineHeap: Sendable {
  struct Entry: Sendable {
    let deadline: ContinuousClock.Instant
    let item: BatchItemID
  }

  private var entries: [Entry] = []

  var count: Int { entries.count }

  var first: Entry? { entries.first }

  mutating func insert(_ entry: Entry) {
    entries.append(entry)
    siftUp(from: entries.count - 1)
  }

  mutating func removeFirst() {
    let last = entries.removeLast()
    guard !entries.isEmpty else { return }
    entries[0] = last
    siftDown(from: 0)
  }

  mutating func removeAll(where isStale: (Entry) -> Bool) {
    entries.removeAll(where: isStale)
    for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { siftDown(from: index) }
  }

  private mutating func siftUp(from start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child].deadline < entries[parent].deadline else { return }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func siftDown(from start: Int) {
    var parent = start
    while true {
      var earliest = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < entries.count && entries[child].deadline < entries[earliest].deadline {
        earliest = child
      }
      guard earliest != parent else { return }
      entries.swapAt(parent, earliest)
      parent = earliest
    }
  }
}
