/// A balanced k-d tree with a bounding box per node.
///
/// Split at the median, so neither clusters nor outliers unbalance it.
struct NeighborTree: Sendable {
  /// A box around the points of a node, and where these are.
  struct Node {
    var lower: SIMD3<Double>
    var upper: SIMD3<Double>
    /// The node's points in `points`.
    var start: Int32
    var end: Int32
    /// The first of two adjacent children, or zero for a leaf.
    var firstChild: Int32
    /// The lowest index among the node's points.
    var lowestIndex: Int32

    /// The squared distance from a point to the box, zero inside.
    ///
    /// Each step of the sum rounds a number not above that of any point inside, so the result never
    /// exceeds the computed squared distance of such a point, and nothing is pruned wrongly.
    func squaredDistance(to target: SIMD3<Double>) -> Double {
      let dx = max(max(lower.x - target.x, target.x - upper.x), 0)
      let dy = max(max(lower.y - target.y, target.y - upper.y), 0)
      let dz = max(max(lower.z - target.z, target.z - upper.z), 0)
      return dx * dx + dy * dy + dz * dz
    }
  }

  private static let leafCapacity = 12
  private(set) var points: [IndexedPoint]
  private(set) var nodes: [Node] = []

  /// Divides `positions`, `[count, dimensions]`.
  init(_ positions: [Double], dimensions: Int) {
    points = IndexedPoint.points(positions, dimensions: dimensions)
    guard !points.isEmpty else { return }
    nodes.reserveCapacity(4 * points.count / Self.leafCapacity + 1)
    nodes.append(makeLeaf(0..<points.count))
    var next = 0
    while next < nodes.count {
      divide(next)
      next += 1
    }
  }

  /// Turns a leaf that holds too many points into an inner node with two leaves.
  private mutating func divide(_ position: Int) {
    let node = nodes[position]
    let range = Int(node.start)..<Int(node.end)
    guard range.count > Self.leafCapacity else { return }
    let extent = node.upper - node.lower
    let axis = extent.x >= extent.y && extent.x >= extent.z ? 0 : extent.y >= extent.z ? 1 : 2
    let leaves = (range.count + Self.leafCapacity - 1) / Self.leafCapacity
    let middle = range.lowerBound + (leaves + 1) / 2 * Self.leafCapacity
    points.split(range, at: middle, axis: axis)
    nodes[position].firstChild = Int32(nodes.count)
    nodes.append(makeLeaf(range.lowerBound..<middle))
    nodes.append(makeLeaf(middle..<range.upperBound))
  }

  private func makeLeaf(_ range: Range<Int>) -> Node {
    let first = points[range.lowerBound]
    var lower = SIMD3(first.x, first.y, first.z)
    var upper = lower
    var lowestIndex = first.index
    for point in points[range] {
      let position = SIMD3(point.x, point.y, point.z)
      lower = pointwiseMin(lower, position)
      upper = pointwiseMax(upper, position)
      lowestIndex = min(lowestIndex, point.index)
    }
    return Node(
      lower: lower, upper: upper, start: Int32(range.lowerBound), end: Int32(range.upperBound),
      firstChild: 0, lowestIndex: lowestIndex)
  }
}
