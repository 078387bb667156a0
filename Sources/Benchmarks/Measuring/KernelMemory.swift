/// Elements at a multiple of 64 bytes, all zero at first, that kernels read and write.
///
/// Sendable although unchecked: the pointer is constant and freed with the last reference. Whoever
/// lets several threads write gives each of them elements of its own, as `TileSchedule` does with
/// the rows of an output and `scratch` with one memory for each thread.
@safe final class KernelMemory<Element: BitwiseCopyable & Numeric & Sendable>: @unchecked Sendable {
  let count: Int
  let pointer: UnsafeMutablePointer<Element>
  private let block: UnsafeMutableRawPointer

  init(count: Int) {
    self.count = count
    unsafe block = .allocate(
      byteCount: max(count, 1) * MemoryLayout<Element>.stride, alignment: 64)
    unsafe pointer = block.bindMemory(to: Element.self, capacity: max(count, 1))
    unsafe pointer.initialize(repeating: 0, count: max(count, 1))
  }

  convenience init(_ values: [Element]) {
    self.init(count: values.count)
    // In bounds: there are as many elements as values.
    for index in values.indices { unsafe pointer[index] = values[index] }
  }

  deinit { unsafe block.deallocate() }

  /// A copy of the elements.
  var values: [Element] { unsafe Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
