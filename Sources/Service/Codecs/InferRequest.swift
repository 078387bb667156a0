import FoundationEssentials
import HTTPServer
import Layers
import Models

/// A decoded inference request: the tensors in the order of the plan's inputs, and what the client
/// wants back.
struct InferRequest {
  /// One output that goes into the answer.
  struct WantedOutput {
    /// The position in the plan's outputs.
    let index: Int
    let isBinary: Bool
    /// Answer the so many largest values and their positions instead of the tensor.
    let classificationCount: Int?
  }

  /// The header of the binary tensor extension: the length of the JSON, in bytes.
  static let jsonLengthHeader = "Inference-Header-Content-Length"

  let id: String?
  private(set) var tensors: [HostTensor]
  let outputs: [WantedOutput]
  /// How long the client lets the request wait.
  let timeout: Duration?

  /// Decodes JSON, or JSON followed by binary tensors.
  ///
  /// Source: Open Inference Protocol v2, binary tensor data extension.
  /// - Throws: `HTTPFailure` 400 for a malformed request, 422 for tensors the model does not take.
  init(_ request: HTTPRequest, plan: ExecutablePlan) throws(HTTPFailure) {
    let (json, binary) = try Self.split(request)
    let body: InferRequestBody
    do {
      body = try JSONDecoder().decode(InferRequestBody.self, from: Data(json))
    } catch {
      throw .malformedJSON(error, text: json)
    }
    id = body.id
    if let microseconds = body.parameters?.timeoutMicroseconds, microseconds > 0 {
      timeout = .microseconds(Int64(microseconds))
    } else {
      timeout = nil
    }
    tensors = try Self.tensors(of: body, binary: binary, plan: plan)
    outputs = try Self.wantedOutputs(of: body, plan: plan)
  }

  /// The same without what only computing needs, to be kept until the answer.
  var withoutTensors: InferRequest {
    var copy = self
    copy.tensors = []
    return copy
  }

  private static func split(
    _ request: HTTPRequest
  ) throws(HTTPFailure) -> (json: ArraySlice<UInt8>, binary: ArraySlice<UInt8>) {
    let body = request.body[...]
    guard let text = request.headers[jsonLengthHeader] else { return (body, []) }
    guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(text),
      length <= body.count
    else {
      throw HTTPFailure(
        .badRequest, code: "malformed_request",
        message: "\(jsonLengthHeader): expected at most \(body.count), found \(text)")
    }
    return (body.prefix(length), body.dropFirst(length))
  }

  private static func tensors(
    of body: InferRequestBody, binary: ArraySlice<UInt8>, plan: ExecutablePlan
  ) throws(HTTPFailure) -> [HostTensor] {
    var binary = binary
    var byName: [String: HostTensor] = [:]
    for input in body.inputs {
      guard let expected = plan.inputs.first(where: { $0.name == input.name }) else {
        let names = plan.inputs.map(\.name).joined(separator: ", ")
        throw malformed("input \(input.name) is unknown; the model takes \(names)")
      }
      guard byName[input.name] == nil else { throw malformed("input \(input.name) is given twice") }
      let count = try elementCount(input)
      let values: HostTensor.Values
      switch (input.values, input.binaryByteCount) {
      case (_?, _?): throw malformed("input \(input.name) has both data and binary_data_size")
      case (nil, nil): throw malformed("input \(input.name) has no data")
      case (let written?, nil):
        values = try Self.values(written, of: input, for: expected)
      case (nil, let byteCount?):
        guard byteCount >= 0, byteCount <= binary.count else {
          throw malformed(
            "input \(input.name): binary_data_size is \(byteCount), \(binary.count) bytes are left")
        }
        values = try BinaryTensor.decode(
          binary.prefix(byteCount), datatype: input.datatype, count: count, name: input.name)
        binary = binary.dropFirst(byteCount)
      }
      guard values.elementType == expected.spec.elementType else {
        throw malformed(
          """
          input \(input.name): expected datatype \(expected.datatype.rawValue), \
          found \(input.datatype)
          """)
      }
      guard values.count == count else {
        throw malformed(
          """
          input \(input.name): shape \(input.shape) has \(count) elements, \
          found \(values.count)
          """)
      }
      byName[input.name] = HostTensor(shape: input.shape, values: values)
    }
    guard binary.isEmpty else {
      throw malformed("\(binary.count) bytes follow the last binary tensor")
    }
    var tensors: [HostTensor] = []
    for input in plan.inputs {
      guard let tensor = byName[input.name] else {
        throw malformed("input \(input.name) is missing")
      }
      tensors.append(tensor)
    }
    return tensors
  }

  private static func elementCount(_ input: InferRequestBody.Input) throws(HTTPFailure) -> Int {
    var count = 1
    for extent in input.shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else {
        throw malformed("input \(input.name): shape \(input.shape) is not one of a tensor")
      }
      count = product
    }
    return count
  }

  private static func values(
    _ written: InferRequestBody.Input.Values, of input: InferRequestBody.Input,
    for expected: NamedTensorSpec
  ) throws(HTTPFailure) -> HostTensor.Values {
    switch written {
    case .float32(let values): return .float32(values)
    case .float64: throw mismatch(input, expected)
    case .integers(let values): return .int32(try indices(values, name: input.name))
    case .unsigned(let values): return .int32(try indices(values, name: input.name))
    }
  }

  /// Narrows row indices to 32 bits.
  static func indices(
    _ values: some Collection<some BinaryInteger>, name: String
  ) throws(HTTPFailure) -> [Int32] {
    var narrowed: [Int32] = []
    narrowed.reserveCapacity(values.count)
    for value in values {
      guard let index = Int32(exactly: value) else {
        throw HTTPFailure(
          .unprocessableContent, code: "index_out_of_range",
          message: "input \(name): expected indices from 0 to \(Int32.max), found \(value)")
      }
      narrowed.append(index)
    }
    return narrowed
  }

  private static func mismatch(
    _ input: InferRequestBody.Input, _ expected: NamedTensorSpec
  ) -> HTTPFailure {
    malformed(
      """
      input \(input.name): expected datatype \(expected.datatype.rawValue), \
      found \(input.datatype)
      """)
  }

  private static func wantedOutputs(
    of body: InferRequestBody, plan: ExecutablePlan
  ) throws(HTTPFailure) -> [WantedOutput] {
    let isBinary = body.parameters?.wantsBinaryOutputs ?? false
    guard let outputs = body.outputs, !outputs.isEmpty else {
      return plan.outputs.indices.map {
        WantedOutput(index: $0, isBinary: isBinary, classificationCount: nil)
      }
    }
    var wanted: [WantedOutput] = []
    for output in outputs {
      guard let index = plan.outputs.firstIndex(where: { $0.name == output.name }) else {
        let names = plan.outputs.map(\.name).joined(separator: ", ")
        throw malformed("output \(output.name) is unknown; the model gives \(names)")
      }
      guard !wanted.contains(where: { $0.index == index }) else {
        throw malformed("output \(output.name) is wanted twice")
      }
      let classes = output.parameters?.classificationCount ?? 0
      guard classes >= 0 else {
        throw malformed("output \(output.name): classification \(classes)")
      }
      wanted.append(
        WantedOutput(
          index: index, isBinary: output.parameters?.wantsBinary ?? isBinary,
          classificationCount: classes > 0 ? classes : nil))
    }
    return wanted
  }

  private static func malformed(_ message: String) -> HTTPFailure {
    HTTPFailure(.badRequest, code: "malformed_request", message: message)
  }
}
