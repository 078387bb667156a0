/// The `data` of a JSON tensor: numbers, flat or nested to any legal depth, row-major.
///
/// Source: Open Inference Protocol, "Tensor Data".
struct TensorData<Element: Decodable>: Decodable {
  /// How deep arrays may be nested; a tensor has no more dimensions.
  private static var maximumDepth: Int { 8 }

  private(set) var values: [Element] = []

  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    try append(from: &container, depth: 1)
  }

  private mutating func append(
    from container: inout any UnkeyedDecodingContainer, depth: Int
  ) throws {
    guard depth <= Self.maximumDepth else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "data is nested deeper than \(Self.maximumDepth) arrays")
    }
    var isNested: Bool?
    while !container.isAtEnd {
      if isNested == nil { isNested = Self.isArray(nextIn: container) }
      if isNested == true {
        var inner = try container.nestedUnkeyedContainer()
        try append(from: &inner, depth: depth + 1)
      } else {
        values.append(try container.decode(Element.self))
      }
    }
  }

  /// Looks at the next value without consuming it: the containers are values.
  private static func isArray(nextIn container: any UnkeyedDecodingContainer) -> Bool {
    var copy = container
    do {
      _ = try copy.nestedUnkeyedContainer()
      return true
    } catch {
      return false
    }
  }
}
