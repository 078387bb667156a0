import Layers

/// The progressive morphological filter that separates ground from objects on a raster of lowest
/// heights.
package struct HeightAboveGroundSection: Sendable, Hashable {
  /// Raster cell, meters, where the voxel unit is below `coarseFromVoxelMeters`.
  package var cellMeters = 1.0
  /// Raster cell, meters, from that voxel unit on.
  package var coarseCellMeters = 2.0
  package var coarseFromVoxelMeters = 1.2
  /// A cell lower than the median of this many cells squared by more than `outlierDropMeters` is
  /// an outlier.
  package var outlierWindowCells = 9
  package var outlierDropMeters = 6.0
  /// Edges of the square openings, cells, ascending and odd.
  package var windowCells = [3, 5, 7, 9, 13, 17, 23, 29, 37]
  /// Openings wider than this, meters, are left out.
  package var maximumWindowMeters = 37.0
  /// The drop that makes a cell an object at the first opening, meters.
  package var firstDropMeters = 0.4
  /// What the tolerated drop gains per meter that an opening is wider than the one before.
  package var slope = 0.2
  /// Standard deviations of the Gaussians that fill the ground under objects, meters, ascending.
  package var fillMeters = [2.0, 4.0, 8.0, 16.0]
  /// The weight of ground that a fill needs.
  package var minimumFillWeight = 0.03
  /// Fill Gaussians end after this many standard deviations.
  package var fillTruncation = 3.0
  /// Standard deviation of the last Gaussian over the terrain, meters.
  package var smoothingMeters = 0.5

  private enum Key: String, CaseIterable {
    case cellMeters = "cell_meters"
    case coarseCellMeters = "coarse_cell_meters"
    case coarseFromVoxelMeters = "coarse_from_voxel_meters"
    case outlierWindowCells = "outlier_window_cells"
    case outlierDropMeters = "outlier_drop_meters"
    case windowCells = "window_cells"
    case maximumWindowMeters = "maximum_window_meters"
    case firstDropMeters = "first_drop_meters"
    case slope
    case fillMeters = "fill_meters"
    case minimumFillWeight = "minimum_fill_weight"
    case fillTruncation = "fill_truncation"
    case smoothingMeters = "smoothing_meters"
  }

  /// The widest opening that a manifest may ask for, in cells.
  private static let windowLimit = 1001
  /// The most openings, and the most Gaussians, that a manifest may ask for.
  private static let stepLimit = 32
  /// The widest surroundings of an outlier, in cells.
  private static let outlierWindowLimit = 33
  /// How far a Gaussian may reach, in cells: each cell costs as many steps.
  private static let reachLimit = 256.0
  /// Where the last Gaussian ends, in standard deviations.
  package static let smoothingTruncation = 4.0

  package init() {}

  init(_ value: ConfigValue, path: String) throws(ManifestError) {
    let object = try ManifestObject(value, path: path, keys: Key.self)
    cellMeters = try object.number(.cellMeters, in: 0.01...1000, default: cellMeters)
    coarseCellMeters = try object.number(
      .coarseCellMeters, in: 0.01...1000, default: coarseCellMeters)
    coarseFromVoxelMeters = try object.number(
      .coarseFromVoxelMeters, in: .nonnegative, default: coarseFromVoxelMeters)
    outlierWindowCells = try object.integer(
      .outlierWindowCells, in: 1...Self.outlierWindowLimit, default: outlierWindowCells)
    try Self.requireOdd(outlierWindowCells, object.path(.outlierWindowCells))
    outlierDropMeters = try object.number(
      .outlierDropMeters, in: .nonnegative, default: outlierDropMeters)
    windowCells = try object.integers(
      .windowCells, in: 3...Self.windowLimit, default: windowCells)
    for (index, window) in windowCells.enumerated() {
      try Self.requireOdd(window, "\(object.path(.windowCells))[\(index)]")
    }
    try Self.requireAscending(windowCells.map(Double.init), object.path(.windowCells))
    try Self.requireFew(windowCells.count, object.path(.windowCells))
    maximumWindowMeters = try object.number(
      .maximumWindowMeters, in: .nonnegative, default: maximumWindowMeters)
    firstDropMeters = try object.number(
      .firstDropMeters, in: .nonnegative, default: firstDropMeters)
    slope = try object.number(.slope, in: .nonnegative, default: slope)
    if object.contains(.fillMeters) {
      fillMeters = try object.numbers(.fillMeters, in: 0.01...1000)
      try Self.requireAscending(fillMeters, object.path(.fillMeters))
      try Self.requireFew(fillMeters.count, object.path(.fillMeters))
    }
    minimumFillWeight = try object.number(
      .minimumFillWeight, in: 1e-6...1, default: minimumFillWeight)
    fillTruncation = try object.number(.fillTruncation, in: 1...10, default: fillTruncation)
    smoothingMeters = try object.number(
      .smoothingMeters, in: 0...1000, default: smoothingMeters)
    for (index, deviation) in fillMeters.enumerated() {
      try requireReach(
        deviation, truncation: fillTruncation, "\(object.path(.fillMeters))[\(index)]")
    }
    try requireReach(
      smoothingMeters, truncation: Self.smoothingTruncation, object.path(.smoothingMeters))
  }

  /// Refuses a Gaussian that reaches so many cells that smoothing a raster would take minutes.
  private func requireReach(
    _ deviation: Double, truncation: Double, _ path: String
  ) throws(ManifestError) {
    let most = Self.reachLimit * min(cellMeters, coarseCellMeters) / truncation
    guard deviation <= most else {
      throw .invalidValue(
        key: path,
        expected: "at most \(most) meters, which reach \(Int(Self.reachLimit)) cells",
        found: "\(deviation)")
    }
  }

  private static func requireFew(_ count: Int, _ path: String) throws(ManifestError) {
    guard count <= stepLimit else {
      throw .invalidValue(key: path, expected: "at most \(stepLimit) values", found: "\(count)")
    }
  }

  private static func requireOdd(_ value: Int, _ path: String) throws(ManifestError) {
    guard value % 2 == 1 else {
      throw .invalidValue(key: path, expected: "an odd number of cells", found: "\(value)")
    }
  }

  private static func requireAscending(
    _ values: [Double], _ path: String
  ) throws(ManifestError) {
    guard zip(values, values.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw .invalidValue(key: path, expected: "ascending values", found: "\(values)")
    }
  }

  var json: ConfigValue {
    .object([
      Key.cellMeters.rawValue: .number(cellMeters),
      Key.coarseCellMeters.rawValue: .number(coarseCellMeters),
      Key.coarseFromVoxelMeters.rawValue: .number(coarseFromVoxelMeters),
      Key.outlierWindowCells.rawValue: .integer(outlierWindowCells),
      Key.outlierDropMeters.rawValue: .number(outlierDropMeters),
      Key.windowCells.rawValue: .array(windowCells.map { .integer($0) }),
      Key.maximumWindowMeters.rawValue: .number(maximumWindowMeters),
      Key.firstDropMeters.rawValue: .number(firstDropMeters),
      Key.slope.rawValue: .number(slope),
      Key.fillMeters.rawValue: .array(fillMeters.map { .number($0) }),
      Key.minimumFillWeight.rawValue: .number(minimumFillWeight),
      Key.fillTruncation.rawValue: .number(fillTruncation),
      Key.smoothingMeters.rawValue: .number(smoothingMeters),
    ])
  }
}
