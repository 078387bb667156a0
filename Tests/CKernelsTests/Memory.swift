/// Elements in memory of their own, between guard elements, freed with the object.
@safe final class Memory<Element: BitwiseCopyable & Equatable> {
  let count: Int
  /// The first element.
  let pointer: UnsafeMutablePointer<Element>
  private let block: UnsafeMutableRawPointer
  private let guardValue: Element

  private static var guardCount: Int { 16 }

  /// Copies `values` to an address `offset` elements behind a multiple of 64 bytes.
  init(_ values: [Element], guardValue: Element, offset: Int = 0) {
    count = values.count
    self.guardValue = guardValue
    let total = values.count + offset + 2 * Self.guardCount
    unsafe block = UnsafeMutableRawPointer.allocate(
      byteCount: total * MemoryLayout<Element>.stride, alignment: 64)
    let elements = unsafe block.bindMemory(to: Element.self, capacity: total)
    unsafe elements.initialize(repeating: guardValue, count: total)
    unsafe pointer = elements + Self.guardCount + offset
    for index in values.indices { unsafe pointer[index] = values[index] }
  }

  deinit { unsafe block.deallocate() }

  var values: [Element] { unsafe Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// Whether nobody wrote in front of the first or behind the last element.
  var isIntact: Bool {
    (0..<Self.guardCount).allSatisfy {
      unsafe pointer[count + $0] == guardValue && pointer[-1 - $0] == guardValue
    }
  }
}

extension Memory where Element == Float {
  convenience init(_ values: [Float], offset: Int = 0) {
    self.init(values, guardValue: 1e30, offset: offset)
  }

  /// `count` elements that nothing has written.
  convenience init(count: Int, offset: Int = 0) {
    self.init([Float](repeating: 1e30, count: count), offset: offset)
  }
}

extension Memory where Element == Int32 {
  convenience init(_ values: [Int32]) {
    self.init(values, guardValue: .min)
  }
}
