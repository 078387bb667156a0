/// How the rows of a ragged batch belong to its clouds.
///
/// `[points, width]` is one cloud, `[clouds, points, width]` are equal clouds, an image batch
/// `[N, C, H, W]` is one cloud of `N` rows.
package struct RowLayout: Hashable, Sendable {
  package let cloudCount: Int
  package let rowCount: Int
  /// `[clouds + 1]`, ascending from 0: cloud `c` owns the rows `offsets[c] ..< offsets[c + 1]`; `nil`
  /// where all clouds have equally many rows, so that most layouts take no memory.
  private let offsets: [Int]?

  /// Creates a layout; `offsets` start at 0 and ascend.
  package init(offsets: [Int]) {
    precondition(offsets.first == 0)
    cloudCount = offsets.count - 1
    rowCount = offsets[cloudCount]
    let isEven = offsets.indices.dropFirst().allSatisfy {
      offsets[$0] - offsets[$0 - 1] == offsets[1]
    }
    self.offsets = isEven ? nil : offsets
  }

  /// Creates the layout of `cloudCount` clouds with `rowCount` rows each.
  package init(cloudCount: Int, rowCount: Int) {
    self.cloudCount = cloudCount
    self.rowCount = cloudCount * rowCount
    offsets = nil
  }

  /// Creates the layout of several layouts' clouds, one layout after the other.
  package init(joining count: Int, _ layout: (Int) -> RowLayout) {
    var clouds = 0
    var rows = 0
    // Rows of each cloud, as long as all have equally many.
    var even: Int?
    var isEven = true
    for part in 0..<count {
      let own = layout(part)
      clouds += own.cloudCount
      rows += own.rowCount
      guard own.cloudCount > 0 else { continue }
      let perCloud = own.rowCount / own.cloudCount
      isEven = isEven && own.offsets == nil && perCloud == even ?? perCloud
      even = perCloud
    }
    (cloudCount, rowCount) = (clouds, rows)
    guard !isEven else {
      offsets = nil
      return
    }
    var offsets = [0]
    offsets.reserveCapacity(clouds + 1)
    var start = 0
    for part in 0..<count {
      let own = layout(part)
      for cloud in 0..<own.cloudCount { offsets.append(start + own.rows(of: cloud).upperBound) }
      start += own.rowCount
    }
    self.offsets = offsets
  }

  /// The rows of one cloud.
  package func rows(of cloud: Int) -> Range<Int> {
    precondition((0..<cloudCount).contains(cloud))
    if let offsets { return offsets[cloud]..<offsets[cloud + 1] }
    let count = rowCount / cloudCount
    return (cloud * count)..<((cloud + 1) * count)
  }

  /// Calls `body` with each cloud that owns some of the rows, and with these as counted from the
  /// cloud's first row.
  func forEachCloud(of rows: Range<Int>, _ body: (_ cloud: Int, _ rows: Range<Int>) -> Void) {
    guard !rows.isEmpty else { return }
    var cloud = cloud(of: rows.lowerBound)
    var begin = rows.lowerBound
    while begin < rows.upperBound {
      let own = self.rows(of: cloud)
      let end = min(own.upperBound, rows.upperBound)
      if begin < end { body(cloud, (begin - own.lowerBound)..<(end - own.lowerBound)) }
      begin = end
      cloud += 1
    }
  }

  /// The cloud that owns a row.
  private func cloud(of row: Int) -> Int {
    guard let offsets else { return row / (rowCount / cloudCount) }
    var low = 0
    var high = cloudCount
    while high - low > 1 {
      let middle = (low + high) / 2
      if offsets[middle] <= row { low = middle } else { high = middle }
    }
    return low
  }
}

/// The rows that one input brings to a layer: `[layout.rowCount, width]`.
package struct InputRows: Hashable, Sendable {
  package let layout: RowLayout
  /// Elements of one row.
  package let width: Int

  package init(layout: RowLayout, width: Int) {
    self.layout = layout
    self.width = width
  }
}
