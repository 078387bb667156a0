import GoldenFiles
import Layers
import RandomNumbers
import Testing

/// Convolutions of images against sums written out, whole and shortened.
struct ConvolutionTests {
  struct Case: Sendable {
    var input = Extents(height: 7, width: 6)
    let kernel: Extents
    var strides = Extents(height: 1, width: 1)
    var dilation = Extents(height: 1, width: 1)
    var padding = "valid"
  }

  static let cases: [Case] = [
    Case(kernel: Extents(height: 1, width: 1)),
    Case(kernel: Extents(height: 3, width: 3)),
    Case(kernel: Extents(height: 5, width: 4), padding: "same"),
    Case(kernel: Extents(height: 3, width: 2), strides: Extents(height: 2, width: 3)),
    Case(
      kernel: Extents(height: 4, width: 5), strides: Extents(height: 3, width: 2), padding: "same"),
    Case(kernel: Extents(height: 3, width: 3), dilation: Extents(height: 2, width: 2)),
    Case(
      kernel: Extents(height: 3, width: 2), dilation: Extents(height: 1, width: 3), padding: "same"),
    Case(kernel: Extents(height: 9, width: 9), padding: "same"),
    Case(
      input: Extents(height: 1, width: 1), kernel: Extents(height: 1, width: 1),
      strides: Extents(height: 5, width: 5), padding: "same"),
  ]

  private static let tolerance = GoldenTolerance(relative: 1e-5, absolute: 1e-5)

  private func pair(_ extents: Extents) -> ConfigValue {
    .integers(extents.height, extents.width)
  }

  private func config(_ layer: Case) -> [String: ConfigValue] {
    [
      "filters": .integer(4), "kernel_size": pair(layer.kernel), "strides": pair(layer.strides),
      "dilation_rate": pair(layer.dilation), "padding": .string(layer.padding),
      "activation": .string("relu"),
    ]
  }

  /// Padding before the first row or column, and the extent of the output, as Keras documents them.
  private func axis(
    _ layer: Case, _ input: Int, _ kernel: Int, _ stride: Int, _ dilation: Int
  ) -> (output: Int, padding: Int) {
    let reach = dilation * (kernel - 1) + 1
    guard layer.padding == "same" else { return ((input - reach) / stride + 1, 0) }
    let total =
      input.isMultiple(of: stride) ? max(reach - stride, 0) : max(reach - input % stride, 0)
    return (Int((Double(input) / Double(stride)).rounded(.up)), total / 2)
  }

  /// relu(bias + Σ kernel · x), summed in float64; x `[2, height, width, 3]`.
  private func reference(
    _ layer: Case, _ x: GoldenTensor, _ kernel: [Float], _ bias: [Float]
  ) -> [Float] {
    let vertical = axis(
      layer, layer.input.height, layer.kernel.height, layer.strides.height, layer.dilation.height)
    let horizontal = axis(
      layer, layer.input.width, layer.kernel.width, layer.strides.width, layer.dilation.width)
    var result: [Float] = []
    for image in 0..<2 {
      for r in 0..<vertical.output {
        for q in 0..<horizontal.output {
          for o in 0..<4 {
            var sum = Double(bias[o])
            for a in 0..<layer.kernel.height {
              let row = r * layer.strides.height + a * layer.dilation.height - vertical.padding
              guard (0..<layer.input.height).contains(row) else { continue }
              for b in 0..<layer.kernel.width {
                let column =
                  q * layer.strides.width + b * layer.dilation.width - horizontal.padding
                guard (0..<layer.input.width).contains(column) else { continue }
                let pixel = (image * layer.input.height + row) * layer.input.width + column
                let tap = (a * layer.kernel.width + b) * 3
                for c in 0..<3 {
                  sum += Double(x.floats[pixel * 3 + c]) * Double(kernel[(tap + c) * 4 + o])
                }
              }
            }
            result.append(Float(max(0, sum)))
          }
        }
      }
    }
    return result
  }

  /// Zeros, or values up to `residue`, in so many outer rows and columns of `[kernel, 12]`.
  private func hollow(
    _ kernel: [Float], _ extents: Extents, rows: Range<Int>, columns: Range<Int>, residue: Float = 0
  ) -> [Float] {
    kernel.enumerated().map { index, value in
      let tap = index / 12
      let isKept =
        rows.contains(tap / extents.width) && columns.contains(tap % extents.width)
      return isKept ? value : residue * value
    }
  }

  @Test(arguments: cases)
  func `a convolution is the sum that Keras documents`(_ layer: Case) throws {
    var generator = SeededGenerator(seed: 17)
    let x = generator.tensor(2, layer.input.height, layer.input.width, 3)
    let kernel = generator.tensor(layer.kernel.height, layer.kernel.width, 3, 4)
    let bias = generator.tensor(4)
    let door = try LayerDoor(
      "Conv2D", config(layer), inputs: [x], weights: ["kernel": kernel, "bias": bias])
    let expected = reference(layer, x, kernel.floats, bias.floats)
    #expect(Self.tolerance.disagreement(try door.answer([x]).floats, expected) == nil)
  }

  @Test(arguments: cases, [(0, 1), (1, 0), (1, 1), (2, 0), (9, 9)])
  func `a convolution whose outer taps are zero is shortened and answers the same`(
    _ layer: Case, _ cut: (before: Int, after: Int)
  ) throws {
    var generator = SeededGenerator(seed: 19)
    let x = generator.tensor(2, layer.input.height, layer.input.width, 3)
    let bias = generator.tensor(4)
    func kept(_ count: Int) -> Range<Int> {
      let last = max(0, count - cut.after)
      return min(cut.before, last)..<last
    }
    let (rows, columns) = (kept(layer.kernel.height), kept(layer.kernel.width))
    let full = generator.tensor(layer.kernel.height, layer.kernel.width, 3, 4)
    let kernel = GoldenTensor(
      shape: full.shape,
      floats: hollow(full.floats, layer.kernel, rows: rows, columns: columns))
    let weights = ["kernel": kernel, "bias": bias]
    let door = try LayerDoor("Conv2D", config(layer), inputs: [x], weights: weights)
    let expected = reference(layer, x, kernel.floats, bias.floats)
    #expect(Self.tolerance.disagreement(try door.answer([x]).floats, expected) == nil)

    var stored = LayerWeights(weights.mapValues(\.weight))
    let diagnostics = try door.configuration.diagnostics(weights: &stored)
    #expect(diagnostics.kernelBefore == [layer.kernel.height, layer.kernel.width])
    let isZero = rows.isEmpty || columns.isEmpty
    #expect(diagnostics.kernelAfter == (isZero ? [1, 1] : [rows.count, columns.count]))
    let taps = isZero ? 1 : rows.count * columns.count
    let pixels = expected.count / 8
    #expect(door.layerOperator.multiplyAddsPerPoint == pixels * taps * 12)
  }

  @Test func `taps up to the regularizer's threshold are cut, and no larger ones`() throws {
    let extents = Extents(height: 5, width: 3)
    var generator = SeededGenerator(seed: 23)
    let ones = (0..<180).map { _ in Float.random(in: 0.5...1, using: &generator) }
    func after(residue: Float) throws -> [Int]? {
      let kernel = hollow(ones, extents, rows: 1..<4, columns: 1..<3, residue: residue)
      let configuration = try LayerRegistry.decode(
        className: "Conv2D",
        config: Configs.regularized([
          "kernel_size": .integers(5, 3), "threshold": .number(1e-3),
        ]).setting("filters", .integer(4)))
      var weights = LayerWeights([
        "kernel": .init(shape: [5, 3, 3, 4], values: kernel),
        "bias": .init(shape: [4], values: [0, 0, 0, 0]),
      ])
      return try configuration.diagnostics(weights: &weights).kernelAfter
    }
    #expect(try after(residue: 1e-3) == [3, 2])
    #expect(try after(residue: 3e-3) == [5, 3])
  }

  struct LocalCase: Sendable {
    var stride = Extents(height: 1, width: 1)
    var padding = Extents(height: 0, width: 0)
  }

  @Test(
    arguments: [
      LocalCase(), LocalCase(stride: Extents(height: 2, width: 3)),
      LocalCase(padding: Extents(height: 1, width: 2)),
      LocalCase(
        stride: Extents(height: 3, width: 2), padding: Extents(height: 2, width: 0)),
    ], [(0, 1), (1, 0), (1, 1), (2, 0), (9, 9)])
  func `a locally connected layer whose outer taps are zero is shortened and answers the same`(
    _ layer: LocalCase, _ cut: (before: Int, after: Int)
  ) throws {
    var generator = SeededGenerator(seed: 29)
    let kernel = Extents(height: 3, width: 4)
    let output = Extents(
      height: (6 + 2 * layer.padding.height - 3) / layer.stride.height + 1,
      width: (5 + 2 * layer.padding.width - 4) / layer.stride.width + 1)
    let pixels = output.height * output.width
    let config: [String: ConfigValue] = [
      "in_channels": .integer(2), "out_channels": .integer(3), "in_height": .integer(6),
      "in_width": .integer(5), "kernel_size": pair(kernel), "stride": pair(layer.stride),
      "padding": pair(layer.padding),
    ]
    let rows = min(cut.before, max(0, 3 - cut.after))..<max(0, 3 - cut.after)
    let columns = min(cut.before, max(0, 4 - cut.after))..<max(0, 4 - cut.after)
    let x = generator.tensor(2, 2, 6, 5)
    let bias = generator.tensor(3, pixels)
    let filters = GoldenTensor(
      shape: [3, 24, pixels],
      floats: generator.floats(72 * pixels).enumerated().map { index, value in
        let tap = index / pixels % 12
        return rows.contains(tap / 4) && columns.contains(tap % 4) ? value : 0
      })
    let shortened = try LayerDoor(
      "LocalConv2dLayer", config, inputs: [x], weights: ["filters": filters, "bias": bias])
    // Filters that come with a request are never shortened.
    let whole = try LayerDoor(
      "LocalConv2dLayer", config.setting("no_weights", .bool(true)), inputs: [x, filters, bias])
    let expected = try whole.answer([x, filters, bias])
    let answer = try shortened.answer([x])
    #expect(answer.shape == expected.shape)
    #expect(Self.tolerance.disagreement(answer.floats, expected.floats) == nil)

    var stored = LayerWeights(["filters": filters.weight, "bias": bias.weight])
    let diagnostics = try shortened.configuration.diagnostics(weights: &stored)
    #expect(diagnostics.kernelBefore == [3, 4])
    let isZero = rows.isEmpty || columns.isEmpty
    let after = isZero ? [1, 1] : [rows.count, columns.count]
    #expect(diagnostics.kernelAfter == after)
    #expect(
      shortened.layerOperator.multiplyAddsPerPoint == 3 * 2 * after[0] * after[1] * pixels)
  }

  @Test(arguments: 0..<4)
  func `filters in the bytes of a file are packed wherever they begin`(offset: Int) throws {
    var generator = SeededGenerator(seed: 31)
    let config: [String: ConfigValue] = [
      "in_channels": .integer(2), "out_channels": .integer(3), "in_height": .integer(6),
      "in_width": .integer(5), "kernel_size": .integer(3), "bias": .bool(false),
    ]
    let x = generator.tensor(2, 2, 6, 5)
    let filters = generator.tensor(3, 18, 12)
    let door = try LayerDoor(
      "LocalConv2dLayer", config, inputs: [x], weights: ["filters": filters])
    var bytes = [UInt8](repeating: 0xFF, count: offset)
    for value in filters.floats {
      for shift in [0, 8, 16, 24] {
        bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
      }
    }
    let tensor = LayerWeights.Tensor(shape: filters.shape, bytes: bytes[offset...])
    #expect(tensor.values == filters.floats)
    #expect(tensor.valueCount == filters.floats.count)
    var stored = LayerWeights(["filters": tensor])
    let read = LayerDoor(
      door, try door.configuration.makeOperator(inputs: [x.spec], weights: &stored))
    #expect(try read.answer([x]).floats == door.answer([x]).floats)
  }
}
