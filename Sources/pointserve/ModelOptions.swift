import ArgumentParser
import FoundationEssentials
import Models

/// Which model a command works with.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The directory of models; without it the built-in model demo.", valueName: "directory"))
  var modelRepository: String?
  @Option(help: "The model's name (default: the only one).")
  var model: String?
  @Option(help: "The model's version (default: the latest).")
  var version: Int?

  /// Loads the model, for work that is its own warm-up.
  ///
  /// - Throws: `CommandFailure` naming the file and what in it was expected and found.
  func load() throws -> LoadedModel {
    let repository = ModelRepository(directory: modelRepository, warmsUp: false)
    let events = repository.reload()
    let names = Set(repository.index.map(\.name)).sorted()
    if names.isEmpty {
      var reasons: [String] = []
      for case .unreadable(let reason) in events { reasons.append(reason) }
      let place = modelRepository ?? "the program"
      throw CommandFailure.badInput(
        reasons.isEmpty ? "\(place) holds no model" : reasons.joined(separator: "; "))
    }
    guard let name = model ?? (names.count == 1 ? names[0] : nil) else {
      throw CommandFailure.badCommandLine(
        "--model: expected one of \(names.joined(separator: ", "))")
    }
    do {
      return try repository.model(named: name, version: version)
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
  }
}

/// The directory of a model, as an argument.
struct ModelDirectoryArgument: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      """
      The directory of one version of a model, with model.json and weights.safetensors; that of a \
      model, for its latest version; or demo.
      """, valueName: "model-directory"))
  var path: String

  init() {}

  /// A directory that another option names.
  init(path: String) { self.path = path }

  /// The directory; `nil` for the model that is part of the program.
  ///
  /// - Throws: `CommandFailure` where no model is.
  func find() throws -> ModelDirectory? {
    if path == BuiltInModel.name, !FileManager.default.fileExists(atPath: path) { return nil }
    do {
      return try ModelDirectory(path)
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
  }

  /// Loads the model.
  ///
  /// - Throws: `CommandFailure` naming the file and what in it was expected and found.
  func load() throws -> LoadedModel {
    let directory = try find()
    do {
      return try LoadedModel(
        from: directory?.source ?? .builtIn, name: directory?.name ?? BuiltInModel.name,
        version: directory?.version ?? 1)
    } catch {
      throw CommandFailure.badInput("\(directory?.path ?? path): \(error)")
    }
  }

  /// Reads the files of the model without making it ready to run.
  ///
  /// - Throws: `CommandFailure` naming the file and what in it was expected and found.
  func read() throws -> ModelContents {
    let directory = try find()
    do {
      return try ModelContents(reading: directory?.source ?? .builtIn)
    } catch {
      throw CommandFailure.badInput("\(directory?.path ?? path): \(error)")
    }
  }
}
