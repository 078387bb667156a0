/// A validation file that can't be replayed.
package enum ValidationError: Error, Hashable {
  case file(FileError)
  case content(SafetensorsError)
  /// A tolerance that is missing or no number of at least 0.
  case tolerance(key: String, found: String?)
  case unknownTensor(name: String, inputs: [String], outputs: [String])
  case noCases
  case missingInput(caseName: String, input: String)
  case nothingExpected(caseName: String)
  /// The model does not take the stored inputs.
  case request(caseName: String, RequestError)
  /// The model's answer has another shape or type than the stored one.
  case output(caseName: String, output: String, expected: String, found: String)
}

extension ValidationError: CustomStringConvertible {
  /// A sentence that begins with the file.
  package var description: String {
    if case .file(let error) = self { return "\(error)" }
    return "\(ValidationFile.name): \(fault)"
  }

  private var fault: String {
    switch self {
    case .file(let error): "\(error)"
    case .content(let error): "\(error)"
    case .tolerance(let key, let found):
      "metadata key \(key): expected a number of at least 0 as text, found "
        + (found.map { "\"\($0)\"" } ?? "no such key")
    case .unknownTensor(let name, let inputs, let outputs):
      "tensor \"\(name)\": expected [<case>/]input.<name> with one of \(Self.list(inputs)), or "
        + "[<case>/]expected.<name> with one of \(Self.list(outputs))"
    case .noCases: "expected at least one case, found no tensors"
    case .missingInput(let caseName, let input):
      "\(Self.name(caseName))expected the tensor input.\(input), found no such tensor"
    case .nothingExpected(let caseName):
      "\(Self.name(caseName))expected at least one tensor expected.<output name>, found none"
    case .request(let caseName, let error): "\(Self.name(caseName))\(error)"
    case .output(let caseName, let output, let expected, let found):
      "\(Self.name(caseName))output \"\(output)\": expected \(expected), found \(found)"
    }
  }

  private static func name(_ caseName: String) -> String {
    caseName.isEmpty ? "" : "case \"\(caseName)\": "
  }

  private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}
