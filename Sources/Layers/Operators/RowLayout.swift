/// How the rows of a ragged batch belong to its clouds: cloud `c` owns the rows
/// `offsets[c] ..< offsets[c + 1]`.
///
/// `[points, width]` is one cloud, `[clouds, points, width]` are equal clouds, an image batch
/// `[N, C, H, W]` is one cloud of `N` rows.
package struct RowLayout: Hashable, Sendable {
  /// `[clouds + 1]`, ascending, starting at 0.
  package let offsets: [Int]

  /// Creates a layout; `offsets` start at 0 and ascend.
  package init(offsets: [Int]) {
    precondition(offsets.first == 0)
    self.offsets = offsets
  }

  /// Creates the layout of `cloudCount` clouds with `rowCount` rows each.
  package init(cloudCount: Int, rowCount: Int) {
    offsets = (0...cloudCount).map { $0 * rowCount }
  }

  package var cloudCount: Int { offsets.count - 1 }
  package var rowCount: Int { offsets[offsets.count - 1] }

  /// The rows of one cloud.
  package func rows(of cloud: Int) -> Range<Int> { offsets[cloud]..<offsets[cloud + 1] }
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
