/// The channels of the graph's input `F` for the voxels of a scene.
struct FeatureColumns: Sendable {
  enum Column: Sendable {
    /// One value that all voxels share.
    case constant(Float)
    /// `[voxels]`.
    case perVoxel([Float])
  }

  private let columns: [Column]

  /// One column for each channel.
  init(_ columns: [Column]) { self.columns = columns }

  /// Appends the channels of some voxels, `[voxels, channels]`.
  func append(_ voxels: some Collection<Int32>, to rows: inout [Float]) {
    let first = rows.count
    rows.append(contentsOf: repeatElement(0, count: voxels.count * columns.count))
    for (column, channel) in columns.enumerated() {
      var place = first + column
      switch channel {
      case .constant(let value):
        for _ in voxels {
          rows[place] = value
          place += columns.count
        }
      case .perVoxel(let values):
        for voxel in voxels {
          rows[place] = values[Int(voxel)]
          place += columns.count
        }
      }
    }
  }
}
