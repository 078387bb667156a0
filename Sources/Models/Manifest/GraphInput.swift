package import Layers

/// One input of the graph.
package struct GraphInput: Sendable, Hashable {
  package var name: String
  package var datatype: Datatype
  /// Outermost first, -1 where a request decides.
  package var shape: [Int]

  private enum Key: String, CaseIterable {
    case name, datatype, shape
  }

  /// No extent, and no product of the stated extents, may exceed this number of elements.
  static let elementLimit = 1 << 31

  init(_ value: ConfigValue, path: String) throws(ManifestError) {
    let object = try ManifestObject(value, path: path, keys: Key.self)
    name = try GraphName.read(object.string(.name), path: object.path(.name))
    datatype = try object.choice(.datatype, of: Datatype.self)
    shape = try object.integers(.shape, in: -1...Self.elementLimit)
    guard (1...8).contains(shape.count) else {
      throw .invalidValue(
        key: object.path(.shape), expected: "from 1 to 8 extents", found: "\(shape.count)")
    }
    var product = 1
    for extent in shape where extent != -1 {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow, extent > 0, next <= Self.elementLimit else {
        throw .invalidValue(
          key: object.path(.shape),
          expected: "-1 or positive extents of at most \(Self.elementLimit) elements in all",
          found: "\(shape)")
      }
      product = next
    }
  }

  /// The tensor as layers see it.
  package var spec: TensorSpec {
    TensorSpec(
      datatype == .float32 ? .float32 : .int32, extents: shape.map { $0 == -1 ? nil : $0 })
  }

  var json: ConfigValue {
    .object([
      Key.name.rawValue: .string(name), Key.datatype.rawValue: .string(datatype.rawValue),
      Key.shape.rawValue: .array(shape.map { .integer($0) }),
    ])
  }
}
