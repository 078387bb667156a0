/// The stored tensors of one layer, each of which is taken once, and how its products shall use them.
package struct LayerWeights {
  /// A tensor, row-major.
  package struct Tensor: Sendable {
    package let shape: [Int]
    private let storage: Storage

    private enum Storage {
      case values([Float])
      /// Float32, little-endian.
      case bytes(ArraySlice<UInt8>)
    }

    package init(shape: [Int], values: [Float]) {
      self.shape = shape
      storage = .values(values)
    }

    /// A tensor that stays in the bytes of its file until its values are asked for.
    ///
    /// - Parameters:
    ///   - shape: the extents.
    ///   - bytes: float32, little-endian, at any address.
    package init(shape: [Int], bytes: ArraySlice<UInt8>) {
      precondition(bytes.count.isMultiple(of: MemoryLayout<Float>.size))
      self.shape = shape
      storage = .bytes(bytes)
    }

    package var valueCount: Int {
      switch storage {
      case .values(let values): values.count
      case .bytes(let bytes): bytes.count / MemoryLayout<Float>.size
      }
    }

    package var values: [Float] {
      switch storage {
      case .values(let values): values
      case .bytes(let bytes):
        unsafe bytes.withUnsafeBytes { buffer in
          (0..<valueCount).map { index in
            // index < count / 4, so the value ends inside the buffer.
            let bits = unsafe buffer.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
            return Float(bitPattern: UInt32(littleEndian: bits))
          }
        }
      }
    }

    /// The first value that is infinite or NaN, and its index.
    package var firstNonFinite: (index: Int, value: Float)? {
      unsafe withValues { values in
        unsafe values.firstIndex { !$0.isFinite }.map { ($0, unsafe values[$0]) }
      }
    }

    /// Calls `body` with the values, which are not copied where the processor can read them as they
    /// are; the buffer is valid during the call.
    func withValues<Result>(_ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
      #if _endian(little)
        if case .bytes(let bytes) = storage {
          let result: Result? = unsafe bytes.withUnsafeBufferPointer { buffer in
            let address = UInt(bitPattern: buffer.baseAddress)
            guard address.isMultiple(of: UInt(MemoryLayout<Float>.alignment)) else { return nil }
            // The memory is aligned, whole floats long, and only read.
            return unsafe buffer.withMemoryRebound(to: Float.self) { unsafe body($0) }
          }
          if let result { return result }
        }
      #endif
      return unsafe values.withUnsafeBufferPointer { unsafe body($0) }
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
    try takeTensor(name, shape: shape).values
  }

  /// As `take`, without reading the values yet.
  mutating func takeTensor(_ name: String, shape: [Int]) throws(LayerError) -> Tensor {
    guard let tensor = remaining[name] else { throw .missingWeight(name: name, shape: shape) }
    guard tensor.shape == shape else {
      throw .weightShape(name: name, expected: "\(shape)", found: tensor.shape)
    }
    remaining[name] = nil
    return tensor
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
