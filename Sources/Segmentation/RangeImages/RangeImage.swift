import Batching
import Models
import PointClouds

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A cloud as its sensor sees it: the nearest point of each direction.
///
/// Row r has the elevation that lies r / (rows − 1) of the way from the lowest to the highest; points
/// below and above belong to the first and to the last row. Columns divide the circle from azimuth
/// −180° on (x ahead, y to the left, z up). All points of a pixel get its label.
struct RangeImage: CloudScene {
  /// Pixels with and without points, row by row.
  let count: Int
  let cellOfPoint: [Int32]
  let unitMeters = 1.0

  /// `[pixels]`: distance of the nearest point from the sensor, meters; infinity without a point.
  private let ranges: [Double]
  private let section: RangeImageSection

  /// Projects every point of a cloud.
  ///
  /// - Throws: `SegmentationError.abandoned`.
  init(
    _ cloud: PointCloud, section: RangeImageSection, on threads: WorkSharing = .alone
  ) throws(SegmentationError) {
    self.section = section
    let pixelCount = section.rowCount * section.columnCount
    let positions = cloud.positions
    let offset = { @Sendable (point: Int) -> SIMD3<Double> in
      SIMD3(positions[3 * point], positions[3 * point + 1], positions[3 * point + 2])
        - section.sensor
    }
    let cells = try SegmentationError.unlessAbandoned { () throws(WorkAbandoned) in
      try threads.rows(cloud.count, of: Int32.self, grain: 8192) { points, cells in
        for (row, point) in points.enumerated() {
          cells[row] = Int32(Self.pixel(of: offset(point), section))
        }
      }
    }
    var ranges = [Double](repeating: .infinity, count: pixelCount)
    for (point, cell) in cells.enumerated() {
      let offset = offset(point)
      ranges[Int(cell)] = min(ranges[Int(cell)], (offset * offset).sum().squareRoot())
    }
    count = cloud.count == 0 ? 0 : pixelCount
    cellOfPoint = cells
    self.ranges = ranges
  }

  /// The pixel in the direction of an offset from the sensor, meters.
  private static func pixel(of offset: SIMD3<Double>, _ section: RangeImageSection) -> Int {
    let horizontal = (offset.x * offset.x + offset.y * offset.y).squareRoot()
    let elevation = atan2(offset.z, horizontal) * 180 / Double.pi
    let lowest = section.elevationDegrees.lowerBound
    let share = (elevation - lowest) / (section.elevationDegrees.upperBound - lowest)
    let row = (share * Double(section.rowCount - 1)).rounded()
    let turn = (atan2(offset.y, offset.x) + Double.pi) / (2 * Double.pi)
    let column = (turn * Double(section.columnCount)).rounded(.down)
    return index(row, below: section.rowCount) * section.columnCount
      + index(column, below: section.columnCount)
  }

  /// A whole number within `0..<limit`; positions so large that their squares overflow have none of
  /// their own.
  private static func index(_ number: Double, below limit: Int) -> Int {
    guard number > 0 else { return 0 }
    return number < Double(limit) ? Int(number) : limit - 1
  }

  /// One window that holds the whole image.
  func windowSelector(on threads: WorkSharing = .alone) -> (any WindowSelector)? {
    count == 0 ? nil : WholeImage(pixelCount: count)
  }

  /// Makes one tensor, `[1, channels, rows, columns]`.
  func makeInputs(of selection: WindowSelection, in memory: inout WindowMemory) {
    let values = section.channels.flatMap { channel in
      ranges.map { range -> Float in
        guard range.isFinite else { return 0 }
        return switch channel {
        case .logRange: Float(log1p(range))
        case .hasReturn: 1
        }
      }
    }
    let shape = [1, section.channels.count, section.rowCount, section.columnCount]
    memory.requests = [[HostTensor(shape: shape, values: .float32(values))]]
  }
}

/// Gives all pixels at once.
private struct WholeImage: WindowSelector {
  let pixelCount: Int
  private var isTaken = false

  init(pixelCount: Int) { self.pixelCount = pixelCount }

  mutating func next(_ selection: inout WindowSelection) -> Bool {
    guard !isTaken else { return false }
    isTaken = true
    selection = WindowSelection(voxels: Array(0..<Int32(pixelCount)))
    selection.weighEvenly()
    return true
  }
}
