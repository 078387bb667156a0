/// The best points found so far for one query, in rows that the caller owns.
///
/// Few candidates are kept sorted; many form a heap with the worst on top, sorted at the end.
@safe
struct NeighborCandidates {
  private static let sortedCapacity = 48
  private let indices: UnsafeMutableBufferPointer<Int32>
  private let squaredDistances: UnsafeMutableBufferPointer<Double>
  private let capacity: Int
  private let isSorted: Bool
  private var count = 0
  /// What a point must beat once the rows are full.
  private var worstDistance = Double.infinity
  private var worstIndex = Int32.max

  /// Both rows have the same length, at least one; they outlive the value and nothing else uses them.
  @unsafe init(
    indices: UnsafeMutableBufferPointer<Int32>,
    squaredDistances: UnsafeMutableBufferPointer<Double>
  ) {
    unsafe self.indices = indices
    unsafe self.squaredDistances = squaredDistances
    capacity = indices.count
    precondition(capacity > 0 && squaredDistances.count == capacity)
    isSorted = capacity <= Self.sortedCapacity
  }

  /// Whether a point at this distance or farther, of this index or a higher one, could be taken.
  @inline(__always)
  func mayTake(_ squaredDistance: Double, lowestIndex: Int32) -> Bool {
    squaredDistance < worstDistance
      || (squaredDistance == worstDistance && lowestIndex < worstIndex)
  }

  /// Takes a point if it is among the best so far.
  @inline(__always)
  mutating func offer(_ squaredDistance: Double, index: Int32) {
    guard mayTake(squaredDistance, lowestIndex: index) else { return }
    if isSorted { insert(squaredDistance, index) } else { push(squaredDistance, index) }
  }

  /// Brings the candidates into order: by distance, then by index.
  mutating func sort() {
    guard !isSorted else { return }
    while count > 1 {
      count -= 1
      let (distance, index) = unsafe (squaredDistances[count], indices[count])
      unsafe squaredDistances[count] = squaredDistances[0]
      unsafe indices[count] = indices[0]
      siftDown(distance, index)
    }
  }

  // Every position below is less than `count`, which is at most `capacity`, the length of both rows.

  private mutating func insert(_ squaredDistance: Double, _ index: Int32) {
    var position = count
    if count == capacity { position -= 1 } else { count += 1 }
    while position > 0, isWorse(position - 1, than: squaredDistance, index) {
      move(position - 1, to: position)
      position -= 1
    }
    set(position, squaredDistance, index)
    noteWorst(at: count - 1)
  }

  private mutating func push(_ squaredDistance: Double, _ index: Int32) {
    guard count < capacity else {
      siftDown(squaredDistance, index)
      noteWorst(at: 0)
      return
    }
    var position = count
    count += 1
    while position > 0 {
      let parent = (position - 1) / 2
      guard !isWorse(parent, than: squaredDistance, index) else { break }
      move(parent, to: position)
      position = parent
    }
    set(position, squaredDistance, index)
    noteWorst(at: 0)
  }

  /// Puts a candidate in the place of the heap's top and restores the heap.
  private mutating func siftDown(_ squaredDistance: Double, _ index: Int32) {
    var position = 0
    while 2 * position + 1 < count {
      var child = 2 * position + 1
      if child + 1 < count,
        unsafe isWorse(child + 1, than: squaredDistances[child], indices[child])
      {
        child += 1
      }
      guard isWorse(child, than: squaredDistance, index) else { break }
      move(child, to: position)
      position = child
    }
    set(position, squaredDistance, index)
  }

  private func isWorse(_ position: Int, than squaredDistance: Double, _ index: Int32) -> Bool {
    let other = unsafe squaredDistances[position]
    return unsafe other > squaredDistance || (other == squaredDistance && indices[position] > index)
  }

  private func move(_ source: Int, to target: Int) {
    unsafe squaredDistances[target] = squaredDistances[source]
    unsafe indices[target] = indices[source]
  }

  private func set(_ position: Int, _ squaredDistance: Double, _ index: Int32) {
    unsafe squaredDistances[position] = squaredDistance
    unsafe indices[position] = index
  }

  private mutating func noteWorst(at position: Int) {
    guard count == capacity else { return }
    worstDistance = unsafe squaredDistances[position]
    worstIndex = unsafe indices[position]
  }
}
