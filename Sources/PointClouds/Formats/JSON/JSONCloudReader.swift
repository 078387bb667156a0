import Batching

/// Reads `{"points": [[x, y, z, …], …], "attributes": {"intensity": […], …}}`.
///
/// All points have the same width; columns behind the third are left aside. Attributes are
/// intensity, return_number, number_of_returns, classification, red, green and blue, one number per
/// point. Other keys are refused, so that a misspelled one does not go unnoticed.
struct JSONCloudReader {
  private static let attributes: [CloudColumns.Role] = [
    .intensity, .returnNumber, .numberOfReturns, .classification, .red, .green, .blue,
  ]
  private var cursor: JSONCursor
  private let maximumPointCount: Int
  private let sharing: WorkSharing
  private var columns = CloudColumns()

  /// Reads a document.
  ///
  /// Throws `CloudError.malformed` with the byte, `.tooManyPoints`, `.empty`, `.nonFinite`,
  /// `.attributeLength`, `.attributeRange` and `.abandoned`.
  static func cloud(
    _ bytes: [UInt8], maximumPointCount: Int, on sharing: WorkSharing
  ) throws(CloudError) -> PointCloud {
    var reader = JSONCloudReader(
      cursor: JSONCursor(bytes), maximumPointCount: maximumPointCount, sharing: sharing)
    try reader.readDocument()
    return try reader.columns.cloud(on: sharing)
  }

  private init(cursor: JSONCursor, maximumPointCount: Int, sharing: WorkSharing) {
    self.cursor = cursor
    self.maximumPointCount = maximumPointCount
    self.sharing = sharing
  }

  private mutating func readDocument() throws(CloudError) {
    var keys: Set<String> = []
    try readObject("document") { (reader, key) throws(CloudError) in
      guard key == "points" || key == "attributes", keys.insert(key).inserted else {
        throw reader.cursor.malformed("key \"\(key)\"", "\"points\" and \"attributes\", each once")
      }
      try key == "points" ? reader.readPoints() : reader.readAttributes()
    }
    try cursor.expectEnd()
    guard keys.contains("points") else { throw cursor.malformed("document", "a key \"points\"") }
  }

  private mutating func readPoints() throws(CloudError) {
    var (x, y, z): ([Double], [Double], [Double]) = ([], [], [])
    var width: Int?
    try readArray("points") { (reader, row) throws(CloudError) in
      guard row < reader.maximumPointCount else {
        throw .tooManyPoints(limit: reader.maximumPointCount, found: row + 1)
      }
      var found = 0
      try reader.readArray("points[\(row)]") { (reader, column) throws(CloudError) in
        let value = try reader.cursor.number("points[\(row)][\(column)]")
        switch column {
        case 0: x.append(value)
        case 1: y.append(value)
        case 2: z.append(value)
        default: break
        }
        found = column + 1
      }
      guard found >= 3, found == width ?? found else {
        throw reader.cursor.malformed(
          "points[\(row)] of \(found) numbers", width.map { "\($0)" } ?? "at least 3")
      }
      width = found
    }
    columns[.x] = x
    columns[.y] = y
    columns[.z] = z
  }

  private mutating func readAttributes() throws(CloudError) {
    try readObject("attributes") { (reader, key) throws(CloudError) in
      guard let role = Self.attributes.first(where: { $0.name == key }),
        reader.columns[role] == nil
      else {
        let names = Self.attributes.map(\.name).joined(separator: ", ")
        throw reader.cursor.malformed("attribute \"\(key)\"", "one of \(names), each once")
      }
      var values: [Double] = []
      try reader.readArray(key) { (reader, row) throws(CloudError) in
        guard row < reader.maximumPointCount else {
          throw .tooManyPoints(limit: reader.maximumPointCount, found: row + 1)
        }
        values.append(try reader.cursor.number("\(key)[\(row)]"))
      }
      reader.columns[role] = values
    }
  }

  private mutating func readObject(
    _ field: @autoclosure () -> String,
    value: (inout Self, _ key: String) throws(CloudError) -> Void
  ) throws(CloudError) {
    try cursor.expect("{", field())
    guard !cursor.take("}") else { return }
    repeat {
      let key = try cursor.key("key in \(field())")
      try cursor.expect(":", key)
      try value(&self, key)
    } while cursor.take(",")
    try cursor.expect("}", field())
  }

  private mutating func readArray(
    _ field: @autoclosure () -> String,
    element: (inout Self, _ index: Int) throws(CloudError) -> Void
  ) throws(CloudError) {
    try cursor.expect("[", field())
    guard !cursor.take("]") else { return }
    var index = 0
    repeat {
      try sharing.checkpoint(atStep: index)
      try element(&self, index)
      index += 1
    } while cursor.take(",")
    try cursor.expect("]", field())
  }
}
