import Foundation
import RandomNumbers
import Testing

@testable import Segmentation

private let sizes = [(1, 1), (1, 9), (7, 1), (3, 5), (19, 23), (40, 17)]

private func noise(rows: Int, columns: Int, seed: UInt64 = 1) -> Raster {
  var generator = SeededGenerator(seed: seed &+ UInt64(rows * 1000 + columns))
  var raster = Raster(rowCount: rows, columnCount: columns, repeating: 0)
  for cell in raster.values.indices {
    raster.values[cell] = Double.random(in: -5...5, using: &generator)
  }
  return raster
}

@Test(arguments: sizes, [3, 5, 9])
func `an opening equals the definition`(size: (Int, Int), window: Int) throws {
  let raster = noise(rows: size.0, columns: size.1)
  let opened = try raster.opened(window: window)
  let half = window / 2
  let isMirrored = min(size.0, size.1) > window
  func source(_ index: Int, _ count: Int) -> Int {
    guard isMirrored else { return min(max(index, 0), count - 1) }
    return index < 0 ? -index : index < count ? index : 2 * (count - 1) - index
  }
  func eroded(_ row: Int, _ column: Int) -> Double {
    var lowest = Double.infinity
    for i in -half...half {
      for j in -half...half {
        lowest = min(lowest, raster[source(row + i, size.0), source(column + j, size.1)])
      }
    }
    return lowest
  }
  for row in stride(from: 0, to: size.0, by: 3) {
    for column in stride(from: 0, to: size.1, by: 2) {
      var highest = -Double.infinity
      for i in -half...half {
        for j in -half...half { highest = max(highest, eroded(row + i, column + j)) }
      }
      #expect(opened[row, column] == highest, "row \(row), column \(column)")
    }
  }
}

@Test(arguments: sizes)
func `missing cells take the value of a nearest cell`(rows: Int, columns: Int) throws {
  let raster = noise(rows: rows, columns: columns)
  let missing = raster.values.map { $0 < 3.5 }
  let filled = try raster.filledFromNearest(missing: missing)
  for row in 0..<rows {
    for column in 0..<columns {
      let candidates = raster.values.indices.filter { !missing[$0] }
      let distances = candidates.map { cell in
        let (i, j) = (cell / columns - row, cell % columns - column)
        return i * i + j * j
      }
      guard let least = distances.min() else {
        #expect(filled == raster)
        return
      }
      let nearest = zip(candidates, distances).filter { $1 == least }.map { raster.values[$0.0] }
      #expect(nearest.contains(filled[row, column]), "row \(row), column \(column)")
    }
  }
}

@Test func `of equally near cells the lower column wins, then the lower row`() throws {
  var raster = Raster(rowCount: 3, columnCount: 3, repeating: 0)
  var missing = [Bool](repeating: true, count: 9)
  for (row, column, value) in [(0, 1, 1.0), (1, 0, 2), (1, 2, 3), (2, 1, 4)] {
    raster[row, column] = value
    missing[row * 3 + column] = false
  }
  #expect(try raster.filledFromNearest(missing: missing)[1, 1] == 2)
  missing[3] = true
  missing[5] = true
  #expect(try raster.filledFromNearest(missing: missing)[1, 1] == 1)
}

@Test(arguments: sizes, [(0.1, 4.0), (0.5, 4), (2, 3), (8, 3)])
func `smoothing equals the weighted mean of the mirrored raster`(
  size: (Int, Int), kernel: (Double, Double)
) throws {
  let raster = noise(rows: size.0, columns: size.1)
  let smoothed = try raster.gaussianSmoothed(sigma: kernel.0, truncation: kernel.1)
  let radius = Int(kernel.1 * kernel.0 + 0.5)
  func weight(_ offset: Int) -> Double {
    exp(-0.5 * Double(offset * offset) / (kernel.0 * kernel.0))
  }
  for (row, column) in [(0, 0), (size.0 / 2, size.1 / 2), (size.0 - 1, size.1 - 1)] {
    var (sum, total) = (0.0, 0.0)
    for i in -radius...radius {
      for j in -radius...radius {
        let share = weight(i) * weight(j)
        total += share
        sum +=
          share
          * raster[
            Raster.mirroredIndex(row + i, count: size.0),
            Raster.mirroredIndex(column + j, count: size.1)]
      }
    }
    #expect(abs(smoothed[row, column] - sum / total) < 1e-12)
  }
}

@Test func `the mirror repeats the outermost cell`() {
  let indices = (-7...9).map { Raster.mirroredIndex($0, count: 3) }
  #expect(indices == [0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2])
}

@Test(arguments: sizes)
func `low cells are those below the median around them`(rows: Int, columns: Int) throws {
  let raster = noise(rows: rows, columns: columns)
  var replaced = raster
  let isLow = try replaced.replaceLowOutliers(drop: 4, windowCells: 9)
  for row in 0..<rows {
    for column in 0..<columns {
      var around: [Double] = []
      for i in -4...4 {
        for j in -4...4 {
          around.append(
            raster[
              Raster.mirroredIndex(row + i, count: rows),
              Raster.mirroredIndex(column + j, count: columns)])
        }
      }
      let median = around.sorted()[40]
      let cell = row * columns + column
      #expect(isLow[cell] == (raster.values[cell] < median - 4))
      #expect(replaced.values[cell] == (isLow[cell] ? median : raster.values[cell]))
    }
  }
}

@Test func `bilinear values are exact at centers and continue outside`() {
  var raster = Raster(rowCount: 2, columnCount: 2, repeating: 0)
  raster.values = [1, 2, 3, 5]
  #expect(raster.bilinear(row: 1, column: 1) == 5)
  #expect(raster.bilinear(row: 0.5, column: 0.5) == 2.75)
  #expect(raster.bilinear(row: -3, column: 9) == 2)
}
