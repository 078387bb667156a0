import FoundationEssentials
import GoldenFiles
import Layers
import Testing

struct KernelExportTests {
  private func kernel(past: Bool = false) throws -> KernelRepresentation {
    let golden = try GoldenFile("export_representation")
    let layer = try LayerRegistry.decode(
      className: "KPConvXLayer",
      config: [
        "blocks": .integer(2), "shell_points": .array([.integer(1), .integer(4)]),
        "shell_radii": .array([.integer(0), .number(0.75)]),
      ])
    let weights = LayerWeights(golden.tensors(after: "weight.").mapValues(\.weight))
    return try #require(
      try KernelRepresentation.kernel(
        named: "a<b", of: layer, weights: weights, past: past ? weights : nil))
  }

  @Test(arguments: ["Q.csv", "W0.csv", "W1.csv"])
  func `the exported text is the golden one, byte for byte`(_ name: String) throws {
    let file = GoldenFile.directory.appending(path: "export_representation/\(name)")
    let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let text = try kernel().files.first { $0.name == name }?.text
    #expect(text == expected)
  }

  @Test func `with past weights the difference is exported too`() throws {
    let files = try kernel(past: true).files
    #expect(
      files.map(\.name) == [
        "Q.csv", "W0.csv", "W1.csv", "W0_diff.csv", "W1_diff.csv", "kernel.svg",
      ])
    let difference = try #require(files.first { $0.name == "W1_diff.csv" }?.text)
    #expect(difference.split(separator: "\n").count == 5)
    #expect(difference.split(whereSeparator: { $0.isWhitespace }).allSatisfy { $0 == "0.0000000" })
  }

  @Test func `the picture shows every kernel point, shell, and weight`() throws {
    let svg = try #require(try kernel().files.last?.text)
    func count(_ part: String) -> Int { svg.split(separator: part).count - 1 }
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    // Two views of five points and one shell of a radius above zero, two shells in the legend.
    #expect(count("<circle ") == 2 * (5 + 1) + 2)
    // Background, two plots, and per block 5 x 6 weights, a frame, and a scale of 40 steps.
    #expect(count("<rect ") == 1 + 2 + 2 * (30 + 1 + 40))
    #expect(svg.contains("4 points at radius 0.75"))
    #expect(svg.contains("KPConvXLayer a&lt;b"))
  }

  @Test func `a kernel with a matrix for each point is drawn by the norms of its columns`() throws {
    let layer = try LayerRegistry.decode(
      className: "KPConvLayer", config: ["num_kernel_points": .integer(2), "Dout": .integer(3)])
    let weights = LayerWeights([
      "Q": .init(shape: [2, 2], values: [0, 0, 1, 0]),
      "W": .init(shape: [2, 2, 3], values: [3, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1]),
    ])
    let files = try #require(
      try KernelRepresentation.kernel(named: "k", of: layer, weights: weights)
    ).files
    #expect(files.map(\.name) == ["Q.csv", "W0.csv", "W1.csv", "kernel.svg"])
    #expect(files[2].text == "0.0000000 0.0000000 0.0000000\n0.0000000 0.0000000 1.0000000\n")
    // The largest norm is that of (3, 4), a fifth of which colors the other one.
    let svg = files[3].text
    #expect(svg.contains(">5</text>"))
    #expect(svg.contains("rgb(178,24,43)") && svg.contains("rgb(240,209,213)"))
  }

  @Test func `a star at the beginning of a path stands for the output prefix`() {
    let prefix = "out/run7_"
    #expect(KernelRepresentation.directory("*/kernels", outputPrefix: prefix) == "out/run7/kernels")
    #expect(KernelRepresentation.directory("kernels", outputPrefix: prefix) == "kernels")
    #expect(KernelRepresentation.directory("*/kernels", outputPrefix: nil) == nil)
  }

  @Test func `a layer without kernel points has no picture`() throws {
    let layer = try LayerRegistry.decode(className: "Dense", config: ["units": .integer(2)])
    #expect(
      try KernelRepresentation.kernel(named: "d", of: layer, weights: LayerWeights([:])) == nil)
  }

  @Test func `a kernel whose points are not stored is refused`() throws {
    let layer = try LayerRegistry.decode(className: "KPConvXLayer", config: [:])
    #expect(throws: LayerError.self) {
      try KernelRepresentation.kernel(named: "k", of: layer, weights: LayerWeights([:]))
    }
  }

  @Test func `the shells of a new kernel are the golden ones`() throws {
    let golden = try GoldenFile("fibonacci_shells_default")
    let points = try #require(
      FibonacciShells.points(radii: [0, 0.5, 1], counts: [1, 7, 13], dimensionCount: 3))
    let expected = try golden.tensor("expected.Q")
    #expect(try golden.tolerance().disagreement(points, expected.floats) == nil)
  }

  @Test func `the shells of a new kernel in the plane are circles`() throws {
    let points = try #require(
      FibonacciShells.points(radii: [2], counts: [4], dimensionCount: 2))
    let tolerance = GoldenTolerance(relative: 0, absolute: 1e-6)
    #expect(tolerance.disagreement(points, [2, 0, 0, 2, -2, 0, 0, -2]) == nil)
    #expect(FibonacciShells.points(radii: [1], counts: [1, 2], dimensionCount: 3) == nil)
    #expect(FibonacciShells.points(radii: [1], counts: [1], dimensionCount: 4) == nil)
  }
}
