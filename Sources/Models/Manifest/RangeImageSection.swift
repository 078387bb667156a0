import Layers

/// A `segmentation` section of kind `range_image`: a cloud is one frame of a sensor on a fixed mount,
/// projected to an image whose rows are elevations and whose columns are azimuths.
package struct RangeImageSection: Sendable, Hashable {
  /// What a channel of the image holds in a pixel.
  package enum Channel: String, Sendable, Hashable, CaseIterable {
    /// ln(1 + distance from the sensor in meters); 0 where no point is.
    case logRange = "log_range"
    /// 1 where a point is, else 0.
    case hasReturn = "return"
  }

  /// In the order of the output channels: class `i` belongs to channel `i`.
  package var classes: [PointClass]
  /// The channels of the graph's input, in order.
  package var channels: [Channel]
  package var rowCount: Int
  package var columnCount: Int
  /// Elevation of the centers of the first and of the last row, degrees above the horizon.
  package var elevationDegrees: ClosedRange<Double>
  /// Where the sensor is in the cloud's coordinates, x, y and z, meters.
  package var sensor: SIMD3<Double>

  private enum Key: String, CaseIterable {
    case kind, classes, channels
    case rowCount = "rows"
    case columnCount = "columns"
    case elevationDegrees = "elevation_degrees"
    case sensor = "sensor_meters"
  }

  /// The largest image that a manifest may ask for, along either axis.
  private static let extentLimit = 8192

  init(_ value: ConfigValue, path: String) throws(ManifestError) {
    let object = try ManifestObject(value, path: path, keys: Key.self)
    classes = try PointClass.read(object.array(.classes, of: "classes"), path: path + ".classes")
    channels = try object.array(.channels, of: "channels").enumerated()
      .map { index, value throws(ManifestError) in
        guard case .string(let name) = value, let channel = Channel(rawValue: name) else {
          let known = Channel.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
          throw .invalidValue(
            key: "\(object.path(.channels))[\(index)]", expected: "one of \(known)",
            found: value.summary)
        }
        return channel
      }
    guard !channels.isEmpty else {
      throw .invalidValue(
        key: object.path(.channels), expected: "at least one channel", found: "none")
    }
    rowCount = try object.integer(.rowCount, in: 2...Self.extentLimit)
    columnCount = try object.integer(.columnCount, in: 1...Self.extentLimit)
    let elevation = try object.numbers(.elevationDegrees, in: -90...90)
    guard elevation.count == 2, elevation[0] < elevation[1] else {
      throw .invalidValue(
        key: object.path(.elevationDegrees), expected: "two ascending elevations",
        found: "\(elevation)")
    }
    elevationDegrees = elevation[0]...elevation[1]
    sensor = SIMD3(repeating: 0)
    if object.contains(.sensor) {
      let position = try object.numbers(.sensor, in: -1e9...1e9)
      guard position.count == 3 else {
        throw .invalidValue(
          key: object.path(.sensor), expected: "x, y and z", found: "\(position)")
      }
      sensor = SIMD3(position[0], position[1], position[2])
    }
  }

  func json(kind: String) -> ConfigValue {
    .object([
      Key.kind.rawValue: .string(kind),
      Key.classes.rawValue: .array(classes.map(\.json)),
      Key.channels.rawValue: .array(channels.map { .string($0.rawValue) }),
      Key.rowCount.rawValue: .integer(rowCount),
      Key.columnCount.rawValue: .integer(columnCount),
      Key.elevationDegrees.rawValue: .array([
        .number(elevationDegrees.lowerBound), .number(elevationDegrees.upperBound),
      ]),
      Key.sensor.rawValue: .array([.number(sensor.x), .number(sensor.y), .number(sensor.z)]),
    ])
  }
}
