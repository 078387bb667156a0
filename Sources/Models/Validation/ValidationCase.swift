/// One request and what a model has to answer to it.
package struct ValidationCase: Sendable {
  /// Empty for the case of a file that names none.
  package let name: String
  /// In the order of the graph's inputs; validated by the plan.
  let request: [HostTensor]
  /// Stored outputs by their position among the graph's outputs, ascending.
  let expected: [(output: Int, tensor: HostTensor)]

  init(
    name: String, tensors: [ValidationFile.TensorName], file: SafetensorsFile,
    plan: ExecutablePlan
  ) throws(ValidationError) {
    func stored(
      _ tensor: String, role: ValidationFile.TensorName.Role
    ) throws(ValidationError) -> HostTensor? {
      guard let found = tensors.first(where: { $0.role == role && $0.name == tensor }) else {
        return nil
      }
      do { return try file.tensor(named: found.text) } catch { throw .content(error) }
    }
    self.name = name
    var request: [HostTensor] = []
    for input in plan.inputs {
      guard let tensor = try stored(input.name, role: .input) else {
        throw .missingInput(caseName: name, input: input.name)
      }
      request.append(tensor)
    }
    var expected: [(output: Int, tensor: HostTensor)] = []
    for (index, output) in plan.outputs.enumerated() {
      if let tensor = try stored(output.name, role: .expected) { expected.append((index, tensor)) }
    }
    guard !expected.isEmpty else { throw .nothingExpected(caseName: name) }
    do { try plan.validate(request) } catch { throw .request(caseName: name, error) }
    self.request = request
    self.expected = expected
  }
}
