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
    let model = try modelOptions.load()
    let segmenter: Segmenter
    do {
      segmenter = try Segmenter(model: model)
    } catch {
      throw CommandFailure.badInput("model \(model.name): \(error)")
    }
    var failureCount = 0
    for (path, output) in zip(input, outputs.files) {
      do {
        try segment(path, into: output.path, as: output.format, segmenter: segmenter)
      } catch let failure as CommandFailure where input.count > 1 {
        writeError("pointserve: \(failure.message)\n")
        failureCount += 1
      }
    }
    guard failureCount == 0 else {
      throw CommandFailure.badInput("\(failureCount) of \(input.count) clouds are not labeled")
    }
  }

  private func segment(
    _ path: String, into outputPath: String, as wantedFormat: CloudFormat?, segmenter: Segmenter
  ) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let name = path == Files.standardStream ? "standard input" : path
    let bytes = try Files.read(path)
    guard let format = CloudFormat.format(path: path) ?? CloudFormat.format(content: bytes)
    else {
      throw CommandFailure.badInput("\(name): no known format of point clouds")
    }
    let outputFormat = wantedFormat ?? format.written
    guard !probabilities || outputFormat.holdsProbabilities else {
      throw CommandFailure.badCommandLine(
        "--probabilities: \(outputFormat.name) has no place for them; CSV and NPY have")
    }
    let progress = ProgressBar(label: name, isShown: !quiet && Environment.isTerminal)
    let encoded: EncodedCloud
    let result: SegmentationResult
    do {
      let threadCount = threads == 0 ? Environment.processorCount : threads
      let pool = try TaskPool(threadCount: threadCount, name: "decode")
      defer { pool.finish() }
      let decoded = try format.decode(bytes, on: WorkSharing(pool: pool))
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
