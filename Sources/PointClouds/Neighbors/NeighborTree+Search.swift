extension NeighborTree {
  /// Fills `storage` with the points nearest to `target`, by distance, then by index.
  ///
  /// The tree holds at least as many points as the storage, which is not empty.
  func findNearest(
    to target: SIMD3<Double>, in storage: inout [NeighborCandidates.Candidate]
  ) {
    precondition(!storage.isEmpty && storage.count <= points.count)
    // Nothing else touches the arrays meanwhile.
    unsafe storage.withUnsafeMutableBufferPointer { storage in
      unsafe points.withUnsafeBufferPointer { points in
        unsafe nodes.withUnsafeBufferPointer { nodes in
          var candidates = unsafe NeighborCandidates(storage: storage)
          unsafe Self.collect(nearestTo: target, nodes, points, into: &candidates)
          candidates.sort()
        }
      }
    }
  }

  /// Visits the nodes that may hold better points, nearer ones first.
  ///
  /// Children and ranges of nodes lie within the buffers, as the initializer made them.
  @unsafe private static func collect(
    nearestTo target: SIMD3<Double>, _ nodes: UnsafeBufferPointer<Node>,
    _ points: UnsafeBufferPointer<IndexedPoint>, into candidates: inout NeighborCandidates
  ) {
    // A balanced tree of 2³¹ points is less than 32 levels deep, and each level leaves at most one
    // node waiting.
    var waiting = InlineArray<32, (node: Int32, squaredDistance: Double)>(repeating: (0, 0))
    var waitingCount = 1
    waiting[0] = unsafe (0, nodes[0].squaredDistance(to: target))
    while waitingCount > 0 {
      waitingCount -= 1
      let next = waiting[waitingCount]
      var position = Int(next.node)
      var distance = next.squaredDistance
      while unsafe candidates.mayTake(distance, lowestIndex: nodes[position].lowestIndex) {
        let firstChild = unsafe Int(nodes[position].firstChild)
        guard firstChild > 0 else {
          for place in unsafe Int(nodes[position].start)..<Int(nodes[position].end) {
            unsafe candidates.offer(
              points[place].squaredDistance(to: target), index: points[place].index)
          }
          break
        }
        let left = unsafe nodes[firstChild].squaredDistance(to: target)
        let right = unsafe nodes[firstChild + 1].squaredDistance(to: target)
        let isLeftNearer =
          unsafe left < right
          || (left == right && nodes[firstChild].lowestIndex < nodes[firstChild + 1].lowestIndex)
        waiting[waitingCount] = (
          Int32(isLeftNearer ? firstChild + 1 : firstChild), isLeftNearer ? right : left
        )
        waitingCount += 1
        position = isLeftNearer ? firstChild : firstChild + 1
        distance = isLeftNearer ? left : right
      }
    }
  }
}
