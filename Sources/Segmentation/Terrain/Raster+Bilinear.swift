extension Raster {
  /// The value between four cells at a position in cells; the outermost cells continue outside.
  func bilinear(row: Double, column: Double) -> Double {
    let row = min(max(row, 0), Double(rowCount - 1))
    let column = min(max(column, 0), Double(columnCount - 1))
    let (firstRow, firstColumn) = (Int(row), Int(column))
    let (nextRow, nextColumn) = (
      min(firstRow + 1, rowCount - 1), min(firstColumn + 1, columnCount - 1)
    )
    let (rowShare, columnShare) = (row - Double(firstRow), column - Double(firstColumn))
    return self[firstRow, firstColumn] * (1 - rowShare) * (1 - columnShare)
      + self[firstRow, nextColumn] * (1 - rowShare) * columnShare
      + self[nextRow, firstColumn] * rowShare * (1 - columnShare)
      + self[nextRow, nextColumn] * rowShare * columnShare
  }
}
