/// Writes a cloud that came from no LAS file: LAS 1.4, point format 6, or 7 with colors.
struct LASWriter {
  private static let headerSize = 375
  private let cloud: PointCloud
  private let layout: LASPointLayout
  /// Meters per stored unit: 0.1 mm, finer for clouds below 100 m, coarser where 31 bits demand it.
  private let scale: Double
  private let offset: SIMD3<Double>
  private let lower: SIMD3<Double>
  private let upper: SIMD3<Double>

  /// Throws `CloudError.unsupported` for a cloud whose extent is no finite number.
  init(_ cloud: PointCloud) throws(CloudError) {
    var lower = SIMD3<Double>(repeating: .infinity)
    var upper = -lower
    for row in stride(from: 0, to: cloud.positions.count, by: 3) {
      let position = SIMD3(
        cloud.positions[row], cloud.positions[row + 1], cloud.positions[row + 2])
      lower = pointwiseMin(lower, position)
      upper = pointwiseMax(upper, position)
    }
    let offset = lower.rounded(.down)
    let extent = (upper - offset).max()
    guard extent.isFinite else {
      throw .unsupported(format: "LAS", reason: "the extent of the cloud is no finite number")
    }
    var scale = 1e-9
    while extent / scale > Double(Int32.max) || (scale < 1e-4 && extent > 1e6 * scale) {
      scale *= 10
    }
    guard let layout = LASPointLayout(format: cloud.attributes.colors == nil ? 6 : 7) else {
      preconditionFailure("LAS defines point formats 6 and 7")
    }
    self.cloud = cloud
    self.layout = layout
    self.scale = scale
    self.offset = offset
    self.lower = lower
    self.upper = upper
  }

  /// The file, every point of class 0.
  func file() -> [UInt8] {
    var bytes = header()
    bytes.reserveCapacity(bytes.count + cloud.count * layout.baseLength)
    for point in 0..<cloud.count { append(point, to: &bytes) }
    return bytes
  }

  private func header() -> [UInt8] {
    var bytes = LASHeader.signature
    bytes.append(littleEndian: UInt16(0))
    // Point formats 6 and above describe their coordinate system, if any, as well-known text.
    bytes.append(littleEndian: UInt16(1 << 4))
    bytes.append("", paddedTo: 16)
    bytes += [1, 4]
    bytes.append("", paddedTo: 32)
    bytes.append("pointserve", paddedTo: 32)
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: UInt16(Self.headerSize))
    bytes.append(littleEndian: UInt32(Self.headerSize))
    bytes.append(littleEndian: UInt32(0))
    bytes.append(layout.format)
    bytes.append(littleEndian: UInt16(layout.baseLength))
    bytes.append("", paddedTo: 24)
    for value in [scale, scale, scale, offset.x, offset.y, offset.z] { bytes.append(value) }
    for axis in 0..<3 {
      bytes.append(upper[axis])
      bytes.append(lower[axis])
    }
    bytes.append("", paddedTo: 20)
    bytes.append(littleEndian: UInt64(cloud.count))
    var countsByReturn = [UInt64](repeating: 0, count: 16)
    for point in 0..<cloud.count { countsByReturn[Int(returnNumber(point))] += 1 }
    for number in 1...15 { bytes.append(littleEndian: countsByReturn[number]) }
    return bytes
  }

  private func append(_ point: Int, to bytes: inout [UInt8]) {
    for axis in 0..<3 {
      // Between zero and the extent over the scale, which the initializer made fit.
      let stored = ((cloud.positions[3 * point + axis] - offset[axis]) / scale).rounded()
      bytes.append(littleEndian: Int32(min(stored, Double(Int32.max))))
    }
    let intensity = cloud.attributes.intensity?[point] ?? 0
    bytes.append(littleEndian: UInt16(min(max(intensity.rounded(), 0), 65535)))
    let count = min(cloud.attributes.numberOfReturns?[point] ?? 1, 15)
    bytes.append(returnNumber(point) | count << 4)
    bytes += [0, 0, 0, 0, 0, 0, 0]
    bytes.append(Double(0))
    if let colors = cloud.attributes.colors {
      for channel in 0..<3 { bytes.append(littleEndian: colors[3 * point + channel]) }
    }
  }

  private func returnNumber(_ point: Int) -> UInt8 {
    min(cloud.attributes.returnNumber?[point] ?? 1, 15)
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ value: Double) { append(littleEndian: value.bitPattern) }
}
