package import Layers

extension SafetensorsFile {
  /// A tensor of weights as float32.
  ///
  /// - Parameter name: the tensor's name in the file.
  /// - Returns: shape and finite values; F64 is rounded, F16 and BF16 are widened, F32 stays in the
  ///   memory of the file.
  /// - Throws: `SafetensorsError` for a missing tensor, a dtype without fractions, or a value that
  ///   is not finite as float32.
  package func weight(named name: String) throws(SafetensorsError) -> LayerWeights.Tensor {
    let entry = try entry(named: name)
    guard entry.datatype.isWeightType else {
      throw .wrongDatatype(
        tensor: name, expected: "F32, F64, F16 or BF16", found: entry.datatype.rawValue)
    }
    let tensor =
      entry.datatype == .float32
      ? LayerWeights.Tensor(shape: entry.shape, bytes: data(of: entry))
      : LayerWeights.Tensor(shape: entry.shape, values: try floats(entry, name: name))
    if let (index, value) = tensor.firstNonFinite {
      throw .nonFinite(tensor: name, index: index, found: "\(value)")
    }
    return tensor
  }

  /// A tensor in its own element type: floating types as float32, integer types as int32.
  ///
  /// - Parameter name: the tensor's name in the file.
  /// - Returns: the tensor; floating values may be infinite or NaN.
  /// - Throws: `SafetensorsError` for a missing tensor, an integer outside int32, or another dtype.
  package func tensor(named name: String) throws(SafetensorsError) -> HostTensor {
    let entry = try entry(named: name)
    let values: HostTensor.Values =
      entry.datatype.isWeightType
      ? .float32(try floats(entry, name: name)) : .int32(try integers(entry, name: name))
    return HostTensor(shape: entry.shape, values: values)
  }

  private func entry(named name: String) throws(SafetensorsError) -> Entry {
    guard let entry = entries[name] else { throw .missingTensor(name: name) }
    return entry
  }

  private func floats(_ entry: Entry, name: String) throws(SafetensorsError) -> [Float] {
    let data = data(of: entry)
    switch entry.datatype {
    case .float32:
      return elements(data) { (bits: UInt32) in Float(bitPattern: UInt32(littleEndian: bits)) }
    case .float64:
      return elements(data) { (bits: UInt64) in
        Float(Double(bitPattern: UInt64(littleEndian: bits)))
      }
    case .float16:
      return elements(data) { (bits: UInt16) in Float(halfBits: UInt16(littleEndian: bits)) }
    case .bfloat16:
      return elements(data) { (bits: UInt16) in
        Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
      }
    default:
      throw .wrongDatatype(
        tensor: name, expected: "F32, F64, F16 or BF16", found: entry.datatype.rawValue)
    }
  }

  private func integers(_ entry: Entry, name: String) throws(SafetensorsError) -> [Int32] {
    let data = data(of: entry)
    switch entry.datatype {
    case .uint8: return elements(data) { (value: UInt8) in Int32(value) }
    case .int32: return elements(data) { (value: Int32) in Int32(littleEndian: value) }
    case .int64:
      let wide = elements(data) { (value: Int64) in Int64(littleEndian: value) }
      return try wide.enumerated().map { index, value throws(SafetensorsError) in
        guard let narrow = Int32(exactly: value) else {
          throw .outOfRange(tensor: name, index: index, found: value)
        }
        return narrow
      }
    default:
      throw .wrongDatatype(
        tensor: name, expected: "F32, F64, F16, BF16, I32, I64 or U8",
        found: entry.datatype.rawValue)
    }
  }

  /// Decodes packed elements that may begin at any byte.
  private func elements<Stored: BitwiseCopyable, Element>(
    _ data: ArraySlice<UInt8>, _ decode: (Stored) -> Element
  ) -> [Element] {
    let stride = MemoryLayout<Stored>.size
    return unsafe data.withUnsafeBytes { buffer in
      (0..<(buffer.count / stride)).map { index in
        // index < count / stride, so the element ends inside the buffer.
        decode(unsafe buffer.loadUnaligned(fromByteOffset: index * stride, as: Stored.self))
      }
    }
  }
}
