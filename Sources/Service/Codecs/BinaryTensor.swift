import HTTPServer
import Models

/// Tensors as little-endian bytes, row-major.
///
/// Source: Open Inference Protocol v2, binary tensor data extension.
enum BinaryTensor {
  /// Decodes `count` elements; the bytes must be exactly theirs.
  ///
  /// - Throws: `HTTPFailure` 400 for another size or a datatype that no model takes, 422 for an
  ///   index that has no 32-bit value.
  static func decode(
    _ bytes: ArraySlice<UInt8>, datatype: String, count: Int, name: String
  ) throws(HTTPFailure) -> HostTensor.Values {
    let width: Int
    switch datatype {
    case "INT8", "UINT8": width = 1
    case "FP16", "BF16", "INT16", "UINT16": width = 2
    case "FP32", "INT32", "UINT32": width = 4
    case "FP64", "INT64", "UINT64": width = 8
    default:
      throw HTTPFailure(
        .badRequest, code: "malformed_request",
        message: "input \(name): datatype \(datatype) is not supported")
    }
    let (expected, overflow) = count.multipliedReportingOverflow(by: width)
    guard !overflow, expected == bytes.count else {
      throw HTTPFailure(
        .badRequest, code: "malformed_request",
        message: """
          input \(name): expected \(count) elements of \(width) bytes, \
          found binary_data_size \(bytes.count)
          """)
    }
    switch datatype {
    case "FP32": return .float32(words(bytes, UInt32.self).map(Float.init(bitPattern:)))
    case "BF16":
      return .float32(words(bytes, UInt16.self).map { Float(bitPattern: UInt32($0) << 16) })
    case "FP16": return .float32(words(bytes, UInt16.self).map(Float.init(halfBits:)))
    case "FP64":
      return .float32(words(bytes, UInt64.self).map { Float(Double(bitPattern: $0)) })
    case "INT8":
      return .int32(words(bytes, UInt8.self).map { Int32(Int8(bitPattern: $0)) })
    case "INT16":
      return .int32(words(bytes, UInt16.self).map { Int32(Int16(bitPattern: $0)) })
    case "INT32": return .int32(words(bytes, UInt32.self).map(Int32.init(bitPattern:)))
    case "INT64":
      return .int32(
        try InferRequest.indices(
          words(bytes, UInt64.self).map(Int64.init(bitPattern:)), name: name))
    case "UINT8": return .int32(words(bytes, UInt8.self).map(Int32.init))
    case "UINT16": return .int32(words(bytes, UInt16.self).map(Int32.init))
    case "UINT32":
      return .int32(try InferRequest.indices(words(bytes, UInt32.self), name: name))
    default: return .int32(try InferRequest.indices(words(bytes, UInt64.self), name: name))
    }
  }

  /// Appends the elements of a tensor.
  static func append(_ values: HostTensor.Values, to bytes: inout [UInt8]) {
    switch values {
    case .float32(let floats):
      bytes.reserveCapacity(bytes.count + 4 * floats.count)
      for value in floats { append(value.bitPattern, to: &bytes) }
    case .int32(let integers):
      bytes.reserveCapacity(bytes.count + 4 * integers.count)
      for value in integers { append(UInt32(bitPattern: value), to: &bytes) }
    }
  }

  /// Appends one word, least significant byte first.
  static func append(_ word: UInt32, to bytes: inout [UInt8]) {
    bytes.append(UInt8(truncatingIfNeeded: word))
    bytes.append(UInt8(truncatingIfNeeded: word >> 8))
    bytes.append(UInt8(truncatingIfNeeded: word >> 16))
    bytes.append(UInt8(truncatingIfNeeded: word >> 24))
  }

  private static func words<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _ bytes: ArraySlice<UInt8>, _: Word.Type
  ) -> [Word] {
    // The caller has checked that the bytes are a whole number of words.
    unsafe bytes.withUnsafeBytes { buffer in
      stride(from: 0, to: buffer.count, by: MemoryLayout<Word>.size).map { offset in
        Word(littleEndian: unsafe buffer.loadUnaligned(fromByteOffset: offset, as: Word.self))
      }
    }
  }
}
