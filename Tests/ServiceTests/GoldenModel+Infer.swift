import GoldenFiles
import Layers
import Models
import TestModels

extension GoldenModel {
  /// The golden request as JSON of the inference protocol.
  ///
  /// - Parameter changes: tensors in place of the golden ones, by name; `nil` leaves one out.
  /// - Returns: the body.
  func inferBody(_ changes: [String: HostTensor?] = [:]) -> [UInt8] {
    var inputs: [ConfigValue] = []
    for (input, golden) in zip(model.inputs, request) {
      guard case .object(var members) = input, case .string(let name)? = members["name"],
        let tensor = changes[name, default: golden]
      else { continue }
      members["shape"] = .array(tensor.shape.map { .integer($0) })
      switch tensor.values {
      case .float32(let values): members["data"] = .array(values.map { .number(Double($0)) })
      case .int32(let values): members["data"] = .array(values.map { .integer(Int($0)) })
      }
      inputs.append(.object(members))
    }
    return JSONWriter.write(["inputs": .array(inputs), "id": "7"])
  }
}

/// The first output of an answer of the inference protocol, written as JSON.
struct FirstOutput: Equatable {
  let shape: [Int]
  let data: [Float]

  init(_ text: String) throws {
    guard case .object(let answer) = try JSONReader.read(text.utf8),
      case .array(let outputs)? = answer["outputs"], case .object(let output)? = outputs.first,
      case .array(let shape)? = output["shape"], case .array(let data)? = output["data"]
    else { throw GoldenError("no output in \(text.prefix(200))") }
    self.shape = shape.map { if case .integer(let extent) = $0 { extent } else { -1 } }
    self.data = data.map { value in
      switch value {
      case .integer(let integer): Float(integer)
      case .number(let number): Float(number)
      default: .nan
      }
    }
  }
}
