/// How well the windows chosen so far cover each voxel, ordered so that the least is at hand.
struct CenterPotentials: Sendable {
  private var potentials: [Double]
  /// A binary heap of voxels by the potentials in `keys`, then by index.
  private var heap: [Int32]
  /// Potentials as the heap knows them: potentials only grow, so an entry that is out of date lies
  /// too near the top, and is moved down when it gets there.
  private var keys: [Double]

  /// Starts all of `count` potentials at zero; at least one.
  init(count: Int) {
    potentials = [Double](repeating: 0, count: count)
    keys = potentials
    heap = Array(0..<Int32(count))
  }

  /// The voxel with the lowest potential, of equals the one with the lowest index.
  mutating func lowest() -> (voxel: Int, potential: Double) {
    while true {
      let voxel = Int(heap[0])
      if keys[voxel] == potentials[voxel] { return (voxel, potentials[voxel]) }
      keys[voxel] = potentials[voxel]
      siftDown()
    }
  }

  /// Raises the potential of one voxel by a weight of at least zero.
  mutating func add(_ weight: Float, to voxel: Int) { potentials[voxel] += Double(weight) }

  private mutating func siftDown() {
    let moving = heap[0]
    var hole = 0
    while 2 * hole + 1 < heap.count {
      var child = 2 * hole + 1
      if child + 1 < heap.count, precedes(heap[child + 1], heap[child]) { child += 1 }
      guard precedes(heap[child], moving) else { break }
      heap[hole] = heap[child]
      hole = child
    }
    heap[hole] = moving
  }

  private func precedes(_ a: Int32, _ b: Int32) -> Bool {
    let (keyA, keyB) = (keys[Int(a)], keys[Int(b)])
    return keyA == keyB ? a < b : keyA < keyB
  }
}
