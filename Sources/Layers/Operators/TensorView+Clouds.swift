extension TensorView {
  /// The floats of one cloud, `[rows, rowWidth]`; `nil` for a cloud without elements.
  func floats(of cloud: Int) -> UnsafeMutablePointer<Float>? {
    let rows = layout.rows(of: cloud)
    guard !rows.isEmpty, rowWidth > 0 else { return nil }
    // In bounds: offsets ascend to rowCount, and the view holds rowCount * rowWidth elements.
    return unsafe floats.baseAddress.map { unsafe $0 + rows.lowerBound * rowWidth }
  }

  /// The indices of one cloud, `[rows, rowWidth]`; `nil` for a cloud without elements.
  func indices(of cloud: Int) -> UnsafeMutablePointer<Int32>? {
    let rows = layout.rows(of: cloud)
    guard !rows.isEmpty, rowWidth > 0 else { return nil }
    // In bounds: offsets ascend to rowCount, and the view holds rowCount * rowWidth elements.
    return unsafe indices.baseAddress.map { unsafe $0 + rows.lowerBound * rowWidth }
  }
}

extension Operands {
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
