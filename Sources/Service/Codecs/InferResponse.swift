import HTTPServer
import Layers
import Models

/// Encodes the answer of an inference: JSON, followed by binary tensors where the client wants them.
///
/// Source: Open Inference Protocol v2, "Inference Response JSON Object".
struct InferResponse {
  let model: LoadedModel
  let request: InferRequest
  /// In the order of the plan's outputs.
  let outputs: [HostTensor]
  /// Class names by channel, for the classification extension.
  let labels: [String]

  /// The response.
  ///
  /// - Throws: `HTTPFailure` 422 when an output is not finite and the client wants JSON.
  func encode() throws(HTTPFailure) -> HTTPResponse {
    var json = Array(
      """
      {"model_name":\(JSONText.string(model.name)),\
      "model_version":"\(model.version)",
      """.utf8)
    if let id = request.id { json.append(contentsOf: "\"id\":\(JSONText.string(id)),".utf8) }
    json.append(contentsOf: "\"outputs\":[".utf8)
    var binary: [UInt8] = []
    for (position, wanted) in request.outputs.enumerated() {
      if position > 0 { json.append(UInt8(ascii: ",")) }
      let name = model.plan.outputs[wanted.index].name
      let tensor = outputs[wanted.index]
      let encoded = wanted.classificationCount.map { classify(tensor, count: $0) }
      let shape = encoded?.shape ?? tensor.shape
      let datatype =
        encoded != nil ? "BYTES" : tensor.values.elementType == .float32 ? "FP32" : "INT32"
      json.append(
        contentsOf: """
          {"name":\(JSONText.string(name)),"datatype":"\(datatype)",\
          "shape":[\(shape.map(String.init).joined(separator: ","))],
          """.utf8)
      if wanted.isBinary {
        let start = binary.count
        if let encoded {
          encoded.append(to: &binary)
        } else {
          BinaryTensor.append(tensor.values, to: &binary)
        }
        json.append(
          contentsOf: "\"parameters\":{\"binary_data_size\":\(binary.count - start)}}".utf8)
        continue
      }
      json.append(contentsOf: "\"data\":".utf8)
      switch (encoded, tensor.values) {
      case (let encoded?, _): JSONText.append(encoded.texts.map(JSONText.string), to: &json)
      case (nil, .float32(let values)):
        guard values.allSatisfy(\.isFinite) else {
          throw HTTPFailure(
            .unprocessableContent, code: "output_not_finite",
            message: "output \(name) is not finite for these inputs, and JSON has no such numbers")
        }
        JSONText.append(values, to: &json)
      case (nil, .int32(let values)): JSONText.append(values, to: &json)
      }
      json.append(UInt8(ascii: "}"))
    }
    json.append(contentsOf: "]}".utf8)
    guard request.outputs.contains(where: \.isBinary) else { return .json(json) }
    return HTTPResponse(
      headers: [
        "Content-Type": "application/octet-stream",
        InferRequest.jsonLengthHeader: "\(json.count)",
      ], body: .bytes(json + binary))
  }

  /// The largest values of each row as `value:index[:label]`; an output of another width than the
  /// number of classes has no labels.
  private func classify(_ tensor: HostTensor, count: Int) -> Classification {
    let width = tensor.shape.last ?? 1
    let kept = min(count, width)
    let values: [Float]
    switch tensor.values {
    case .float32(let floats): values = floats
    case .int32(let integers): values = integers.map(Float.init)
    }
    var texts: [String] = []
    for row in stride(from: 0, to: width == 0 ? 0 : values.count, by: max(1, width)) {
      let best = (0..<width).sorted { left, right in
        (values[row + right], left) < (values[row + left], right)
      }.prefix(kept)
      for channel in best {
        let label = width == labels.count ? ":\(labels[channel])" : ""
        texts.append("\(values[row + channel]):\(channel)\(label)")
      }
    }
    return Classification(shape: tensor.shape.dropLast() + [kept], texts: texts)
  }

  /// A tensor of datatype BYTES.
  private struct Classification {
    let shape: [Int]
    let texts: [String]

    /// Appends each element as a 4-byte length and its bytes.
    func append(to bytes: inout [UInt8]) {
      for text in texts {
        BinaryTensor.append(UInt32(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
      }
    }
  }
}
