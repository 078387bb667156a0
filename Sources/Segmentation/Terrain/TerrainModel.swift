/// A raster of the bare ground under a point cloud, found by a progressive morphological filter.
///
/// The lowest point of each cell is opened by squares of growing size; cells that an opening lowers
/// by more than a slope explains are objects, and the ground under them is interpolated. After
/// Zhang et al., "A progressive morphological filter for removing nonground measurements from
/// airborne LIDAR data" (2003), with the constants that the built-in model was trained with.
struct TerrainModel: Sendable {
  /// The ground's elevation at the cells' centers, meters.
  let elevations: Raster
  /// The side of a cell, meters.
  let cellSize: Double
  /// The corner of the first cell, meters.
  private let originX: Double
  private let originY: Double

  /// Sides of the openings' squares, cells.
  private static let windows = [3, 5, 7, 9, 13, 17, 23, 29, 37]
  /// Openings over wider squares are left out, meters.
  private static let widestWindow = 37.0 * 1.01
  /// How far the first opening may lower a cell of the ground, meters.
  private static let baseDrop = 0.4
  /// How much more each further opening may, per meter that its square grew.
  private static let slope = 0.2
  /// A cell this far below the median around it is no ground, meters.
  private static let outlierDrop = 6.0
  /// Standard deviations of the Gaussians that carry the ground under objects, meters.
  private static let fillDeviations = [2.0, 4, 8, 16]
  /// A Gaussian's weight of known ground from which it tells the elevation.
  private static let leastFillWeight = 0.03
  /// Standard deviation of the final smoothing, meters.
  private static let smoothingDeviation = 0.5
  /// Cells double their side until the raster has no more of them: 2 km x 2 km at one meter.
  private static let mostCells = 1 << 22
  /// The same for clouds of few points that lie far apart.
  private static let mostCellsPerPoint = 64

  /// Finds the ground under `positions`, `[points, 3]` in meters, at least one and all finite.
  init(positions: [Double], cellSize preferredCellSize: Double) {
    let bounds = PlanarBounds(positions: positions)
    var cellSize = preferredCellSize
    let mostCells = min(Self.mostCells, max(1 << 16, Self.mostCellsPerPoint * positions.count / 3))
    while bounds.cellCount(cellSize: cellSize) > Double(mostCells) { cellSize *= 2 }
    self.cellSize = cellSize
    (originX, originY) = (bounds.minimumX, bounds.minimumY)

    let lowest = bounds.lowestElevations(of: positions, cellSize: cellSize)
    var isUnknown = lowest.values.map { $0 == .infinity }
    var surface = lowest.filledFromNearest(missing: isUnknown)
    let isLow = surface.replaceLowOutliers(drop: Self.outlierDrop)
    for cell in isUnknown.indices where isLow[cell] { isUnknown[cell] = true }

    let opened = Self.markObjects(of: surface, cellSize: cellSize, in: &isUnknown)
    let ground =
      isUnknown.contains(false)
      ? Self.interpolated(surface, unknown: isUnknown, cellSize: cellSize) : opened
    elevations = ground.gaussianSmoothed(sigma: Self.smoothingDeviation / cellSize)
  }

  /// The ground's elevation at a point of the plane, meters.
  func elevation(x: Double, y: Double) -> Double {
    elevations.bilinear(
      row: (x - originX) / cellSize - 0.5, column: (y - originY) / cellSize - 0.5)
  }

  /// Adds the cells of objects to `isUnknown` and returns the last opening.
  private static func markObjects(
    of surface: Raster, cellSize: Double, in isUnknown: inout [Bool]
  ) -> Raster {
    var current = surface
    var previousWindow = 1
    for window in windows {
      if Double(window) * cellSize > widestWindow { break }
      let opened = current.opened(window: window)
      let growth = Double(window - previousWindow) * cellSize
      let drop = window == windows[0] ? baseDrop : max(baseDrop, slope * growth + baseDrop)
      for cell in isUnknown.indices where current.values[cell] - opened.values[cell] > drop {
        isUnknown[cell] = true
      }
      current = opened
      previousWindow = window
    }
    return current
  }

  /// Fills unknown cells by the narrowest normalized Gaussian that reaches enough known ones, the
  /// rest from the nearest.
  private static func interpolated(
    _ surface: Raster, unknown isUnknown: [Bool], cellSize: Double
  ) -> Raster {
    var ground = surface
    var isMissing = isUnknown
    var weights = surface
    var weighted = surface
    for cell in isUnknown.indices {
      weights.values[cell] = isUnknown[cell] ? 0 : 1
      if isUnknown[cell] { weighted.values[cell] = 0 }
    }
    for deviation in fillDeviations where isMissing.contains(true) {
      let sigma = deviation / cellSize
      let reach = weights.gaussianSmoothed(sigma: sigma, truncation: 3)
      let sum = weighted.gaussianSmoothed(sigma: sigma, truncation: 3)
      for cell in isMissing.indices
      where isMissing[cell] && reach.values[cell] > leastFillWeight {
        ground.values[cell] = sum.values[cell] / reach.values[cell]
        isMissing[cell] = false
      }
    }
    return ground.filledFromNearest(missing: isMissing)
  }
}

/// The rectangle around points of the plane, meters.
private struct PlanarBounds {
  private(set) var minimumX = Double.infinity
  private(set) var minimumY = Double.infinity
  private var maximumX = -Double.infinity
  private var maximumY = -Double.infinity

  init(positions: [Double]) {
    for start in stride(from: 0, to: positions.count, by: 3) {
      let (x, y) = (positions[start], positions[start + 1])
      minimumX = min(minimumX, x)
      maximumX = max(maximumX, x)
      minimumY = min(minimumY, y)
      maximumY = max(maximumY, y)
    }
  }

  private func extents(cellSize: Double) -> (rows: Double, columns: Double) {
    (
      ((maximumX - minimumX) / cellSize).rounded(.down) + 1,
      ((maximumY - minimumY) / cellSize).rounded(.down) + 1
    )
  }

  func cellCount(cellSize: Double) -> Double {
    let extents = extents(cellSize: cellSize)
    return extents.rows * extents.columns
  }

  /// The lowest point of each cell, infinity in cells without one.
  func lowestElevations(of positions: [Double], cellSize: Double) -> Raster {
    let extents = extents(cellSize: cellSize)
    var raster = Raster(
      rowCount: Int(extents.rows), columnCount: Int(extents.columns), repeating: .infinity)
    for start in stride(from: 0, to: positions.count, by: 3) {
      let row = Int((positions[start] - minimumX) / cellSize)
      let column = Int((positions[start + 1] - minimumY) / cellSize)
      raster[row, column] = min(raster[row, column], positions[start + 2])
    }
    return raster
  }
}
