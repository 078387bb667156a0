import CKernels
import RandomNumbers
import Testing

/// KPConv, filters, and maxima of every instruction set against the reference.
struct NeighborTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    var rows = 20
    var sourceCount = 30
    var neighborCount: Int
    var width: Int
    var dimensionCount = 3
    var testDescription: String {
      "\(neighborCount) neighbors, width \(width), \(dimensionCount)-D"
    }
  }

  static let shapes: [Shape] = [
    Shape(neighborCount: 1, width: 1),
    Shape(neighborCount: 16, width: 64),
    Shape(neighborCount: 5, width: 3, dimensionCount: 2),
    Shape(neighborCount: 17, width: 65, dimensionCount: 5),
    Shape(neighborCount: 64, width: 17),
  ]

  private struct Operands {
    let shape: Shape
    let query: Memory<Float>
    let source: Memory<Float>
    let f: Memory<Float>
    let neighbors: Memory<Int32>

    init(_ shape: Shape, seed: UInt64, notANumber: Bool = false) {
      var random = SeededGenerator(seed: seed)
      self.shape = shape
      let points = random.floats(shape.sourceCount * shape.dimensionCount)
      source = Memory(points, offset: 1)
      // The first query point lies on the source point that all its neighbors are.
      var queries = random.floats(shape.rows * shape.dimensionCount)
      queries.replaceSubrange(0..<shape.dimensionCount, with: points[0..<shape.dimensionCount])
      query = Memory(queries)
      var features = random.floats(shape.sourceCount * shape.width)
      if notANumber { features[shape.width] = .nan }
      f = Memory(features, offset: 1)
      var listed = random.indices(shape.rows * shape.neighborCount, below: shape.sourceCount)
      for j in 0..<shape.neighborCount { listed[j] = 0 }
      neighbors = Memory(listed)
    }

    /// Runs all rows and every third row alone, which has to give the same bits.
    func run(
      width: Int,
      _ body: (
        _ rows: Int, _ query: UnsafePointer<Float>, _ neighbors: UnsafePointer<Int32>,
        _ y: UnsafeMutablePointer<Float>
      ) -> Void
    ) -> [Float] {
      let y = Memory<Float>(count: shape.rows * width, offset: 1)
      unsafe body(shape.rows, query.pointer, neighbors.pointer, y.pointer)
      #expect(y.isIntact)
      let all = y.values
      for row in stride(from: 0, to: shape.rows, by: 3) {
        let alone = Memory<Float>(count: width)
        unsafe body(
          1, query.pointer + row * shape.dimensionCount,
          neighbors.pointer + row * shape.neighborCount, alone.pointer)
        #expect(isIdentical(alone.values, all[row * width..<(row + 1) * width]), "row \(row)")
      }
      return all
    }

    func filter(_ isa: String, _ kind: ckernels_filter_kind) throws -> [Float] {
      try InstructionSet.with(isa) {
        unsafe run(width: shape.width) { rows, query, neighbors, y in
          unsafe ckernels_neighbor_filter(
            kind, rows, shape.neighborCount, shape.dimensionCount, shape.width, source.pointer,
            query, f.pointer, neighbors, y)
        }
      }
    }

    func maximum(_ isa: String) throws -> [Float] {
      try InstructionSet.with(isa) {
        unsafe run(width: shape.width) { rows, _, neighbors, y in
          unsafe ckernels_neighbor_max(
            rows, shape.neighborCount, shape.width, f.pointer, neighbors, y)
        }
      }
    }

    func convolution(_ isa: String, outputWidth: Int, kernelPointCount: Int) throws -> [Float] {
      var random = SeededGenerator(seed: 3)
      let kernelPoints = Memory(random.floats(kernelPointCount * shape.dimensionCount))
      let weights = Memory(
        random.floats(
          kernelPointCount * shape.width * outputWidth, scale: 1 / Float(shape.width).squareRoot()))
      let scale = Memory(random.floats(outputWidth))
      var parameters = unsafe ckernels_kpconv_parameters(
        input_width: shape.width, output_width: outputWidth, kernel_point_count: kernelPointCount,
        dimension_count: shape.dimensionCount, influence_distance: 0.8,
        kernel_points: kernelPoints.pointer, kernel_weights: weights.pointer,
        activation: ckernels_activation(kind: CKERNELS_ACTIVATION_IDENTITY, parameter: 0),
        scale: scale.pointer, shift: nil)
      let created = try unsafe InstructionSet.with(isa) {
        unsafe ckernels_kpconv_create(&parameters)
      }
      let layer = try unsafe #require(created)
      defer { unsafe ckernels_kpconv_destroy(layer) }
      let scratch = unsafe makeScratch(ckernels_kpconv_scratch_bytes(layer, shape.neighborCount))
      let y = unsafe run(width: outputWidth) { rows, query, neighbors, y in
        unsafe ckernels_kpconv_run(
          layer, rows, shape.neighborCount, query, source.pointer, f.pointer, neighbors, y,
          scratch.pointer)
      }
      #expect(scratch.isIntact)
      return y
    }
  }

  @Test(arguments: shapes) func `filters agree with the reference`(shape: Shape) throws {
    let operands = Operands(shape, seed: 5)
    for kind in [
      CKERNELS_FILTER_MEAN, CKERNELS_FILTER_NEAREST, CKERNELS_FILTER_GAUSSIAN,
      CKERNELS_FILTER_EXPONENTIAL,
    ] {
      let expected = try operands.filter("reference", kind)
      #expect(expected.allSatisfy { $0.isFinite })
      for isa in InstructionSet.names {
        let found = try operands.filter(isa, kind)
        expectClose(found, expected, tolerance: 2e-6, "\(isa), filter \(kind.rawValue)")
      }
    }
  }

  @Test(arguments: shapes, [false, true])
  func `maxima are those of the reference`(shape: Shape, notANumber: Bool) throws {
    let operands = Operands(shape, seed: 6, notANumber: notANumber)
    let expected = try operands.maximum("reference")
    for isa in InstructionSet.names {
      expectClose(try operands.maximum(isa), expected, tolerance: 0, isa)
    }
  }

  @Test(arguments: shapes) func `KPConv agrees with the reference`(shape: Shape) throws {
    let operands = Operands(shape, seed: 8)
    for (outputWidth, kernelPointCount) in [(1, 1), (33, 15)] {
      let expected = try operands.convolution(
        "reference", outputWidth: outputWidth, kernelPointCount: kernelPointCount)
      for isa in InstructionSet.names {
        let found = try operands.convolution(
          isa, outputWidth: outputWidth, kernelPointCount: kernelPointCount)
        expectClose(found, expected, tolerance: 3e-5, isa)
      }
    }
  }
}
