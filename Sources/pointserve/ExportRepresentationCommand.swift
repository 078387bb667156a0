import ArgumentParser
import Layers
import Models

/// `pointserve export-representation`.
struct ExportRepresentationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export-representation",
    abstract: "Write the kernel of a point convolution as text and as a picture.",
    discussion: """
      Q.csv       the kernel points, a line for each
      W0.csv …    the weights, a file for each block and a line for each kernel point
      kernel.svg  the kernel points, shell by shell, and the weights as heat maps

      With --past also the change of the weights since an earlier version of the model: \
      W0_diff.csv … and further heat maps.
      """)

  @OptionGroup var directory: ModelDirectoryArgument
  @Option(help: "The layer: a KPConvXLayer, KPConvLayer or StridedKPConvLayer.")
  var layer: String
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder to write into, created if need be.", valueName: "folder"))
  var output: String
  @Option(help: ArgumentHelp("The model at an earlier time.", valueName: "model-directory"))
  var past: String?

  func run() throws {
    let contents = try directory.read()
    let pastContents = try past.map { try ModelDirectoryArgument(path: $0).read() }
    let kernel: KernelRepresentation
    do {
      kernel = try contents.kernel(ofLayer: layer, past: pastContents)
    } catch {
      throw CommandFailure.badInput("\(directory.path): \(error)")
    }
    do {
      try FileSystem.createDirectory(output)
      for file in kernel.files {
        try FileSystem.write(Array(file.text.utf8), into: output, name: file.name)
        print("\(output)/\(file.name)")
      }
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
  }
}
