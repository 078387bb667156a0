/// The stored tensors of one layer, each of which is taken once, and how its products shall use them.
package struct LayerWeights {
  /// A tensor, row-major.
  package struct Tensor: Sendable {
    package let shape: [Int]
    package let values: [Float]

    package init(shape: [Int], values: [Float]) {
      self.shape = shape
      self.values = values
    }
  }

  package let precision: ProductPrecision
  private var remaining: [String: Tensor]

  /// Collects tensors by the name that follows the layer's, such as `bn_phi.gamma`.
  package init(_ tensors: [String: Tensor], precision: ProductPrecision = .float32) {
    remaining = tensors
    self.precision = precision
  }

  /// The names that no call has taken, in order.
  package var names: [String] { remaining.keys.sorted() }

  /// The shape of a tensor that is still there.
  package func shape(of name: String) -> [Int]? { remaining[name]?.shape }

  /// Removes and returns a tensor of exactly this shape.
  package mutating func take(_ name: String, shape: [Int]) throws(LayerError) -> [Float] {
    guard let tensor = remaining[name] else { throw .missingWeight(name: name, shape: shape) }
    guard tensor.shape == shape else {
      throw .weightShape(name: name, expected: "\(shape)", found: tensor.shape)
    }
    remaining[name] = nil
    return tensor.values
  }

  /// Removes and returns a tensor of this rank, whatever its extents.
  package mutating func take(_ name: String, rank: Int) throws(LayerError) -> Tensor {
    guard let tensor = remaining[name] else {
      throw .missingWeight(name: name, shape: [])
    }
    guard tensor.shape.count == rank else {
      throw .weightShape(name: name, expected: "\(rank) axes", found: tensor.shape)
    }
    remaining[name] = nil
    return tensor
  }
}
