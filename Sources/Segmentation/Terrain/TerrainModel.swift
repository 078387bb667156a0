import Batching
import Models
import PointClouds

/// A raster of the bare ground under a point cloud, found by a progressive morphological filter.
///
/// The lowest point of each cell is opened by squares of growing size; cells that an opening lowers
/// by more than a slope explains are objects, and the ground under them is interpolated. After
/// Zhang et al., "A progressive morphological filter for removing nonground measurements from
/// airborne LIDAR data" (2003).
struct TerrainModel: Sendable {
  /// The ground's elevation at the cells' centers, meters.
  let elevations: Raster
  /// The side of a cell, meters.
  let cellSize: Double
  /// The corner of the first cell, meters.
  private let originX: Double
  private let originY: Double

  /// Cells double their side until the raster, with the margins that its widest opening adds, has no
  /// more of them: 2 km x 2 km at one meter.
  private static let mostCells = 4_500_000
  /// The same for clouds of few points that lie far apart.
  private static let mostCellsPerPoint = 64
  /// The least that `mostCellsPerPoint` comes to, however few points there are.
  private static let fewestCells = 100_000

  /// Finds the ground.
  ///
  /// - Parameters:
  ///   - positions: meters, at least one and all finite.
  ///   - preferredCellSize: the side of a cell, meters; a raster of too many cells gets larger ones.
  ///   - section: the filter's constants.
  ///   - threads: what helps, and whether the result is still wanted.
  /// - Throws: `WorkAbandoned`.
  init(
    positions: LocalPositions, cellSize preferredCellSize: Double,
    section: HeightAboveGroundSection, on threads: WorkSharing
  ) throws(WorkAbandoned) {
    let bounds = try PlanarBounds(positions: positions, on: threads)
    var cellSize = preferredCellSize
    let mostCells = min(
      Self.mostCells, max(Self.fewestCells, Self.mostCellsPerPoint * positions.count))
    while bounds.cellCount(
      cellSize: cellSize, margin: section.windows(cellSize: cellSize).last ?? 0)
      > Double(mostCells)
    {
      cellSize *= 2
    }
    self.cellSize = cellSize
    (originX, originY) = (bounds.minimumX, bounds.minimumY)

    let lowest = try bounds.lowestElevations(of: positions, cellSize: cellSize, on: threads)
    var isUnknown = lowest.values.map { $0 == .infinity }
    var surface = try lowest.filledFromNearest(missing: isUnknown, on: threads)
    let isLow = try surface.replaceLowOutliers(
      drop: section.outlierDropMeters, windowCells: section.outlierWindowCells, on: threads)
    for cell in isUnknown.indices where isLow[cell] { isUnknown[cell] = true }

    let opened = try Self.markObjects(
      of: surface, cellSize: cellSize, section: section, in: &isUnknown, on: threads)
    let ground =
      isUnknown.contains(false)
      ? try Self.interpolated(
        surface, unknown: isUnknown, cellSize: cellSize, section: section, on: threads)
      : opened
    elevations = try ground.gaussianSmoothed(
      sigma: section.smoothingMeters / cellSize,
      truncation: HeightAboveGroundSection.smoothingTruncation, on: threads)
  }

  /// The ground's elevation at a point of the plane, meters.
  func elevation(x: Double, y: Double) -> Double {
    elevations.bilinear(
      row: (x - originX) / cellSize - 0.5, column: (y - originY) / cellSize - 0.5)
  }

  /// Adds the cells of objects to `isUnknown` and returns the last opening.
  private static func markObjects(
    of surface: Raster, cellSize: Double, section: HeightAboveGroundSection,
    in isUnknown: inout [Bool], on threads: WorkSharing
  ) throws(WorkAbandoned) -> Raster {
    var current = surface
    var previousWindow = 1
    for window in section.windows(cellSize: cellSize) {
      let opened = try current.opened(window: window, on: threads)
      let growth = Double(window - previousWindow) * cellSize
      let isFirst = window == section.windowCells[0]
      let drop = section.firstDropMeters + (isFirst ? 0 : section.slope * growth)
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
    _ surface: Raster, unknown isUnknown: [Bool], cellSize: Double,
    section: HeightAboveGroundSection, on threads: WorkSharing
  ) throws(WorkAbandoned) -> Raster {
    var ground = surface
    var isMissing = isUnknown
    var weights = surface
    var weighted = surface
    for cell in isUnknown.indices {
      weights.values[cell] = isUnknown[cell] ? 0 : 1
      if isUnknown[cell] { weighted.values[cell] = 0 }
    }
    for deviation in section.fillMeters where isMissing.contains(true) {
      let sigma = deviation / cellSize
      let reach = try weights.gaussianSmoothed(
        sigma: sigma, truncation: section.fillTruncation, on: threads)
      let sum = try weighted.gaussianSmoothed(
        sigma: sigma, truncation: section.fillTruncation, on: threads)
      for cell in isMissing.indices
      where isMissing[cell] && reach.values[cell] > section.minimumFillWeight {
        ground.values[cell] = sum.values[cell] / reach.values[cell]
        isMissing[cell] = false
      }
    }
    return try ground.filledFromNearest(missing: isMissing, on: threads)
  }
}

extension HeightAboveGroundSection {
  /// The openings that are no wider than the limit, cells.
  fileprivate func windows(cellSize: Double) -> ArraySlice<Int> {
    // A cell size that does not divide the limit shall not cost the widest opening.
    windowCells.prefix { Double($0) * cellSize <= maximumWindowMeters * 1.01 }
  }
}

/// The rectangle around points of the plane, meters.
private struct PlanarBounds {
  private(set) var minimumX = Double.infinity
  private(set) var minimumY = Double.infinity
  private var maximumX = -Double.infinity
  private var maximumY = -Double.infinity

  init(positions: LocalPositions, on threads: WorkSharing) throws(WorkAbandoned) {
    try threads.inTurn(positions.count) { points in
      for point in points {
        let position = positions[point]
        minimumX = min(minimumX, position.x)
        maximumX = max(maximumX, position.x)
        minimumY = min(minimumY, position.y)
        maximumY = max(maximumY, position.y)
      }
    }
  }

  private func extents(cellSize: Double) -> (rows: Double, columns: Double) {
    (
      ((maximumX - minimumX) / cellSize).rounded(.down) + 1,
      ((maximumY - minimumY) / cellSize).rounded(.down) + 1
    )
  }

  /// The cells of a raster and of margins of `margin` cells along its sides.
  func cellCount(cellSize: Double, margin: Int) -> Double {
    let (rows, columns) = extents(cellSize: cellSize)
    return rows * columns + 2 * Double(margin) * (rows + columns)
  }

  /// The lowest point of each cell, infinity in cells without one.
  func lowestElevations(
    of positions: LocalPositions, cellSize: Double, on threads: WorkSharing
  ) throws(WorkAbandoned) -> Raster {
    let extents = extents(cellSize: cellSize)
    var raster = Raster(
      rowCount: Int(extents.rows), columnCount: Int(extents.columns), repeating: .infinity)
    try threads.inTurn(positions.count) { points in
      for point in points {
        let position = positions[point]
        let row = Int((position.x - minimumX) / cellSize)
        let column = Int((position.y - minimumY) / cellSize)
        raster[row, column] = min(raster[row, column], position.z)
      }
    }
    return raster
  }
}
