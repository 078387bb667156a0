import GoldenFiles
import Layers

/// Elements of four bytes each on a 64-byte boundary, filled with NaN, with guard bytes behind.
@safe final class AlignedMemory {
  private static let guardByteCount = 64
  private static let guardByte: UInt8 = 0xFF

  private let base: UnsafeMutableRawPointer
  private let elementCount: Int

  init(elementCount: Int) {
    self.elementCount = elementCount
    let byteCount = elementCount * 4 + Self.guardByteCount
    unsafe base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    // All bits set is NaN as a float and -1 as an index: reading what nobody wrote shows.
    unsafe base.initializeMemory(as: UInt8.self, repeating: Self.guardByte, count: byteCount)
  }

  convenience init(_ tensor: GoldenTensor, layout: RowLayout) {
    precondition(
      tensor.floats.count + tensor.integers.count == layout.rowCount * tensor.rowWidth)
    self.init(elementCount: tensor.floats.count + tensor.integers.count)
    if tensor.integers.isEmpty {
      for (i, value) in tensor.floats.enumerated() { unsafe floats[i] = value }
    } else {
      for (i, value) in tensor.integers.enumerated() { unsafe integers[i] = value }
    }
  }

  deinit { unsafe base.deallocate() }

  var floats: UnsafeMutableBufferPointer<Float> {
    unsafe UnsafeMutableBufferPointer(
      start: base.assumingMemoryBound(to: Float.self), count: elementCount)
  }

  private var integers: UnsafeMutableBufferPointer<Int32> {
    unsafe UnsafeMutableBufferPointer(
      start: base.assumingMemoryBound(to: Int32.self), count: elementCount)
  }

  var floatValues: [Float] { unsafe Array(floats) }
  var integerValues: [Int32] { unsafe Array(integers) }

  func view(layout: RowLayout, rowWidth: Int) -> TensorView {
    precondition(layout.rowCount * rowWidth == elementCount)
    return unsafe TensorView(base: base, layout: layout, rowWidth: rowWidth)
  }

  /// Whether the memory still holds the tensor, bit for bit.
  func holds(_ tensor: GoldenTensor) -> Bool {
    tensor.integers.isEmpty
      ? floatValues.map(\.bitPattern) == tensor.floats.map(\.bitPattern)
      : integerValues == tensor.integers
  }

  /// Whether nobody wrote behind the last element.
  var endsIntact: Bool {
    let end = unsafe UnsafeRawBufferPointer(
      start: base + elementCount * 4, count: Self.guardByteCount)
    return unsafe end.allSatisfy { $0 == Self.guardByte }
  }
}
