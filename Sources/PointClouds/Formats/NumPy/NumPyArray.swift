/// An NPY file that holds one array of numbers.
package struct NumPyArray: Sendable, Equatable {
  /// Outermost first.
  package let shape: [Int]
  /// Row-major.
  package let values: [Double]

  /// Reads an array of one or two axes, in either byte and memory order.
  ///
  /// - Parameter bytes: the content of the file.
  /// - Throws: `CloudError.malformed` and `.unsupported`.
  package init(_ bytes: [UInt8]) throws(CloudError) {
    let header = try NumPyHeader(bytes)
    guard case .number(let type, let order) = header.element else {
      throw .unsupported(format: "NPY", reason: "a structured array in place of plain numbers")
    }
    shape = header.shape
    guard (1...2).contains(shape.count) else {
      throw NumPyHeader.malformed(header.dataOffset, "shape", "one or two axes", "\(shape)")
    }
    let width = shape.count == 2 ? shape[1] : 1
    let rowCount = shape[0]
    // The header's length check bounds every product below.
    let (rowStep, columnStep) = header.isFortranOrder ? (1, rowCount) : (width, 1)
    var values: [Double] = []
    values.reserveCapacity(rowCount * width)
    for row in 0..<rowCount {
      for column in 0..<width {
        let number = row * rowStep + column * columnStep
        values.append(type.value(bytes, at: header.dataOffset + number * type.byteCount, order))
      }
    }
    self.values = values
  }
}
