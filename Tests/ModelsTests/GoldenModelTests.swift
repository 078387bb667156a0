import Foundation
import Layers
import Models
import TestModels
import Testing

@Suite struct GoldenModelTests {
  /// Every golden file of these layers, by what its output tensor is called.
  private static func cases(_ prefixes: String...) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: Fixtures.directory + "/golden")
        .filter { $0.hasSuffix(".safetensors") }
        .map { String($0.dropLast(".safetensors".count)) }
        .filter { name in prefixes.contains { name.hasPrefix($0) } }
        .sorted()
    } catch {
      return []
    }
  }

  private static let layerCases = cases(
    "kpconv", "strided_kpconv", "hourglass", "orthonorm", "local_conv2d", "features_")

  @Test func `all golden files of layers are found`() {
    #expect(Self.layerCases.count == 51)
  }

  @Test(arguments: layerCases)
  func `a golden layer loaded from a model directory gives its golden output`(
    name: String
  ) throws {
    let golden = try GoldenModel(case: name)
    let directory = try TemporaryDirectory()
    try directory.write(golden.model)
    let model = try LoadedModel(
      from: .directory(directory.path + "/model/1"), name: "model", version: 1)
    try model.plan.validate(golden.request)
    var workspace = Workspace()
    let output = model.plan.run([golden.request], in: &workspace)[0][0]
    let expected = try golden.file.tensor(
      named: name.hasPrefix("orthonorm") ? "expected.inference" : "expected.output")
    let (absolute, relative) = try golden.tolerance()
    expectClose(output, expected, absolute: absolute, relative: relative, name)
  }

  @Test(arguments: cases("kpconvx", "hourglass"))
  func `products of bfloat16 move a golden answer by little`(name: String) throws {
    var golden = try GoldenModel(case: name)
    golden.model.extra["precision"] = "bfloat16"
    var workspace = Workspace()
    let output = try golden.model.plan().run([golden.request], in: &workspace)[0][0]
    let expected = try golden.file.tensor(named: "expected.output")
    let difference = relativeDifference(output.floats, expected.floats)
    #expect(difference < 5e-3)
  }

  @Test(arguments: ProductPrecision.allCases)
  func `the report of a model names the precision of its products`(
    precision: ProductPrecision
  ) throws {
    var golden = try GoldenModel(case: "hourglass_wide_dh")
    golden.model.extra["precision"] = .string(precision.rawValue)
    #expect(try Self.report(golden).precision == precision)
  }

  @Test(arguments: layerCases + cases("e2e_"))
  func `a golden manifest is written again with equal configurations`(name: String) throws {
    let golden = try GoldenModel(case: name)
    let manifest = try ModelManifest(parsing: JSONWriter.write(golden.model.manifest))
    #expect(try ModelManifest(parsing: manifest.text()) == manifest)
    for node in try golden.model.graph().nodes {
      #expect(node.configuration.config == node.layer.config)
    }
  }

  @Test(arguments: cases("e2e_"))
  func `a golden pipeline gives its golden probabilities and labels`(name: String) throws {
    let golden = try GoldenModel(case: name)
    let plan = try golden.model.plan()
    try plan.validate(golden.request)
    var workspace = Workspace()
    let output = plan.run([golden.request], in: &workspace)[0][0]
    let (absolute, relative) = try golden.tolerance()
    expectClose(
      output, try golden.file.tensor(named: "expected.probabilities"), absolute: absolute,
      relative: relative)
    let classCount = output.shape[2]
    let labels = stride(from: 0, to: output.floats.count, by: classCount).map { row in
      let scores = output.floats[row..<(row + classCount)]
      return Int32((scores.firstIndex(of: scores.max() ?? 0) ?? row) - row)
    }
    let expected = try golden.file.tensor(named: "expected.labels")
    #expect(expected.values == .int32(labels))
  }

  @Test(arguments: cases("hourglass"))
  func `the report of an hourglass holds the golden regularization loss`(name: String) throws {
    let golden = try GoldenModel(case: name)
    let report = try Self.report(golden)
    let expected = try golden.file.tensor(named: "expected.loss_added_seed_formula").floats[0]
    let loss = report.layers[0].diagnostics.regularizationLoss ?? 0
    let (absolute, relative) = try golden.tolerance()
    #expect(abs(loss - Double(expected)) <= absolute + relative * Double(expected))
  }

  @Test(arguments: cases("klr"))
  func `the report of a convolution holds the golden kernel-length loss`(name: String) throws {
    let golden = try GoldenModel(case: name)
    let report = try Self.report(golden)
    let expected = try Double(golden.file.tensor(named: "expected.loss").floats[0])
    let loss = try #require(report.layers[0].diagnostics.regularizationLoss)
    let (absolute, relative) = try golden.tolerance()
    #expect(abs(loss - expected) <= absolute + relative * abs(expected))
  }

  private static func report(_ golden: GoldenModel) throws -> LayerReport {
    let directory = try TemporaryDirectory()
    try directory.write(golden.model)
    return try LoadedModel(
      from: .directory(directory.path + "/model/1"), name: "model", version: 1
    ).report()
  }
}
