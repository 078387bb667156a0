import ArgumentParser
import Models
import PointClouds

/// `pointserve fit-orthonorm`.
struct FitOrthonormCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit-orthonorm",
    abstract: "Compute the matrix of an Orthonorm layer from features.",
    discussion: """
      Runs the layers before the layer on the features, computes the matrix by Cholesky in float64 \
      so that the layer's output y over these features fulfils yᵀy / rows = I, and writes the model \
      with it as a new version. The service takes it up without a restart.
      """)

  @OptionGroup var directory: ModelDirectoryArgument
  @Option(help: "The layer, an Orthonorm.")
  var layer: String
  @Option(
    help: ArgumentHelp(
      "An NPY file [rows, features]: what the model's input takes.", valueName: "file"))
  var features: String
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      """
      The model directory that the new version goes to (default: the one that holds the given \
      version).
      """, valueName: "directory"))
  var output: String?

  /// The longest file of features, bytes.
  private static let byteLimit = 8 << 30
  /// From this ratio of the largest to the smallest singular value on, half of float32's digits are
  /// gone.
  private static let highConditionNumber = 4096.0

  func run() throws {
    let contents = try directory.read()
    let target = try targetDirectory()
    let refit: OrthonormRefit
    do {
      refit = try OrthonormRefit(of: contents, layer: layer, features: try batch())
    } catch let error as LayerToolError {
      throw CommandFailure.badInput(
        error.isAboutFeatures ? "\(features): \(error)" : "\(directory.path): \(error)")
    }
    let written: ModelDirectory
    do {
      written = try refit.writeNewVersion(into: target)
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
    let before = refit.deviationBefore.map { "\(fiveDigits($0)) with the stored matrix, " } ?? ""
    print(
      """
      \(written.path): written
        layer             \(refit.layer), \(refit.width) features
        batch             \(grouped(refit.rowCount)) rows of \(features)
        condition number  \(fiveDigits(refit.conditionNumber))
        |yᵀy / rows − I|  \(before)\(fiveDigits(refit.deviationAfter)) with the new one
      """)
    if refit.conditionNumber > Self.highConditionNumber {
      writeError(
        """
        pointserve: warning: the features are nearly dependent (condition number \
        \(fiveDigits(refit.conditionNumber))); small changes of the input change the answers much\n
        """)
    }
  }

  private func batch() throws -> HostTensor {
    let array: NumPyArray
    do {
      array = try NumPyArray(
        FileSystem.contents(of: features, maximumByteCount: Self.byteLimit))
    } catch let error as CloudError {
      throw CommandFailure.badInput("\(features): \(error)")
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
    return HostTensor(
      shape: array.shape.count == 2 ? array.shape : [array.shape[0], 1],
      values: .float32(array.values.map { Float($0) }))
  }

  private func targetDirectory() throws -> String {
    if let output { return output }
    guard let model = try directory.find()?.modelPath else {
      throw CommandFailure.badCommandLine(
        "--output: expected a model directory for the new version, as \(directory.path) is not "
          + "a version inside of one")
    }
    return model
  }
}
