/// The best points found so far for one query, in storage that the caller owns.
///
/// Few candidates are kept sorted; many form a heap with the worst on top, sorted at the end.
@safe
struct NeighborCandidates {
  /// A point and its squared distance to the query.
  struct Candidate {
    var squaredDistance = 0.0
    var index: Int32 = 0

    /// Farther, or as far with a higher index.
    @inline(__always)
    func isWorse(than other: Candidate) -> Bool {
      squaredDistance > other.squaredDistance
        || (squaredDistance == other.squaredDistance && index > other.index)
    }
  }

  private static let sortedCapacity = 48
  private let candidates: UnsafeMutablePointer<Candidate>
  private let capacity: Int
  private let isSorted: Bool
  private var count = 0
  /// What a point must not be worse than: the worst candidate once there are enough.
  private var worst = Candidate(squaredDistance: .infinity, index: .max)

  /// Keeps the best `storage.count` points, at least one.
  ///
  /// The storage outlives the value and nothing else uses it meanwhile.
  @unsafe init(storage: UnsafeMutableBufferPointer<Candidate>) {
    guard let start = storage.baseAddress, !storage.isEmpty else {
      preconditionFailure("no neighbors wanted")
    }
    unsafe candidates = start
    capacity = storage.count
    isSorted = capacity <= Self.sortedCapacity
  }

  /// Whether a point at this distance or farther, of this index or a higher one, could be taken.
  @inline(__always)
  func mayTake(_ squaredDistance: Double, lowestIndex: Int32) -> Bool {
    worst.isWorse(than: Candidate(squaredDistance: squaredDistance, index: lowestIndex))
  }

  /// Takes a point if it is among the best so far.
  @inline(__always)
  mutating func offer(_ squaredDistance: Double, index: Int32) {
    // Most points are farther; one comparison tells.
    guard squaredDistance <= worst.squaredDistance else { return }
    let candidate = Candidate(squaredDistance: squaredDistance, index: index)
    guard worst.isWorse(than: candidate) else { return }
    if isSorted { insert(candidate) } else { push(candidate) }
  }

  /// Brings the candidates into order: by distance, then by index.
  mutating func sort() {
    guard !isSorted else { return }
    while count > 1 {
      count -= 1
      let last = unsafe candidates[count]
      unsafe candidates[count] = candidates[0]
      siftDown(last)
    }
  }

  // Every position below is less than `count`, which is at most `capacity`.

  @inline(__always)
  private mutating func insert(_ candidate: Candidate) {
    var position = count
    if count == capacity { position -= 1 } else { count += 1 }
    while position > 0, unsafe candidates[position - 1].isWorse(than: candidate) {
      unsafe candidates[position] = candidates[position - 1]
      position -= 1
    }
    unsafe candidates[position] = candidate
    if count == capacity { worst = unsafe candidates[count - 1] }
  }

  private mutating func push(_ candidate: Candidate) {
    if count == capacity {
      siftDown(candidate)
    } else {
      var position = count
      count += 1
      while position > 0 {
        let parent = (position - 1) / 2
        guard unsafe candidate.isWorse(than: candidates[parent]) else { break }
        unsafe candidates[position] = candidates[parent]
        position = parent
      }
      unsafe candidates[position] = candidate
    }
    if count == capacity { worst = unsafe candidates[0] }
  }

  /// Puts a candidate in the place of the heap's top and restores the heap.
  private mutating func siftDown(_ candidate: Candidate) {
    var position = 0
    while 2 * position + 1 < count {
      var child = 2 * position + 1
      if child + 1 < count, unsafe candidates[child + 1].isWorse(than: candidates[child]) {
        child += 1
      }
      guard unsafe candidates[child].isWorse(than: candidate) else { break }
      unsafe candidates[position] = candidates[child]
      position = child
    }
    unsafe candidates[position] = candidate
  }
}
