/// A cloud and what is needed to write its file again.
package struct DecodedCloud: Sendable {
  /// The file that a cloud came from, where writing it again means changing it.
  enum Source: Sendable {
    case none
    case las(LASFile)
    case ply(PLYFile)
    case pcd(PCDFile)
  }

  package let cloud: PointCloud
  var source: Source

  /// A cloud that came from no file.
  package init(_ cloud: PointCloud) { self.init(cloud, source: .none) }

  init(_ cloud: PointCloud, source: Source) {
    self.cloud = cloud
    self.source = source
  }
}
