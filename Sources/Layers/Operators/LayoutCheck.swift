/// Checks of layouts that have to agree within one request.
enum LayoutCheck {
  /// Refuses any input whose clouds or rows differ from those of the first.
  static func sameRows(_ inputs: [InputRows]) throws(LayoutError) {
    for position in inputs.indices.dropFirst() { try sameRows(inputs, 0, position) }
  }

  /// Refuses an input, the second one named, whose clouds or rows differ from those of the first.
  static func sameRows(
    _ inputs: [InputRows], _ first: Int, _ position: Int
  ) throws(LayoutError) {
    try sameRows(inputs[first].layout, inputs[position].layout, position)
  }

  private static func sameRows(
    _ expected: RowLayout, _ found: RowLayout, _ position: Int
  ) throws(LayoutError) {
    guard found != expected else { return }
    try sameClouds(expected, found, position)
    for cloud in 0..<expected.cloudCount {
      let rows = expected.rows(of: cloud).count
      let other = found.rows(of: cloud).count
      guard rows == other else {
        throw .rowCount(input: position, cloud: cloud, expected: rows, found: other)
      }
    }
  }

  /// Refuses an input, the second one named, with another number of clouds than the first.
  static func sameClouds(
    _ inputs: [InputRows], _ first: Int, _ position: Int
  ) throws(LayoutError) {
    try sameClouds(inputs[first].layout, inputs[position].layout, position)
  }

  private static func sameClouds(
    _ expected: RowLayout, _ found: RowLayout, _ position: Int
  ) throws(LayoutError) {
    guard found.cloudCount == expected.cloudCount else {
      throw .cloudCount(
        input: position, expected: expected.cloudCount, found: found.cloudCount)
    }
  }

  /// Refuses an input whose layout is not this one.
  static func layout(
    _ inputs: [InputRows], _ position: Int, is expected: RowLayout
  ) throws(LayoutError) {
    try sameRows(expected, inputs[position].layout, position)
  }

  /// Refuses rows of indices that hold none.
  static func hasNeighbors(_ inputs: [InputRows], _ position: Int) throws(LayoutError) {
    guard inputs[position].width >= 1 else { throw .empty(input: position) }
  }
}
