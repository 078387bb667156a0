/// The JSON part of an inference request.
///
/// Source: Open Inference Protocol, "Inference Request JSON Object".
struct InferRequestBody: Decodable {
  /// One input tensor, with its values where they are written in JSON.
  struct Input: Decodable {
    let name: String
    let shape: [Int]
    let datatype: String
    /// The size of this tensor among the binary data that follows the JSON, in bytes.
    let binaryByteCount: Int?
    let values: Values?

    /// Values by the type that the client named.
    enum Values {
      case float32([Float])
      case float64([Double])
      case integers([Int64])
      case unsigned([UInt64])
    }

    private enum CodingKeys: String, CodingKey {
      case name, shape, datatype, data, parameters
    }

    private struct Parameters: Decodable {
      let binaryByteCount: Int?
      let sharedMemoryRegion: String?

      private enum CodingKeys: String, CodingKey {
        case binaryByteCount = "binary_data_size"
        case sharedMemoryRegion = "shared_memory_region"
      }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      name = try container.decode(String.self, forKey: .name)
      shape = try container.decode([Int].self, forKey: .shape)
      datatype = try container.decode(String.self, forKey: .datatype)
      let parameters = try container.decodeIfPresent(Parameters.self, forKey: .parameters)
      guard parameters?.sharedMemoryRegion == nil else {
        throw DecodingError.dataCorruptedError(
          forKey: .parameters, in: container,
          debugDescription: "input \(name): shared memory is not supported")
      }
      binaryByteCount = parameters?.binaryByteCount
      guard container.contains(.data) else {
        values = nil
        return
      }
      switch datatype {
      case "FP32":
        values = .float32(try container.decode(TensorData<Float>.self, forKey: .data).values)
      case "FP64":
        values = .float64(try container.decode(TensorData<Double>.self, forKey: .data).values)
      case "INT8", "INT16", "INT32", "INT64":
        values = .integers(try container.decode(TensorData<Int64>.self, forKey: .data).values)
      case "UINT8", "UINT16", "UINT32", "UINT64":
        values = .unsigned(try container.decode(TensorData<UInt64>.self, forKey: .data).values)
      case "FP16", "BF16":
        throw DecodingError.dataCorruptedError(
          forKey: .data, in: container,
          debugDescription: "input \(name): \(datatype) values can only be sent as binary data")
      default:
        throw DecodingError.dataCorruptedError(
          forKey: .datatype, in: container,
          debugDescription: "input \(name): datatype \(datatype) is not supported")
      }
    }
  }

  /// One output that the client asks for.
  struct Output: Decodable {
    let name: String
    let parameters: Parameters?

    struct Parameters: Decodable {
      let wantsBinary: Bool?
      let classificationCount: Int?

      private enum CodingKeys: String, CodingKey {
        case wantsBinary = "binary_data"
        case classificationCount = "classification"
      }
    }
  }

  struct Parameters: Decodable {
    let wantsBinaryOutputs: Bool?
    /// How long the request may wait, in microseconds.
    let timeoutMicroseconds: Int?

    private enum CodingKeys: String, CodingKey {
      case wantsBinaryOutputs = "binary_data_output"
      case timeoutMicroseconds = "timeout"
    }
  }

  let id: String?
  let parameters: Parameters?
  let inputs: [Input]
  let outputs: [Output]?
}
