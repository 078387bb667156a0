/// Writes a cloud that came from no PCD file: binary, positions as float64, colors packed as usual.
enum PCDWriter {
  /// The file without classes.
  static func file(_ cloud: PointCloud) -> [UInt8] {
    let attributes = cloud.attributes
    var fields = ["x F8", "y F8", "z F8"]
    if attributes.intensity != nil { fields.append("intensity F4") }
    if attributes.returnNumber != nil { fields.append("return_number U1") }
    if attributes.numberOfReturns != nil { fields.append("number_of_returns U1") }
    if attributes.colors != nil { fields.append("rgb U4") }
    let words = fields.map { field in field.split(separator: " ") }
    let header = """
      # .PCD v0.7 - Point Cloud Data file format
      VERSION 0.7
      FIELDS \(words.map { "\($0[0])" }.joined(separator: " "))
      SIZE \(words.map { "\($0[1].dropFirst())" }.joined(separator: " "))
      TYPE \(words.map { "\($0[1].prefix(1))" }.joined(separator: " "))
      COUNT \(words.map { _ in "1" }.joined(separator: " "))
      WIDTH \(cloud.count)
      HEIGHT 1
      VIEWPOINT 0 0 0 1 0 0 0
      POINTS \(cloud.count)
      DATA binary

      """
    var bytes = Array(header.utf8)
    for point in 0..<cloud.count {
      cloud.appendRecordStart(of: point, to: &bytes)
      if let colors = attributes.colors {
        // Blue, green, red and an unused byte, of which PCD keeps eight bits each.
        for channel in [2, 1, 0] {
          bytes.append(UInt8((UInt32(colors[3 * point + channel]) + 128) / 257))
        }
        bytes.append(0)
      }
    }
    return bytes
  }
}
