/// Checks of layouts that have to agree within one request.
enum LayoutCheck {
  /// Refuses an input whose clouds or rows differ from those of the first of `inputs`.
  static func sameRows(
    _ inputs: [InputRows], _ positions: [Int]
  ) throws(LayoutError) {
    guard let first = positions.first else { return }
    let expected = inputs[first].layout
    for position in positions.dropFirst() {
      let found = inputs[position].layout
      guard found != expected else { continue }
      try sameClouds(inputs, [first, position])
      for cloud in 0..<expected.cloudCount {
        let rows = expected.rows(of: cloud).count
        let other = found.rows(of: cloud).count
        guard rows == other else {
          throw .rowCount(input: position, cloud: cloud, expected: rows, found: other)
        }
      }
    }
  }

  /// Refuses an input with another number of clouds than the first of `positions`.
  static func sameClouds(_ inputs: [InputRows], _ positions: [Int]) throws(LayoutError) {
    guard let first = positions.first else { return }
    let expected = inputs[first].layout.cloudCount
    for position in positions.dropFirst() {
      let found = inputs[position].layout.cloudCount
      guard found == expected else {
        throw .cloudCount(input: position, expected: expected, found: found)
      }
    }
  }

  /// Refuses an input whose layout is not this one.
  static func layout(
    _ inputs: [InputRows], _ position: Int, is expected: RowLayout
  ) throws(LayoutError) {
    let stated = InputRows(layout: expected, width: inputs[position].width)
    do { try sameRows([stated, inputs[position]], [0, 1]) } catch {
      switch error {
      case .cloudCount(_, let expected, let found):
        throw .cloudCount(input: position, expected: expected, found: found)
      case .rowCount(_, let cloud, let expected, let found):
        throw .rowCount(input: position, cloud: cloud, expected: expected, found: found)
      case .empty: throw .empty(input: position)
      }
    }
  }

  /// Refuses rows of indices that hold none.
  static func hasNeighbors(_ inputs: [InputRows], _ position: Int) throws(LayoutError) {
    guard inputs[position].width >= 1 else { throw .empty(input: position) }
  }
}
