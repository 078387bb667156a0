/// The element type and the extents that a tensor of a graph has before a request is known.
package struct TensorSpec: Hashable, Sendable {
  /// The type of every element.
  package enum ElementType: Hashable, Sendable {
    case float32
    case int32
  }

  package var elementType: ElementType

  /// Extents, outermost first; `nil` where a request decides.
  package var extents: [Int?]

  package init(_ elementType: ElementType = .float32, extents: [Int?]) {
    self.elementType = elementType
    self.extents = extents
  }

  /// How many trailing extents make one row: images `[N, C, H, W]` have rows of three, all else one.
  package var rowRank: Int { extents.count >= 4 ? extents.count - 1 : min(extents.count, 1) }

  /// The extents of one row, outermost first.
  package var rowExtents: ArraySlice<Int?> { extents.suffix(rowRank) }

  /// The elements of one row, or `nil` where a request decides or the product overflows.
  package var rowWidth: Int? {
    var width = 1
    for extent in rowExtents {
      guard let extent else { return nil }
      let (product, overflow) = width.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      width = product
    }
    return width
  }
}
