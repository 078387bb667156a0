import Layers
import Models
import TestModels
import Testing

@Suite struct OrthonormRefitTests {
  /// x `[rows, 2]` → three features → an orthonormal layer without a stored matrix.
  private static func contents(_ directory: TemporaryDirectory) throws -> ModelContents {
    var model = TestModel()
    model.input("x", "FP32", [-1, 2])
    model.layer("wide", "Dense", ["units": .integer(3)], inputs: ["x"])
    model.layer("bent", "ReLU", inputs: ["wide"])
    model.layer("ortho", "Orthonorm", inputs: ["bent"])
    model.layer("both", "Concatenate", inputs: ["ortho", "bent"])
    model.output("y", from: "both")
    model.weight("wide/kernel", [2, 3], [1, 0, 1, 0, 1, -1])
    model.weight("wide/bias", [3], [0.5, 0, 0])
    try directory.write(model)
    return try ModelContents(reading: ModelDirectory("\(directory.path)/model").source)
  }

  private static func features(rows: Int, columns: Int = 2) -> HostTensor {
    var numbers = SeededNumbers(seed: 11)
    return numbers.floats([rows, columns])
  }

  @Test func `the fitted layer's output is orthonormal over the features`() throws {
    let directory = try TemporaryDirectory()
    let contents = try Self.contents(directory)
    let features = Self.features(rows: 200)
    let refit = try OrthonormRefit(of: contents, layer: "ortho", features: features)
    #expect(refit.rowCount == 200 && refit.width == 3 && refit.deviationBefore == nil)
    #expect(refit.deviationAfter < 1e-5)
    #expect(refit.conditionNumber > 1 && refit.conditionNumber < 10)

    let written = try refit.writeNewVersion(into: "\(directory.path)/model")
    #expect(written.version == 2 && written.modelPath == "\(directory.path)/model")
    let model = try LoadedModel(from: written.source, name: "model", version: 2)
    var workspace = Workspace()
    let output = model.plan.run([[features]], in: &workspace)[0][0].floats
    for i in 0..<3 {
      for j in 0..<3 {
        let product = (0..<200).reduce(0.0) {
          $0 + Double(output[$1 * 6 + i]) * Double(output[$1 * 6 + j])
        }
        #expect(abs(product / 200 - (i == j ? 1 : 0)) < 1e-5)
      }
    }

    let again = try OrthonormRefit(
      of: ModelContents(reading: written.source), layer: "ortho", features: features)
    #expect(again.matrix == refit.matrix)
    #expect(try #require(again.deviationBefore) == refit.deviationAfter)
  }

  @Test func `features without full rank are refused with what is wrong`() throws {
    let contents = try Self.contents(TemporaryDirectory())
    let few = #expect(throws: LayerToolError.self) {
      try OrthonormRefit(of: contents, layer: "ortho", features: Self.features(rows: 2))
    }
    #expect(
      few?.description.hasPrefix("the 3 features of the 2 rows are linearly dependent") == true)
    let constant = HostTensor(shape: [50, 2], values: .float32(Array(repeating: -1, count: 100)))
    let dead = #expect(throws: LayerToolError.self) {
      try OrthonormRefit(of: contents, layer: "ortho", features: constant)
    }
    #expect(
      dead?.description
        == "the 3 features of the 50 rows are linearly dependent (rank 0); always zero: 0, 1, 2: give other rows, at least as many as features, or train with fewer features"
    )
    #expect(dead?.isAboutFeatures == true)
  }

  @Test func `features that the model does not take are refused`() throws {
    let contents = try Self.contents(TemporaryDirectory())
    var bad = Self.features(rows: 10)
    var values = bad.floats
    values[7] = .nan
    bad.values = .float32(values)
    let nan = #expect(throws: LayerToolError.self) {
      try OrthonormRefit(of: contents, layer: "ortho", features: bad)
    }
    #expect(
      nan?.description
        == "features: input \"x\": expected finite values, found nan at element 7")
    let narrow = #expect(throws: LayerToolError.self) {
      try OrthonormRefit(
        of: contents, layer: "ortho", features: Self.features(rows: 10, columns: 1))
    }
    #expect(narrow?.description.contains("expected the shape [-1, 2]") == true)
    let empty = HostTensor(shape: [0, 2], values: .float32([]))
    #expect(throws: LayerToolError.self) {
      try OrthonormRefit(of: contents, layer: "ortho", features: empty)
    }
  }

  @Test(arguments: [
    (
      "wide",
      "layer \"wide\": expected Orthonorm (such as ortho), found Dense"
    ),
    (
      "orth",
      "layer \"orth\": expected a layer of the model (such as ortho), found no such layer"
    ),
  ])
  func `another layer is refused by a message that names the right one`(
    layer: String, message: String
  ) throws {
    let contents = try Self.contents(TemporaryDirectory())
    let error = #expect(throws: LayerToolError.self) {
      try OrthonormRefit(of: contents, layer: layer, features: Self.features(rows: 10))
    }
    #expect(error?.description == message)
    #expect(error?.isAboutFeatures == false)
  }
}

@Suite struct KernelOfModelTests {
  @Test func `a kernel of the built-in model is exported, and its change since itself is zero`()
    throws
  {
    let contents = try ModelContents(reading: .builtIn)
    let files = try contents.kernel(ofLayer: "enc0", past: contents).files
    #expect(files.map(\.name) == ["Q.csv", "W0.csv", "W0_diff.csv", "kernel.svg"])
    #expect(files[0].text.split(separator: "\n").count == 19)
    #expect(files[1].text.split(whereSeparator: \.isWhitespace).count == 19 * 32)
    #expect(files[2].text.split(whereSeparator: \.isWhitespace).allSatisfy { $0 == "0.0000000" })
  }

  @Test(arguments: [
    (
      "stem",
      "layer \"stem\": expected a layer with kernel points (such as enc0, enc1, enc2, dec1, dec0), found Dense"
    ),
    (
      "enc9",
      "layer \"enc9\": expected a layer of the model (such as enc0, enc1, enc2, dec1, dec0), found no such layer"
    ),
  ])
  func `a layer without a kernel is refused by a message that names those with one`(
    layer: String, message: String
  ) throws {
    let error = #expect(throws: LayerToolError.self) {
      try ModelContents(reading: .builtIn).kernel(ofLayer: layer)
    }
    #expect(error?.description == message)
  }

  @Test func `a past model without the layer, or with another shape of it, is refused`() throws {
    let directory = try TemporaryDirectory()
    try directory.write(TestModel.scaling(by: 1))
    let other = try ModelContents(reading: ModelDirectory("\(directory.path)/model").source)
    #expect(throws: LayerToolError.self) {
      try ModelContents(reading: .builtIn).kernel(ofLayer: "enc0", past: other)
    }
  }
}
