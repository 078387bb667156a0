package import Layers

/// A tensor in host memory, owned by whoever holds it.
package struct HostTensor: Sendable, Hashable {
  /// The elements, row-major.
  package enum Values: Sendable, Hashable {
    case float32([Float])
    case int32([Int32])

    package var count: Int {
      switch self {
      case .float32(let values): values.count
      case .int32(let values): values.count
      }
    }

    package var elementType: TensorSpec.ElementType {
      switch self {
      case .float32: .float32
      case .int32: .int32
      }
    }
  }

  /// Outermost first; a validated tensor has exactly as many values as the product says.
  package var shape: [Int]
  package var values: Values

  package init(shape: [Int], values: Values) {
    self.shape = shape
    self.values = values
  }

  /// Overwrites the values with floats, in the same memory as far as it goes.
  ///
  /// - Parameter append: appends the values to an empty array.
  package mutating func setFloats(_ append: (inout [Float]) -> Void) {
    var floats: [Float] = []
    if case .float32(let held) = values { floats = held }
    // The only reference to the array is now the variable, so that it is changed in place.
    values = .float32([])
    floats.removeAll(keepingCapacity: true)
    append(&floats)
    values = .float32(floats)
  }

  /// Overwrites the values with integers, in the same memory as far as it goes.
  ///
  /// - Parameter append: appends the values to an empty array.
  package mutating func setIntegers(_ append: (inout [Int32]) -> Void) {
    var integers: [Int32] = []
    if case .int32(let held) = values { integers = held }
    // As above.
    values = .int32([])
    integers.removeAll(keepingCapacity: true)
    append(&integers)
    values = .int32(integers)
  }
}

/// A named input or output of a graph.
package struct NamedTensorSpec: Sendable, Hashable {
  package let name: String
  package let datatype: Datatype
  package let spec: TensorSpec

  package init(name: String, datatype: Datatype, spec: TensorSpec) {
    self.name = name
    self.datatype = datatype
    self.spec = spec
  }
}
