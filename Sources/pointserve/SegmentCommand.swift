import ArgumentParser
import Batching
import Models
import PointClouds
import Segmentation
import Service

/// `pointserve segment`: the pipeline of the service without the service.
struct SegmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "segment", abstract: "Label every point of clouds in files.",
    discussion: """
      pointserve segment tile.las                     writes tile.classified.las
      pointserve segment tile.las --output out.las    writes out.las
      pointserve segment a.las b.las --output folder  writes folder/a.las and folder/b.las
      pointserve segment - < tile.las > out.las       reads standard input, writes standard output

      The extension of the output chooses its format; standard output gets that of the input, or \
      LAS for LAZ. Of a LAS file only the classification changes. No input is overwritten, and a \
      cloud that can't be labeled does not stop the others.
      """)

  @Argument(help: "Clouds: LAS, LAZ, PLY, PCD, XYZ, CSV, NPY or JSON; - reads standard input.")
  var input: [String]
  @Option(
    name: .shortAndLong,
    help: "The file, or for several inputs the folder, to write; - is standard output.")
  var output: String?
  @OptionGroup var modelOptions: ModelOptions
  @Option(help: "Compute threads; 0 takes one for each processor.")
  var threads = 0
  @Flag(help: "Write the probability of the chosen class of every point.")
  var confidence = false
  @Flag(help: "Write the probability of every class of every point, to CSV or NPY.")
  var probabilities = false
  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  func run() throws {
    guard (0...1024).contains(threads) else {
      throw CommandFailure.badCommandLine("--threads: expected 0 to 1024, found \(threads)")
    }
    let outputs = try SegmentOutputs(input: input, output: output)
    for case let (_, format?) in outputs.files { try checkPlace(in: format) }
    let threadCount = threads == 0 ? Environment.processorCount : threads
    let pool: TaskPool
    do { pool = try TaskPool(threadCount: threadCount, name: "decode") } catch {
      throw CommandFailure.badInput("\(error)")
    }
    defer { pool.finish() }
    let sharing = WorkSharing(pool: pool)
    var first: [UInt8]?
    let segmenter = try loadModel(reading: input[0], into: &first, on: sharing)
    var failureCount = 0
    for (path, output) in zip(input, outputs.files) {
      do {
        var bytes = try first.take() ?? Files.read(path)
        try segment(
          path, &bytes, into: output.path, as: output.format, segmenter: segmenter,
          threadCount: threadCount, on: sharing)
      } catch let failure as CommandFailure where input.count > 1 {
        writeError("pointserve: \(failure.message)\n")
        failureCount += 1
      }
    }
    guard failureCount == 0 else {
      throw CommandFailure.badInput("\(failureCount) of \(input.count) clouds are not labeled")
    }
  }

  /// Throws where probabilities are wanted in a format that has no place for them.
  private func checkPlace(in format: CloudFormat) throws {
    guard !probabilities || format.holdsProbabilities else {
      throw CommandFailure.badCommandLine(
        "--probabilities: \(format.name) has no place for them; CSV and NPY have")
    }
  }

  private enum Part: Sendable {
    case segmenter(Result<Segmenter, any Error>)
    case bytes([UInt8]?)
  }

  /// Loads the model while another thread, if there is one, reads a file.
  ///
  /// The file stays `nil` where it is to be read in its turn, which says what is wrong with it.
  private func loadModel(
    reading path: String, into file: inout [UInt8]?, on sharing: WorkSharing
  ) throws -> Segmenter {
    let modelOptions = modelOptions
    let parts = try sharing.map(2) { part in
      guard part == 0 else {
        // A wrong model is not worth waiting for what is typed or sent.
        guard Files.isRegular(path) else { return Part.bytes(nil) }
        do { return .bytes(try Files.read(path)) } catch { return .bytes(nil) }
      }
      return .segmenter(
        Result {
          let model = try modelOptions.load()
          do {
            return try Segmenter(model: model)
          } catch {
            throw CommandFailure.badInput("model \(model.name): \(error)")
          }
        })
    }
    guard case .segmenter(let segmenter) = parts[0], case .bytes(let bytes) = parts[1] else {
      preconditionFailure("parts come in their order")
    }
    file = bytes
    return try segmenter.get()
  }

  /// Labels a cloud, whose bytes are gone once they are decoded, so that encoding may change them where
  /// they are.
  private func segment(
    _ path: String, _ bytes: inout [UInt8], into outputPath: String,
    as wantedFormat: CloudFormat?, segmenter: Segmenter, threadCount: Int,
    on sharing: WorkSharing
  ) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let name = path == Files.standardStream ? "standard input" : path
    guard let format = CloudFormat.format(path: path) ?? CloudFormat.format(content: bytes)
    else {
      throw CommandFailure.badInput("\(name): no known format of point clouds")
    }
    let outputFormat = wantedFormat ?? format.written
    try checkPlace(in: outputFormat)
    let progress = ProgressBar(label: name, isShown: !quiet && Environment.isTerminal)
    let encoded: EncodedCloud
    let result: SegmentationResult
    do {
      let decoded = try format.decode(bytes, on: sharing)
      bytes = []
      result = try segmenter.segment(decoded.cloud, threadCount: threadCount) {
        progress.show($0.coveredVoxelCount, of: $0.voxelCount)
      }
      progress.end()
      encoded = try outputFormat.encode(
        ClassifiedCloud(
          decoded, classes: result.lasCodes,
          classNames: Dictionary(
            result.classes.map { ($0.lasCode, $0.name) }, uniquingKeysWith: { first, _ in first }),
          confidence: confidence ? result.confidences() : nil,
          probabilities: probabilities
            ? ClassProbabilities(
              classes: result.classes.map(\.lasCode), values: result.probabilities()) : nil))
    } catch {
      progress.end()
      throw CommandFailure.badInput("\(name): \(error)")
    }
    try Files.write(encoded.bytes, to: outputPath)
    guard !quiet else { return }
    let target = outputPath == Files.standardStream ? "standard output" : outputPath
    if encoded.substitutedClassCount > 0 {
      writeError(
        "\(target): \(encoded.substitutedClassCount) points have a class that \(outputFormat.name) "
          + "of this point format can't hold and carry a substitute\n")
    }
    let text = report(
      result, name: name, target: target, duration: start.duration(to: clock.now))
    // Where the cloud itself goes to standard output, nothing else may.
    if outputPath == Files.standardStream { writeError(text + "\n") } else { print(text) }
  }

  private func report(
    _ result: SegmentationResult, name: String, target: String, duration: Duration
  ) -> String {
    let count = result.pointCount
    let seconds = duration / .seconds(1)
    let heading = """
      \(name) -> \(target)
      \(grouped(count)) points in \((seconds * 100).rounded() / 100) s, \
      \(grouped(result.windowCount)) windows of \(grouped(result.voxelCount)) voxels \
      (\((result.voxelUnitMeters * 100).rounded() / 100) m)
      """
    var rows = zip(result.classes, result.classCounts).map { pointClass, points in
      [pointClass.name, "\(pointClass.lasCode)", grouped(points), percentage(points, of: count)]
    }
    if result.excludedCount > 0 {
      rows.append(
        [
          "left as it was", "", grouped(result.excludedCount),
          percentage(result.excludedCount, of: count),
        ])
    }
    let columns: [TextTable.Column] = [
      .left("class"), .right("code"), .right("points"), .right("share"),
    ]
    return heading + "\n" + TextTable(columns: columns, rows: rows).text
  }

  private func percentage(_ part: Int, of whole: Int) -> String {
    "\((Double(part) / Double(whole) * 1000).rounded() / 10) %"
  }
}
