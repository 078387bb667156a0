extension TensorView {
  /// The floats of one cloud from one of its rows on, `[rows, rowWidth]`; `nil` for a cloud without
  /// elements.
  func floats(of cloud: Int, from row: Int = 0) -> UnsafeMutablePointer<Float>? {
    let rows = layout.rows(of: cloud)
    guard !rows.isEmpty, rowWidth > 0 else { return nil }
    precondition(row < rows.count)
    // In bounds: the clouds' rows end at rowCount, and the view holds rowCount * rowWidth elements.
    return unsafe floats.baseAddress.map { unsafe $0 + (rows.lowerBound + row) * rowWidth }
  }

  /// The indices of one cloud from one of its rows on, `[rows, rowWidth]`; `nil` for a cloud without
  /// elements.
  func indices(of cloud: Int, from row: Int = 0) -> UnsafeMutablePointer<Int32>? {
    let rows = layout.rows(of: cloud)
    guard !rows.isEmpty, rowWidth > 0 else { return nil }
    precondition(row < rows.count)
    // In bounds: the clouds' rows end at rowCount, and the view holds rowCount * rowWidth elements.
    return unsafe indices.baseAddress.map { unsafe $0 + (rows.lowerBound + row) * rowWidth }
  }

  /// The floats of a range of rows, `[rows.count, rowWidth]`.
  func floats(of rows: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    unsafe UnsafeMutableBufferPointer(
      rebasing: floats[(rows.lowerBound * rowWidth)..<(rows.upperBound * rowWidth)])
  }

  /// The indices of a range of rows, `[rows.count, rowWidth]`.
  func indices(of rows: Range<Int>) -> UnsafeMutableBufferPointer<Int32> {
    unsafe UnsafeMutableBufferPointer(
      rebasing: indices[(rows.lowerBound * rowWidth)..<(rows.upperBound * rowWidth)])
  }
}

extension Operands {
  /// The floats of the output's rows that are to be computed.
  var outputFloats: UnsafeMutableBufferPointer<Float> { unsafe output.floats(of: rows) }

  /// The floats of the same rows of an input.
  func inputFloats(_ input: Int) -> UnsafeMutableBufferPointer<Float> {
    unsafe inputs[input].floats(of: rows)
  }

  /// The scratch memory; the output's address stands in where no scratch was asked for, since a
  /// kernel that needs none never touches it.
  var scratchAddress: UnsafeMutableRawPointer {
    if let address = unsafe scratch.baseAddress { return UnsafeMutableRawPointer(address) }
    guard let address = unsafe output.floats.baseAddress else {
      preconditionFailure("an output of elements has an address")
    }
    return UnsafeMutableRawPointer(address)
  }
}
