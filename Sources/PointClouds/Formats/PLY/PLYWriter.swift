/// Writes a cloud that came from no PLY file: binary, little-endian, positions as float64.
enum PLYWriter {
  /// The file without classes.
  static func file(_ cloud: PointCloud) -> [UInt8] {
    let attributes = cloud.attributes
    var header = """
      ply
      format binary_little_endian 1.0
      element vertex \(cloud.count)
      property double x
      property double y
      property double z

      """
    if attributes.intensity != nil { header += "property float intensity\n" }
    if attributes.returnNumber != nil { header += "property uchar return_number\n" }
    if attributes.numberOfReturns != nil { header += "property uchar number_of_returns\n" }
    if attributes.colors != nil {
      for name in ["red", "green", "blue"] { header += "property ushort \(name)\n" }
    }
    var bytes = Array((header + "end_header\n").utf8)
    for point in 0..<cloud.count {
      cloud.appendRecordStart(of: point, to: &bytes)
      if let colors = attributes.colors {
        for channel in 0..<3 { bytes.append(littleEndian: colors[3 * point + channel]) }
      }
    }
    return bytes
  }
}
