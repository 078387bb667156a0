extension NeighborTree {
  /// Fills one row with the `count` points nearest to `target`, by distance, then by index.
  ///
  /// Writes `count` entries from position `row` of both arrays; the tree holds at least as many
  /// points.
  func findNearest(
    to target: SIMD3<Double>, count: Int, row: Int, indices: inout [Int32],
    squaredDistances: inout [Double]
  ) {
    precondition(count > 0 && count <= points.count)
    precondition(row >= 0 && row + count <= min(indices.count, squaredDistances.count))
    // Both regions were checked just above, and nothing else touches the arrays meanwhile.
    unsafe indices.withUnsafeMutableBufferPointer { indices in
      unsafe squaredDistances.withUnsafeMutableBufferPointer { squaredDistances in
        var candidates = unsafe NeighborCandidates(
          indices: unsafe UnsafeMutableBufferPointer(rebasing: indices[row..<row + count]),
          squaredDistances: unsafe UnsafeMutableBufferPointer(
            rebasing: squaredDistances[row..<row + count]))
        collect(nearestTo: target, into: &candidates)
        candidates.sort()
      }
    }
  }

  private func collect(nearestTo target: SIMD3<Double>, into candidates: inout NeighborCandidates) {
    // A balanced tree of 2³¹ points is less than 32 levels deep, and each level leaves at most one
    // node waiting.
    var waiting = InlineArray<32, (node: Int32, squaredDistance: Double)>(repeating: (0, 0))
    var waitingCount = 1
    waiting[0] = (0, nodes[0].squaredDistance(to: target))
    while waitingCount > 0 {
      waitingCount -= 1
      let (start, startDistance) = waiting[waitingCount]
      var position = Int(start)
      var distance = startDistance
      while candidates.mayTake(distance, lowestIndex: nodes[position].lowestIndex) {
        let firstChild = Int(nodes[position].firstChild)
        guard firstChild > 0 else {
          scan(nodes[position], target, &candidates)
          break
        }
        let left = nodes[firstChild].squaredDistance(to: target)
        let right = nodes[firstChild + 1].squaredDistance(to: target)
        let isLeftNearer =
          left < right
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

  private func scan(
    _ leaf: Node, _ target: SIMD3<Double>, _ candidates: inout NeighborCandidates
  ) {
    for position in Int(leaf.start)..<Int(leaf.end) {
      let point = points[position]
      candidates.offer(point.squaredDistance(to: target), index: point.index)
    }
  }
}
