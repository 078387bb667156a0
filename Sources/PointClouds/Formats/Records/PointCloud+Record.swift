extension PointCloud {
  /// Appends what begins the record of a point in binary PLY and PCD files: its position as float64,
  /// its intensity as float32, return number and number of returns as bytes, where the cloud has them.
  func appendRecordStart(of point: Int, to bytes: inout [UInt8]) {
    for axis in 0..<3 { bytes.append(littleEndian: positions[3 * point + axis].bitPattern) }
    if let intensity = attributes.intensity {
      bytes.append(littleEndian: intensity[point].bitPattern)
    }
    if let returnNumber = attributes.returnNumber { bytes.append(returnNumber[point]) }
    if let numberOfReturns = attributes.numberOfReturns { bytes.append(numberOfReturns[point]) }
  }
}
