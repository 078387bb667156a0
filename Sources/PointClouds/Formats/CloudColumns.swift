import Batching

/// The columns of a table of points, as formats with named columns give them.
struct CloudColumns {
  /// What a column says about a point.
  enum Role: Int, CaseIterable, Sendable {
    case x, y, z, intensity, returnNumber, numberOfReturns, classification, red, green, blue

    /// The name in errors and in the JSON format.
    var name: String {
      switch self {
      case .x, .y, .z, .intensity, .classification, .red, .green, .blue: "\(self)"
      case .returnNumber: "return_number"
      case .numberOfReturns: "number_of_returns"
      }
    }

    /// Whether it is a channel of the color.
    var isColor: Bool { self == .red || self == .green || self == .blue }

    /// The role of a column by its name, whose case and punctuation do not matter.
    ///
    /// A `label` is whatever somebody taught a network, not a class of LAS, so it has none.
    init?(columnName: String) {
      let name = columnName.lowercased()
      let plain = (name.hasPrefix("scalar_") ? String(name.dropFirst(7)) : name)
        .filter { $0.isLetter || $0.isNumber }
      switch plain {
      case "x": self = .x
      case "y": self = .y
      case "z": self = .z
      case "intensity": self = .intensity
      case "returnnumber": self = .returnNumber
      case "numberofreturns": self = .numberOfReturns
      case "classification", "class": self = .classification
      case "red", "r": self = .red
      case "green", "g": self = .green
      case "blue", "b": self = .blue
      default: return nil
      }
    }
  }

  /// How bright the brightest of a color channel is.
  enum ColorUnit: Sendable {
    /// 255, as where channels are stored in bytes.
    case byte
    /// 65535, as in LAS.
    case word
    /// One of those or 1, whichever suits all values: see `colors`.
    case unstated
  }

  private var columns = [[Double]?](repeating: nil, count: Role.allCases.count)

  /// In what the color channels are given.
  var colorUnit = ColorUnit.unstated

  /// No columns yet.
  init() {}

  /// The columns of a table `[points, roles]`, row-major.
  init(table: [Double], roles: [Role]) {
    for (column, role) in roles.enumerated() {
      self[role] = stride(from: column, to: table.count, by: roles.count).map { table[$0] }
    }
  }

  /// The values of a column, `nil` where there is none.
  subscript(role: Role) -> [Double]? {
    get { columns[role.rawValue] }
    _modify { yield &columns[role.rawValue] }
  }

  /// Takes the unit of the color channels from the types that they are stored as.
  mutating func setColorUnit(_ types: [ScalarType]) {
    colorUnit =
      if types.isEmpty || types.contains(where: { $0 == .float32 || $0 == .float64 }) {
        .unstated
      } else {
        types.allSatisfy { $0 == .uint8 } ? .byte : .word
      }
  }

  /// The cloud; x, y and z are present.
  ///
  /// Throws `CloudError.empty`, `.nonFinite`, `.attributeLength`, `.attributeRange` and `.abandoned`.
  consuming func cloud(on sharing: WorkSharing) throws(CloudError) -> PointCloud {
    guard let x = self[.x], let y = self[.y], let z = self[.z] else {
      preconditionFailure("a decoder made no position columns")
    }
    for (role, values) in [(Role.y, y), (.z, z)] where values.count != x.count {
      throw .attributeLength(attribute: role.name, expected: x.count, found: values.count)
    }
    let attributes = PointAttributes(
      intensity: self[.intensity]?.map { Float($0) },
      returnNumber: try integers(.returnNumber, as: UInt8.self, on: sharing),
      numberOfReturns: try integers(.numberOfReturns, as: UInt8.self, on: sharing),
      classification: try integers(.classification, as: UInt8.self, on: sharing),
      colors: try colors(count: x.count, on: sharing))
    let positions = try CloudError.unlessAbandoned { () throws(WorkAbandoned) in
      try sharing.rows(x.count, width: 3, grain: 1 << 14) { rows, positions in
        for (place, row) in rows.enumerated() {
          positions[3 * place] = x[row]
          positions[3 * place + 1] = y[row]
          positions[3 * place + 2] = z[row]
        }
      }
    }
    return try PointCloud(positions: positions, attributes: attributes)
  }

  private func integers<Value: FixedWidthInteger>(
    _ role: Role, as type: Value.Type, on sharing: WorkSharing
  ) throws(CloudError) -> [Value]? {
    guard let column = self[role] else { return nil }
    var values: [Value] = []
    values.reserveCapacity(column.count)
    for (row, number) in column.enumerated() {
      try sharing.checkpoint(atStep: row)
      guard let value = Value(exactly: number) else {
        throw .attributeRange(
          attribute: role.name, pointIndex: row,
          expected: "an integer from \(Value.min) to \(Value.max)", found: "\(number)")
      }
      values.append(value)
    }
    return values
  }

  /// `[points, 3]`, 65535 the brightest.
  ///
  /// Numbers that come without a unit are shares of the brightest where all are from 0 to 1 and not
  /// all whole, bytes where none is above 255, and as in LAS otherwise.
  private func colors(
    count: Int, on sharing: WorkSharing
  ) throws(CloudError) -> [UInt16]? {
    let channels = [Role.red, .green, .blue]
    guard channels.contains(where: { self[$0] != nil }) else { return nil }
    let areShares = colorUnit == .unstated && hasShares(channels)
    let areBytes =
      colorUnit == .byte || colorUnit == .unstated && !areShares && hasBytes(channels)
    var colors = [UInt16](repeating: 0, count: 3 * count)
    for (channel, role) in channels.enumerated() {
      let values =
        areShares
        ? (self[role] ?? []).map { UInt16(($0 * Double(UInt16.max)).rounded()) }
        : try integers(role, as: UInt16.self, on: sharing) ?? []
      guard values.count == count else {
        throw .attributeLength(attribute: role.name, expected: count, found: values.count)
      }
      // 255 × 257 is 65535.
      for row in 0..<count { colors[3 * row + channel] = values[row] * (areBytes ? 257 : 1) }
    }
    return colors
  }

  /// Whether colors are given as shares of the brightest: all from 0 to 1, and not all whole.
  private func hasShares(_ channels: [Role]) -> Bool {
    let columns = channels.compactMap { self[$0] }
    return columns.allSatisfy { $0.allSatisfy { (0...1).contains($0) } }
      && columns.contains { $0.contains { $0 != $0.rounded() } }
  }

  private func hasBytes(_ channels: [Role]) -> Bool {
    channels.compactMap { self[$0] }.allSatisfy { $0.allSatisfy { (0...255).contains($0) } }
  }
}
