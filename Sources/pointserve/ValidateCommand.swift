import ArgumentParser
import Models
import Segmentation
import Service

/// `pointserve validate`.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Check that a model can be served.",
    discussion: """
      Loads the model as the service would: manifest, weights, graph, pre-processing and warm-up \
      runs. Where the directory has a \(ValidationFile.name), with inputs and the answers that the \
      model gave where it was trained, they are replayed and compared within the file's tolerance. \
      Exit code 0 if all is well; 1, with the reason on standard error, if not.
      """)

  @OptionGroup var directory: ModelDirectoryArgument

  func run() throws {
    let model = try directory.load()
    if model.manifest.segmentation != nil {
      do {
        _ = try Segmenter(model: model)
      } catch {
        throw CommandFailure.badInput("\(directory.path): model.json: \(error)")
      }
    }
    let outcomes = try replay(model)
    let tensors = { (specs: [NamedTensorSpec]) in specs.map(\.name).joined(separator: ", ") }
    print(
      """
      \(directory.path): valid
        model        \(model.name) version \(model.version)
        layers       \(model.manifest.layers.count)
        inputs       \(tensors(model.plan.inputs))
        outputs      \(tensors(model.plan.outputs))
        point clouds \(model.manifest.segmentation == nil ? "no" : "yes")
        SHA-256      \(model.sha256)
      """)
    guard !outcomes.isEmpty else { return }
    print("\n\(Self.table(of: outcomes).text)")
  }

  /// Compares the model with its stored answers.
  ///
  /// - Returns: the outcomes, none where nothing is stored.
  /// - Throws: `CommandFailure` naming the worst element of each output that differs too much.
  private func replay(_ model: LoadedModel) throws -> [ValidationOutcome] {
    guard let found = try directory.find() else { return [] }
    let outcomes: [ValidationOutcome]
    do {
      let stored = try ValidationFile.read(fromDirectory: found.path, for: model.plan)
      outcomes = try stored?.replay(through: model.plan) ?? []
    } catch {
      throw CommandFailure.badInput("\(found.path): \(error)")
    }
    guard outcomes.allSatisfy(\.passes) else {
      let failures = outcomes.filter { !$0.passes }.map { outcome in
        "output \"\(outcome.output)\", element \(outcome.worstIndex): expected "
          + "\(outcome.worstExpected), found \(outcome.worstFound)"
      }
      throw CommandFailure.badInput(
        "\(found.path): \(ValidationFile.name): the model differs from its stored answers: "
          + "\(failures.joined(separator: "; "))\n\n\(Self.table(of: outcomes).text)")
    }
    return outcomes
  }

  private static func table(of outcomes: [ValidationOutcome]) -> TextTable {
    TextTable(
      columns: [
        .left("case"), .left("output"), .right("values"), .right("largest difference"),
        .right("of the tolerance"), .left("result"),
      ],
      rows: outcomes.map { outcome in
        [
          outcome.caseName, outcome.output, grouped(outcome.elementCount),
          fiveDigits(outcome.largestDifference), "\(fiveDigits(100 * outcome.largestShare)) %",
          outcome.passes ? "equal" : "differs",
        ]
      })
  }
}
