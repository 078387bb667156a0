import CKernels

/// Checks of the specs that a layer's inputs have before any request is known.
///
/// No extent may be larger than `ConfigReader.extentLimit`, so that products of three stay
/// representable.
struct InputCheck {
  private static let limit = ConfigReader.extentLimit

  private let specs: [TensorSpec]

  /// Refuses a number of inputs other than that of the roles, which are the names of the inputs as
  /// the layer's documentation has them.
  init(_ specs: [TensorSpec], roles: String...) throws(LayerError) {
    guard specs.count == roles.count else {
      let noun = roles.count == 1 ? "input" : "inputs"
      throw .inputCount(
        expected: "\(roles.count) \(noun) (\(roles.joined(separator: ", ")))", found: specs.count)
    }
    self.specs = specs
  }

  /// Inputs of any number from `minimum` up.
  init(_ specs: [TensorSpec], atLeast minimum: Int) throws(LayerError) {
    guard specs.count >= minimum else {
      throw .inputCount(
        expected: "at least \(minimum) \(minimum == 1 ? "input" : "inputs")", found: specs.count)
    }
    self.specs = specs
  }

  subscript(input: Int) -> TensorSpec { specs[input] }

  /// The channels of a float tensor: its last extent.
  ///
  /// All extents of a row must be known.
  func channels(_ input: Int) throws(LayerError) -> Int {
    let spec = specs[input]
    guard spec.elementType == .float32, (2...4).contains(spec.extents.count),
      spec.rowExtents.allSatisfy({ (1...Self.limit).contains($0 ?? 0) }),
      let channels = spec.rowExtents.last ?? nil
    else {
      throw refusal(
        input,
        "float32 [..., width] of two to four axes, with known extents of rows from 1 to "
          + "\(Self.limit)")
    }
    return channels
  }

  /// The width of float rows, `[points, width]` or `[clouds, points, width]`.
  func pointWidth(_ input: Int, expected: Int? = nil) throws(LayerError) -> Int {
    let wanted = expected.map(String.init) ?? "width"
    let spec = specs[input]
    guard spec.elementType == .float32, (2...3).contains(spec.extents.count),
      let width = spec.extents[spec.extents.count - 1], (1...Self.limit).contains(width),
      width == expected ?? width
    else {
      throw refusal(
        input,
        "float32 [points, \(wanted)] or [clouds, points, \(wanted)]"
          + (expected == nil ? " with a known width from 1 to \(Self.limit)" : ""))
    }
    return width
  }

  /// The indices per row, `[points, neighbors]` or `[clouds, points, neighbors]`; `nil` where a
  /// request decides.
  func neighborCount(_ input: Int, expected: Int? = nil) throws(LayerError) -> Int? {
    let wanted = expected.map(String.init) ?? "neighbors"
    let spec = specs[input]
    guard spec.elementType == .int32, (2...3).contains(spec.extents.count) else {
      throw refusal(input, "int32 [points, \(wanted)] or [clouds, points, \(wanted)]")
    }
    let count = spec.extents[spec.extents.count - 1]
    guard (1...Self.limit).contains(count ?? 1) else {
      throw refusal(input, "indices of at least one neighbor and of at most \(Self.limit)")
    }
    guard expected == nil || count == expected else {
      throw refusal(input, "int32 [points, \(wanted)] or [clouds, points, \(wanted)]")
    }
    return count
  }

  /// Refuses points with more coordinates than the kernels hold.
  func requireDimensions(_ input: Int, _ count: Int) throws(LayerError) {
    let limit = Int(ckernels_dimension_limit)
    guard count <= limit else { throw refusal(input, "points of 1 to \(limit) coordinates") }
  }

  /// The error for an input of another shape.
  func refusal(_ input: Int, _ expected: String) -> LayerError {
    .inputShape(input: input, expected: expected, found: specs[input].text)
  }
}

extension TensorSpec {
  /// Such as `float32 [?, 16]`.
  package var text: String {
    let extents = extents.map { $0.map(String.init) ?? "?" }.joined(separator: ", ")
    return "\(elementType) [\(extents)]"
  }

  /// Rows of this tensor's rank whose last extent is another one; leading extents are open.
  func rows(lastExtent: Int) -> TensorSpec {
    let row = rowExtents.dropLast() + [lastExtent]
    return TensorSpec(
      .float32, extents: Array(repeating: nil, count: extents.count - row.count) + row)
  }

  /// The same rows, leading extents open.
  var openRows: TensorSpec {
    TensorSpec(
      elementType, extents: Array(repeating: nil, count: extents.count - rowRank) + rowExtents)
  }
}

/// Neighbors per point that an estimate of work assumes where a request decides.
let assumedNeighborCount = 16

/// The product of counts, or the largest integer where it is not representable.
func saturatingProduct(_ factors: Int...) -> Int {
  var product = 1
  for factor in factors {
    let (next, overflow) = product.multipliedReportingOverflow(by: factor)
    if overflow { return .max }
    product = next
  }
  return product
}
