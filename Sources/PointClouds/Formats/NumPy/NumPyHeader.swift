/// The header of an NPY file (NumPy Enhancement Proposal 1), checked.
struct NumPyHeader: Sendable {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// A named number in each element of a structured array.
  struct Field: Sendable {
    let name: String
    let type: ScalarType
    let order: ByteOrder
    /// From the first byte of an element.
    let offset: Int
  }

  /// What an element of the array is.
  enum Element: Sendable {
    case number(ScalarType, ByteOrder)
    /// Fields that hold one number; `byteCount` includes those left aside.
    case structure([Field], byteCount: Int)

    var byteCount: Int {
      switch self {
      case .number(let type, _): type.byteCount
      case .structure(_, let byteCount): byteCount
      }
    }
  }

  let element: Element
  let isFortranOrder: Bool
  let shape: [Int]
  let dataOffset: Int

  /// Reads a header and checks that exactly its data follow.
  ///
  /// Throws `CloudError.malformed` or `.unsupported`.
  init(_ bytes: [UInt8]) throws(CloudError) {
    guard bytes.starts(with: Self.magic) else {
      throw Self.malformed(0, "magic string", "\\x93NUMPY", "\(bytes.prefix(6).count) other bytes")
    }
    guard bytes.count >= 8, (1...3).contains(bytes[6]) else {
      throw Self.malformed(
        6, "version", "1, 2 or 3", bytes.count > 6 ? "\(bytes[6])" : "the end of the file")
    }
    let lengthBytes = bytes[6] == 1 ? 2 : 4
    guard bytes.count >= 8 + lengthBytes else {
      throw Self.malformed(8, "header length", "\(lengthBytes) bytes", "\(bytes.count - 8)")
    }
    let length =
      lengthBytes == 2
      ? Int(bytes.integer(UInt16.self, at: 8)) : Int(bytes.integer(UInt32.self, at: 8))
    let start = 8 + lengthBytes
    guard length <= bytes.count - start else {
      throw Self.malformed(8, "header length", "at most \(bytes.count - start)", "\(length)")
    }
    dataOffset = start + length
    let text = bytes[start..<dataOffset]
    guard case .dictionary(let entries)? = PythonLiteral(text),
      case .boolean(let isFortranOrder)? = entries["fortran_order"],
      case .tuple(let sizes)? = entries["shape"], let type = entries["descr"], entries.count == 3
    else {
      throw Self.malformed(
        start, "header", "a dictionary of descr, fortran_order and shape",
        String(decoding: text.prefix(80), as: UTF8.self))
    }
    self.isFortranOrder = isFortranOrder
    shape = try Self.shape(sizes, at: start)
    element = try Self.element(type, at: start)
    try checkLength(bytes)
  }

  static func malformed(
    _ offset: Int, _ field: String, _ expected: String, _ found: String
  ) -> CloudError {
    .malformed(format: "NPY", at: .byte(offset), field: field, expected: expected, found: found)
  }

  private func checkLength(_ bytes: [UInt8]) throws(CloudError) {
    var expected = element.byteCount
    for size in shape {
      let (product, overflow) = expected.multipliedReportingOverflow(by: size)
      guard !overflow else {
        throw Self.malformed(dataOffset, "shape", "an array that fits in memory", "\(shape)")
      }
      expected = product
    }
    guard expected == bytes.count - dataOffset else {
      throw Self.malformed(
        dataOffset, "data", "\(expected) bytes for shape \(shape)",
        "\(bytes.count - dataOffset) bytes")
    }
  }

  private static func shape(_ sizes: [PythonLiteral], at offset: Int) throws(CloudError) -> [Int] {
    var shape: [Int] = []
    for size in sizes {
      guard case .integer(let value) = size, value >= 0 else {
        throw malformed(offset, "shape", "integers not below zero", "\(size)")
      }
      shape.append(value)
    }
    return shape
  }

  private static func element(
    _ description: PythonLiteral, at offset: Int
  ) throws(CloudError) -> Element {
    if case .string(let name) = description {
      guard let (type, order) = scalar(name) else {
        throw .unsupported(format: "NPY", reason: "an array of type \(name)")
      }
      return .number(type, order)
    }
    guard case .list(let members) = description else {
      throw malformed(offset, "descr", "a type or a list of fields", "\(description)")
    }
    var fields: [Field] = []
    var byteCount = 0
    for member in members {
      guard case .tuple(let parts) = member, parts.count == 2 || parts.count == 3,
        case .string(let name) = parts[0], case .string(let typeName) = parts[1],
        let size = size(typeName), let repeats = repeats(parts.dropFirst(2)),
        case let (product, overflow) = size.multipliedReportingOverflow(by: repeats), !overflow,
        case let (end, overflow) = byteCount.addingReportingOverflow(product), !overflow
      else { throw .unsupported(format: "NPY", reason: "a field described as \(member)") }
      if parts.count == 2, let (type, order) = scalar(typeName) {
        fields.append(Field(name: name, type: type, order: order, offset: byteCount))
      }
      byteCount = end
    }
    return .structure(fields, byteCount: byteCount)
  }

  /// The number of numbers in a field with this shape, one without.
  private static func repeats(_ shape: ArraySlice<PythonLiteral>) -> Int? {
    guard let shape = shape.first else { return 1 }
    guard case .tuple(let sizes) = shape else { return nil }
    var count = 1
    for size in sizes {
      guard case .integer(let value) = size, value >= 0,
        case let (product, overflow) = count.multipliedReportingOverflow(by: value), !overflow
      else { return nil }
      count = product
    }
    return count
  }

  /// The length of a type like "<f8", "|S10" or "|V4", in bytes.
  private static func size(_ name: String) -> Int? {
    guard let size = Int(name.dropFirst(2)), size >= 0 else { return nil }
    guard name.dropFirst().first == "U" else { return size }
    let (product, overflow) = size.multipliedReportingOverflow(by: 4)
    return overflow ? nil : product
  }

  private static func scalar(_ name: String) -> (ScalarType, ByteOrder)? {
    let order: ByteOrder = name.hasPrefix(">") ? .bigEndian : .littleEndian
    guard let mark = name.first, "<>|=".contains(mark) else { return nil }
    switch name.dropFirst() {
    case "i1": return (.int8, order)
    case "i2": return (.int16, order)
    case "i4": return (.int32, order)
    case "i8": return (.int64, order)
    case "u1": return (.uint8, order)
    case "u2": return (.uint16, order)
    case "u4": return (.uint32, order)
    case "u8": return (.uint64, order)
    case "f4": return (.float32, order)
    case "f8": return (.float64, order)
    default: return nil
    }
  }
}
