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
      runs. Exit code 0 if all is well; 1, with the reason on standard error, if not.
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
  }
}
