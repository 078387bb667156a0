import Batching
import Locking
import PointClouds
import Testing

/// Files of many points, whose reading is asked again and again whether anybody still wants them.
struct AbandonedReadingTests {
  private static let pointCount = 9000

  private static let cloud = Result {
    try PointCloud(
      positions: (0..<3 * pointCount).map { Double($0 % 700) },
      attributes: PointAttributes(
        intensity: (0..<pointCount).map { Float($0 % 90) },
        classification: (0..<pointCount).map { UInt8($0 % 7) }))
  }

  /// The cloud in a format that clouds are written in.
  private static func written(_ fileExtension: String) throws -> [UInt8] {
    let format = try #require(CloudFormat.format(fileExtension: fileExtension))
    let classes = [UInt8](repeating: 2, count: pointCount)
    return try format.encode(ClassifiedCloud(DecodedCloud(cloud.get()), classes: classes)).bytes
  }

  private static let lines = (0..<pointCount).map { "\($0 % 90) \($0 % 7) 1.5\n" }.joined()

  private static func lines(after header: String) -> [UInt8] { Array((header + lines).utf8) }

  private static let ply = """
    ply
    format ascii 1.0
    element vertex \(pointCount)
    property float x
    property float y
    property float z
    end_header

    """

  private static func pcd(_ storage: String) -> String {
    """
    VERSION 0.7
    FIELDS x y z
    SIZE 4 4 4
    TYPE F F F
    COUNT 1 1 1
    WIDTH \(pointCount)
    HEIGHT 1
    VIEWPOINT 0 0 0 1 0 0 0
    POINTS \(pointCount)
    DATA \(storage)

    """
  }

  /// Zeros, compressed as literals of 32 bytes.
  private static var compressed: [UInt8] {
    let length = 12 * pointCount
    let packed = [UInt8]((0..<length / 32).flatMap { _ in [31] + [UInt8](repeating: 0, count: 32) })
    return Array(pcd("binary_compressed").utf8) + .init(littleEndian: UInt32(packed.count))
      + .init(littleEndian: UInt32(length)) + packed
  }

  private static func numpy(_ description: String, _ shape: String) -> [UInt8] {
    let header = "{'descr': \(description), 'fortran_order': False, 'shape': \(shape), }\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0] + .init(littleEndian: UInt16(header.utf8.count))
      + Array(header.utf8) + [UInt8](repeating: 0, count: 12 * pointCount)
  }

  private static var json: [UInt8] {
    let points = (0..<pointCount).map { "[\($0 % 90), 1, 2.5]" }.joined(separator: ",")
    return Array("{\"points\": [\(points)]}".utf8)
  }

  private static func file(_ name: String) throws -> [UInt8] {
    switch name {
    case "ascii.ply": lines(after: ply)
    case "ascii.pcd": lines(after: pcd("ascii"))
    case "compressed.pcd": compressed
    case "plain.npy": numpy("'<f4'", "(\(pointCount), 3)")
    case "structured.npy":
      numpy("[('x', '<f4'), ('y', '<f4'), ('z', '<f4')]", "(\(pointCount),)")
    case "points.json": json
    case "points.xyz": lines(after: "")
    case "long_3.laz", "long_6.laz": try Fixture.laz(String(name.dropLast(4)))
    default: try written(name.split(separator: ".").last.map(String.init) ?? "")
    }
  }

  /// How often at least it is asked: twice for each loop over points or lines that takes its time.
  @Test(arguments: [
    ("written.las", 8), ("written.ply", 8), ("written.pcd", 8), ("written.csv", 4),
    ("ascii.ply", 4), ("ascii.pcd", 4), ("compressed.pcd", 6), ("plain.npy", 2),
    ("structured.npy", 6), ("points.json", 4), ("points.xyz", 4), ("long_3.laz", 14),
    ("long_6.laz", 14),
  ])
  func `a file that nobody wants any more is left at any point`(
    name: String, leastCount: Int
  ) throws {
    let file = try Self.file(name)
    let fileExtension = try #require(name.split(separator: ".").last.map(String.init))
    let format = try #require(CloudFormat.format(fileExtension: fileExtension))
    let pool = try TaskPool(threadCount: 1, name: "test")
    defer { pool.finish() }
    let answers = Lock((given: 0, yes: Int.max))
    let sharing = WorkSharing(pool: pool) {
      answers.withLock { answers in
        answers.given += 1
        return answers.given <= answers.yes
      }
    }
    #expect(try format.decode(file, on: sharing).cloud.count == Self.pointCount)
    let count = answers.withLock { $0.given }
    #expect(count >= leastCount)
    // Whether there is another part is also asked behind the last one.
    for yes in 0..<count - 1 {
      answers.withLock { $0 = (0, yes) }
      #expect(throws: CloudError.abandoned, "after \(yes) of \(count)") {
        try format.decode(file, on: sharing)
      }
    }
  }
}
