import Layers

/// Inputs with the answers that the model gave where it was trained: `validation.safetensors` beside
/// `model.json`, optional, never read by the service.
///
/// Tensors come in cases. `<case>/input.<name>` is what the graph input `<name>` takes, every input
/// once per case; `<case>/expected.<name>` is what the graph output `<name>` gave, at least one output
/// per case. `<case>/` is free text without a slash; a file of one case may leave it out. Types: F32
/// (or F64, F16, BF16) for floating tensors, I32 (or I64, U8) for integer ones.
///
/// The file's metadata state the tolerance, decimal numbers of at least 0 as text: an element passes
/// where |found − expected| ≤ `atol` + `rtol` · |expected|; integers have to be equal. Other keys are
/// free text.
package struct ValidationFile: Sendable {
  /// What the file is called.
  package static let name = "validation.safetensors"

  /// In the order of their names.
  package let cases: [ValidationCase]
  package let relativeTolerance: Double
  package let absoluteTolerance: Double

  /// The longest file that is read, bytes.
  private static let byteLimit = 1 << 30

  private enum Key {
    static let relativeTolerance = "rtol"
    static let absoluteTolerance = "atol"
  }

  /// Reads the file of a model.
  ///
  /// - Parameters:
  ///   - directory: the version directory.
  ///   - plan: the model, which every tensor has to belong to.
  /// - Returns: `nil` where the directory has no such file.
  /// - Throws: `ValidationError` naming the tensor or key, what was expected and what was found.
  package static func read(
    fromDirectory directory: String, for plan: ExecutablePlan
  ) throws(ValidationError) -> ValidationFile? {
    let content: [UInt8]
    do {
      content = try FileSystem.contents(of: "\(directory)/\(name)", maximumByteCount: byteLimit)
    } catch  where error.isMissing {
      return nil
    } catch {
      throw .file(error)
    }
    return try ValidationFile(parsing: content, for: plan)
  }

  /// Parses the content of a file.
  ///
  /// - Parameters:
  ///   - content: safetensors.
  ///   - plan: the model, which every tensor has to belong to.
  /// - Throws: `ValidationError`.
  package init(
    parsing content: [UInt8], for plan: ExecutablePlan
  ) throws(ValidationError) {
    let file: SafetensorsFile
    do { file = try SafetensorsFile(parsing: content) } catch { throw .content(error) }
    relativeTolerance = try Self.tolerance(Key.relativeTolerance, of: file)
    absoluteTolerance = try Self.tolerance(Key.absoluteTolerance, of: file)
    var tensorNames: [String: [TensorName]] = [:]
    for text in file.names {
      guard let name = TensorName(text), name.isKnown(to: plan) else {
        throw .unknownTensor(
          name: text, inputs: plan.inputs.map(\.name), outputs: plan.outputs.map(\.name))
      }
      tensorNames[name.caseName, default: []].append(name)
    }
    guard !tensorNames.isEmpty else { throw .noCases }
    cases = try tensorNames.sorted { $0.key < $1.key }.map {
      name, tensors throws(ValidationError) in
      try ValidationCase(name: name, tensors: tensors, file: file, plan: plan)
    }
  }

  private static func tolerance(
    _ key: String, of file: SafetensorsFile
  ) throws(ValidationError) -> Double {
    guard let text = file.metadata[key], let number = Double(text), number.isFinite, number >= 0
    else {
      throw .tolerance(key: key, found: file.metadata[key])
    }
    return number
  }

  /// The parts of a tensor's name in the file.
  struct TensorName {
    enum Role: String, CaseIterable {
      case input = "input."
      case expected = "expected."
    }

    /// The name in the file.
    let text: String
    /// Empty where the file leaves it out.
    let caseName: String
    let role: Role
    /// Of the graph's input or output.
    let name: String

    init?(_ text: String) {
      self.text = text
      let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      let isWithoutCase = Role.allCases.contains { text.hasPrefix($0.rawValue) }
      let rest = isWithoutCase ? text[...] : parts[parts.count - 1]
      guard let role = Role.allCases.first(where: { rest.hasPrefix($0.rawValue) }) else {
        return nil
      }
      caseName = isWithoutCase ? "" : String(parts[0])
      self.role = role
      name = String(rest.dropFirst(role.rawValue.count))
    }

    func isKnown(to plan: ExecutablePlan) -> Bool {
      (role == .input ? plan.inputs : plan.outputs).contains { $0.name == name }
    }
  }
}
