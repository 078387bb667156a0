import CKernels
import RandomNumbers
import Testing

/// Elementwise operations and softmax of every instruction set against the reference.
struct RowTests {
  @Test func `activations agree with the reference and pass NaN on`() throws {
    var random = SeededGenerator(seed: 1)
    var values = random.floats(1000, scale: 20)
    values += [0, -0.0, 1000, -1000, 1e-6, -1e-6, .infinity, -.infinity, .nan, 3e38, -3e38]
    let x = Memory(values, offset: 1)
    for kind in activationKinds {
      let activation = ckernels_activation(kind: kind, parameter: 0.3)
      func run(_ isa: String) throws -> [Float] {
        let y = Memory<Float>(count: x.count, offset: 1)
        try InstructionSet.with(isa) {
          unsafe ckernels_activate(activation, x.count, x.pointer, y.pointer)
        }
        #expect(y.isIntact)
        return y.values
      }
      let expected = try run("reference")
      #expect(expected.count { $0.isNaN } == 1)
      for isa in InstructionSet.names {
        expectClose(try run(isa), expected, tolerance: 1e-6, "\(isa), \(kind.rawValue)")
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4, 7, 8, 16, 17, 33, 100])
  func `softmax agrees with the reference`(width: Int) throws {
    var random = SeededGenerator(seed: 4)
    var values = random.floats(6 * width, scale: 90)
    values[3 * width] = .nan
    values[5 * width - 1] = -.infinity
    let x = Memory(values, offset: 1)
    func run(_ isa: String) throws -> [Float] {
      let y = Memory<Float>(count: x.count, offset: 1)
      try InstructionSet.with(isa) { unsafe ckernels_softmax(6, width, x.pointer, y.pointer) }
      #expect(y.isIntact)
      return y.values
    }
    let expected = try run("reference")
    for isa in InstructionSet.names {
      expectClose(try run(isa), expected, tolerance: 1e-6, isa)
    }
  }

  @Test(arguments: [1, 3, 16, 65]) func `affine and sum agree with the reference`(width: Int) throws
  {
    var random = SeededGenerator(seed: 5)
    let x = Memory(random.floats(4 * width), offset: 1)
    let scale = Memory(random.floats(width), offset: 1)
    let shift = Memory(random.floats(width), offset: 1)
    func run(_ isa: String) throws -> [Float] {
      let y = Memory<Float>(count: x.count, offset: 1)
      try InstructionSet.with(isa) {
        unsafe ckernels_affine(4, width, x.pointer, scale.pointer, shift.pointer, y.pointer)
        unsafe ckernels_add(x.count, y.pointer, x.pointer, y.pointer)
      }
      #expect(y.isIntact)
      return y.values
    }
    let expected = try run("reference")
    for isa in InstructionSet.names {
      expectClose(try run(isa), expected, tolerance: 1e-6, isa)
    }
  }

  @Test(arguments: [0, 1, 2, 5, 24])
  func `weighted sums of rasters have the bits of the reference`(radius: Int) throws {
    var random = SeededGenerator(seed: 6)
    func doubles(_ count: Int) -> [Double] {
      (0..<count).map { _ in Double.random(in: -1..<1, using: &random) }
    }
    let taps = doubles(radius + 1)
    for count in [0, 1, 7, 8, 31, 32, 33, 100] {
      // Rows that overlap, as those along a line do.
      let values = Memory(doubles(count + 2 * radius), guardValue: 1e30, offset: 1)
      let rows = unsafe (0...2 * radius).map { unsafe UnsafePointer(values.pointer) + $0 }
      func run(_ isa: String) throws -> [Double] {
        let y = Memory([Double](repeating: 1e30, count: count), guardValue: 1e30, offset: 1)
        try InstructionSet.with(isa) {
          unsafe ckernels_correlate(count, radius, taps, rows, y.pointer)
        }
        #expect(y.isIntact)
        return y.values
      }
      let expected = (0..<count).map { i in
        stride(from: radius, to: 0, by: -1).reduce(values.values[i + radius] * taps[0]) {
          $0 + (values.values[i + radius - $1] + values.values[i + radius + $1]) * taps[$1]
        }
      }
      for isa in InstructionSet.names { #expect(try run(isa) == expected, "\(isa), \(count)") }
    }
  }
}
