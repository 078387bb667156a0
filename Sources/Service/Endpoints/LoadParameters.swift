import FoundationEssentials
import HTTPServer
import Layers
import Models

/// The parameters of a request to load a model, as Triton's clients send them: `config`, a model
/// configuration as JSON in a string, and `file:<version>/<name>`, files in Base64.
struct LoadParameters {
  static let configName = "config"
  private static let filePrefix = "file:"

  /// The configuration that the model is to have, or a part of one.
  private let configuration: [String: ConfigValue]?
  private let versions: [Int: ModelFiles]

  /// Reads the parameters.
  ///
  /// - Throws: `HTTPFailure` 400 naming the parameter.
  init(_ parameters: [String: ConfigValue]) throws(HTTPFailure) {
    var configuration: [String: ConfigValue]?
    var files: [Int: [String: [UInt8]]] = [:]
    for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
      if name == Self.configName {
        configuration = try Self.readConfiguration(value)
      } else if name.hasPrefix(Self.filePrefix) {
        let (version, file) = try Self.readName(name)
        let content = try Self.readContent(value, of: name)
        guard file != ModelFiles.manifestName || content.count <= ModelFiles.manifestByteLimit
        else {
          throw .unsupportedParameter(
            name,
            "expected at most \(ModelFiles.manifestByteLimit) bytes, found \(content.count)")
        }
        files[version, default: [:]][file] = content
      } else {
        throw .unsupportedParameter(name, "expected config or file:<version>/<name>")
      }
    }
    var versions: [Int: ModelFiles] = [:]
    for (version, content) in files {
      guard let manifest = content[ModelFiles.manifestName] else {
        throw .unsupportedParameter(
          Self.parameter(version, ModelFiles.weightsName),
          "expected \(Self.parameter(version, ModelFiles.manifestName)) beside it")
      }
      versions[version] = ModelFiles(
        manifest: manifest, weights: content[ModelFiles.weightsName])
    }
    self.configuration = configuration
    self.versions = versions
  }

  /// What the model is loaded with instead of what the repository holds; `nil` for nothing.
  var override: ModelOverride? {
    guard configuration != nil || !versions.isEmpty else { return nil }
    return ModelOverride(
      versions: versions,
      manifestMembers: ModelConfiguration.manifestMembers(of: configuration ?? [:]))
  }

  /// What the configuration says that a model is not, in words.
  @Sendable func objection(to model: LoadedModel) -> String? {
    guard let configuration else { return nil }
    return ModelConfiguration.firstDifference(
      .object(configuration), .object(ModelConfiguration.document(of: model)),
      at: Self.configName)
  }

  /// What a version that can't be loaded is answered with, naming the parameter that is to blame.
  func failure(version: Int, _ error: ModelError) -> HTTPFailure {
    let reason = "\(error)"
    guard versions[version] != nil, !isOfConfiguration(error) else {
      return .unsupportedParameter(Self.configName, "version \(version): \(reason)")
    }
    // The description of every error begins with the file.
    let file =
      reason.hasPrefix(ModelFiles.weightsName) ? ModelFiles.weightsName : ModelFiles.manifestName
    return .unsupportedParameter(Self.parameter(version, file), reason)
  }

  /// Whether a value of a manifest is at fault that the configuration has set.
  private func isOfConfiguration(_ error: ModelError) -> Bool {
    guard case .manifest(.invalidValue(let key, _, _)) = error else { return false }
    let member = String(key.prefix { $0 != "." && $0 != "[" })
    return override?.manifestMembers[member] != nil
  }

  private static func parameter(_ version: Int, _ file: String) -> String {
    "\(filePrefix)\(version)/\(file)"
  }

  private static func readConfiguration(
    _ value: ConfigValue
  ) throws(HTTPFailure) -> [String: ConfigValue]? {
    switch value {
    case .null: return nil
    case .string(let text):
      let value: ConfigValue
      do {
        value = try JSONReader.read(
          text.utf8, maximumValueCount: HTTPRequest.maximumValueCount)
      } catch {
        throw .unsupportedParameter(configName, "\(error)")
      }
      guard case .object(let members) = value else {
        throw .unsupportedParameter(configName, "expected an object, found \(value.summary)")
      }
      return members
    default:
      throw .unsupportedParameter(
        configName, "expected a string that holds JSON, found \(value.summary)")
    }
  }

  /// The version and the file that a parameter names.
  private static func readName(
    _ name: String
  ) throws(HTTPFailure) -> (version: Int, file: String) {
    let parts = name.dropFirst(filePrefix.count).split(
      separator: "/", omittingEmptySubsequences: false)
    let known = [ModelFiles.manifestName, ModelFiles.weightsName]
    guard parts.count == 2, let version = VersionNumber.read(parts[0]),
      let file = known.first(where: { $0 == parts[1] })
    else {
      throw .unsupportedParameter(
        name, "expected file:<version>/ and one of \(known.joined(separator: ", "))")
    }
    return (version, file)
  }

  private static func readContent(
    _ value: ConfigValue, of name: String
  ) throws(HTTPFailure) -> [UInt8] {
    guard case .string(let text) = value, let content = Data(base64Encoded: text) else {
      throw .unsupportedParameter(name, "expected Base64 in a string, found \(value.summary)")
    }
    return Array(content)
  }
}

extension HTTPFailure {
  /// A parameter of a request that changes the model repository and that can't be followed.
  static func unsupportedParameter(_ parameter: String, _ reason: String) -> HTTPFailure {
    // A name can be as long as the body.
    let name = String(parameter.prefix(200))
    return HTTPFailure(
      .badRequest, code: "unsupported_parameter", message: "parameter \(name): \(reason)",
      detail: [("parameter", .string(name))])
  }
}
