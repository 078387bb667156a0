import Foundation
import Layers
import Models
import TestModels
import Testing

@Suite struct ExecutablePlanTests {
  @Test(arguments: ProductPrecision.allCases)
  func `a ragged batch gives every request the bits that it gets alone`(
    precision: ProductPrecision
  ) throws {
    var model = try PlanExample.network()
    model.extra["precision"] = .string(precision.rawValue)
    let plan = try model.plan()
    #expect(plan.isBatchable)
    let requests = [(1, 5, 4), (3, 17, 4), (1, 1, 4), (2, 33, 9), (1, 64, 4), (1, 33, 9)]
      .enumerated().map { seed, size in
        PlanExample.request(
          clouds: size.0, rows: size.1, neighbors: size.2, seed: UInt64(seed + 1))
      }
    for request in requests { try plan.validate(request) }
    var workspace = Workspace()
    let together = plan.run(requests, in: &workspace)
    for (request, answer) in zip(requests, together) {
      var own = Workspace()
      let alone = plan.run([request], in: &own)[0]
      #expect(alone.map(\.shape) == answer.map(\.shape))
      #expect(alone.map(\.bits) == answer.map(\.bits))
      let again = plan.run([request], in: &workspace)[0]
      #expect(again.map(\.bits) == answer.map(\.bits))
      let (clouds, rows) = (request[0].shape[0], request[0].shape[1])
      #expect(answer.map(\.shape) == [[clouds, rows, 5], [clouds, rows, 16 + 12 + 5]])
      #expect(answer.allSatisfy { $0.floats.allSatisfy(\.isFinite) })
    }
  }

  /// A batch that is large enough for others to help with.
  private static let largeRequests = [(1, 20_000, 9), (3, 1000, 9), (1, 1, 9), (2, 33, 4)]
    .enumerated().map { seed, size in
      PlanExample.request(clouds: size.0, rows: size.1, neighbors: size.2, seed: UInt64(seed + 1))
    }

  @Test(arguments: [1, 3, 100])
  func `whoever helps, the answer is the same bit for bit`(helperCount: Int) throws {
    let plan = try PlanExample.network().plan()
    var workspace = Workspace()
    let alone = plan.run(Self.largeRequests, in: &workspace)
    for _ in 0..<3 {
      let helpers = PassHelpers(count: helperCount) { runNext in
        for _ in 0..<min(helperCount, 4) {
          Thread.detachNewThread { while runNext() {} }
        }
      }
      let helped = plan.run(Self.largeRequests, in: &workspace, helpers: helpers)
      #expect(helped.map { $0.map(\.bits) } == alone.map { $0.map(\.bits) })
      #expect(helped.map { $0.map(\.shape) } == alone.map { $0.map(\.shape) })
    }
  }

  @Test(arguments: [1, 5, Int.max])
  func `a helper computes tiles until none are left, and none when it comes late`(
    tileCount: Int
  ) throws {
    let plan = try PlanExample.network().plan()
    var workspace = Workspace()
    let alone = plan.run(Self.largeRequests, in: &workspace)
    var late: (@Sendable () -> Bool)?
    var computed = 0
    let helpers = PassHelpers(count: 1) { runNext in
      while computed < tileCount, runNext() { computed += 1 }
      late = runNext
    }
    let helped = plan.run(Self.largeRequests, in: &workspace, helpers: helpers)
    #expect(helped.map { $0.map(\.bits) } == alone.map { $0.map(\.bits) })
    #expect(tileCount == .max ? computed > 5 : computed == tileCount)
    let comeLate = try #require(late)
    #expect(!comeLate())
  }

  @Test func `nobody is asked to help with a small request`() throws {
    let plan = try PlanExample.network().plan()
    var workspace = Workspace()
    let helpers = PassHelpers(count: 1) { _ in Issue.record("somebody was asked") }
    _ = plan.run(
      [PlanExample.request(clouds: 1, rows: 9, neighbors: 4, seed: 3)], in: &workspace,
      helpers: helpers)
  }

  @Test func `answers may overwrite earlier ones`() throws {
    let plan = try PlanExample.network().plan()
    var workspace = Workspace()
    let requests = [(2, 40), (1, 7), (3, 60)].map { clouds, rows in
      PlanExample.request(clouds: clouds, rows: rows, neighbors: 5, seed: UInt64(rows))
    }
    var answers: [[HostTensor]] = [[]]
    for request in requests {
      plan.run([request], in: &workspace, into: &answers)
      #expect(answers == plan.run([request], in: &workspace))
    }
  }

  @Test func `a request without batch axis is answered without one`() throws {
    var model = try PlanExample.network()
    model.inputs = []
    model.input("X", "FP32", [-1, 3])
    model.input("F", "FP32", [-1, 16])
    model.input("N", "INT32", [-1, 4])
    let flat = try model.plan()
    let request = PlanExample.request(clouds: 1, rows: 9, neighbors: 4, seed: 3)
    let squeezed = request.map { HostTensor(shape: Array($0.shape.dropFirst()), values: $0.values) }
    var workspace = Workspace()
    let answer = flat.run([squeezed], in: &workspace)[0]
    #expect(answer.map(\.shape) == [[9, 5], [9, 33]])
    let batched = try PlanExample.network().plan().run([request], in: &workspace)[0]
    #expect(batched.map(\.bits) == answer.map(\.bits))
  }

  @Test func `one plan answers alike on several threads at once`() async throws {
    let plan = try PlanExample.network().plan()
    let request = PlanExample.request(clouds: 2, rows: 40, neighbors: 6, seed: 7)
    var workspace = Workspace()
    let expected = plan.run([request], in: &workspace)[0].map(\.bits)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 {
        group.addTask {
          var own = Workspace()
          return (0..<5).allSatisfy { _ in
            plan.run([request], in: &own)[0].map(\.bits) == expected
          }
        }
      }
      for await isEqual in group { #expect(isEqual) }
    }
  }

  @Test func `normalization and activation fold into the layer before and change only rounding`()
    throws
  {
    var numbers = SeededNumbers(seed: 11)
    var model = TestModel()
    model.input("x", "FP32", [-1, 6])
    model.layer("dense", "Dense", ["units": .integer(5)], inputs: ["x"])
    model.layer("norm", "BatchNormalization", inputs: ["dense"])
    model.layer("again", "BatchNormalization", inputs: ["norm"])
    model.layer("act", "ReLU", inputs: ["again"])
    model.layer("unused", "ReLU", inputs: ["norm"])
    model.output("y", from: "act")
    model.weights["dense/kernel"] = numbers.floats([6, 5])
    model.weights["dense/bias"] = numbers.floats([5])
    for layer in ["norm", "again"] {
      for name in ["gamma", "beta", "moving_mean"] {
        model.weights["\(layer)/\(name)"] = numbers.floats([5])
      }
      let variance = numbers.floats([5]).floats.map { abs($0) + 0.1 }
      model.weight("\(layer)/moving_variance", [5], variance)
    }
    let folded = try model.plan()
    #expect(folded.layerNames == ["dense"])
    model.output("kept", from: "dense")
    model.output("kept too", from: "norm")
    let unfolded = try model.plan()
    #expect(unfolded.layerNames == ["dense", "norm", "again", "act"])
    let request = [numbers.floats([50, 6])]
    var workspace = Workspace()
    expectClose(
      folded.run([request], in: &workspace)[0][0],
      unfolded.run([request], in: &workspace)[0][0], absolute: 1e-6, relative: 1e-5)
  }

  @Test func `rows gathered only to be joined are gathered by the layer that joins them`() throws {
    var numbers = SeededNumbers(seed: 12)
    var model = TestModel()
    model.input("coarse", "FP32", [-1, -1, 5])
    model.input("fine", "FP32", [-1, -1, 3])
    model.input("N", "INT32", [-1, -1, 1])
    model.layer("bent", "ReLU", inputs: ["coarse"])
    model.layer("first", "Gather", inputs: ["bent", "N"])
    model.layer("last", "Gather", inputs: ["coarse", "N"])
    model.layer("joined", "Concatenate", inputs: ["first", "fine", "last"])
    model.output("y", from: "joined")
    let folded = try model.plan()
    #expect(folded.layerNames == ["bent", "joined"])
    model.output("kept", from: "first")
    model.output("kept too", from: "last")
    let unfolded = try model.plan()
    #expect(unfolded.layerNames == ["bent", "first", "last", "joined"])
    let requests = [(1, 1, 1), (2, 150, 20), (3, 64, 100)].map { clouds, rows, sources in
      [
        numbers.floats([clouds, sources, 5]), numbers.floats([clouds, rows, 3]),
        numbers.indices([clouds, rows, 1], below: sources),
      ]
    }
    for request in requests { try folded.validate(request) }
    var workspace = Workspace()
    let answers = folded.run(requests, in: &workspace)
    let expected = unfolded.run(requests, in: &workspace)
    #expect(answers.map { $0[0].bits } == expected.map { $0[0].bits })
    let foreign = [requests[1][0], requests[1][1], numbers.indices([2, 150, 1], below: 21)]
    #expect(throws: RequestError.self) { try folded.validate(foreign) }
    let shorter = [requests[1][0], requests[1][1], numbers.indices([2, 149, 1], below: 20)]
    #expect(throws: RequestError.self) { try folded.validate(shorter) }
  }

  @Test func `memory is used again once a tensor was read for the last time`() throws {
    var model = TestModel()
    model.input("x", "FP32", [-1, 16])
    for index in 0..<20 {
      model.layer("l\(index)", "ReLU", inputs: [index == 0 ? "x" : "l\(index - 1)"])
    }
    model.output("y", from: "l19")
    let plan = try model.plan()
    var numbers = SeededNumbers(seed: 5)
    let request = [numbers.floats([100, 16])]
    var workspace = Workspace()
    let answer = plan.run([request], in: &workspace)[0][0]
    #expect(answer.floats == request[0].floats.map { max($0, 0) })
    #expect(workspace.byteCount <= 2 * 100 * 16 * 4 + 64)
  }

  @Test(arguments: [
    Float.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e38, .leastNonzeroMagnitude, -0.0,
  ])
  func `extreme finite values are answered and leave other requests alone`(value: Float) throws {
    let plan = try PlanExample.network().plan()
    let request = PlanExample.request(clouds: 1, rows: 8, neighbors: 4, seed: 2)
    let extreme = request.map { tensor in
      guard case .float32(let values) = tensor.values else { return tensor }
      return HostTensor(
        shape: tensor.shape, values: .float32(Array(repeating: value, count: values.count)))
    }
    try plan.validate(extreme)
    var workspace = Workspace()
    let alone = plan.run([request], in: &workspace)[0].map(\.bits)
    let together = plan.run([extreme, request, extreme], in: &workspace)
    #expect(together[1].map(\.bits) == alone)
    #expect(together[0].map(\.bits) == together[2].map(\.bits))
  }

  @Test func `weights that a request brings keep requests apart`() throws {
    let golden = try GoldenModel(case: "local_conv2d_external")
    let plan = try golden.model.plan()
    #expect(!plan.isBatchable)
    var workspace = Workspace()
    var other = golden.request
    other[1] = HostTensor(
      shape: other[1].shape, values: .float32(other[1].floats.map { $0 * 2 }))
    let together = plan.run([golden.request, other], in: &workspace)
    #expect(together[0] == plan.run([golden.request], in: &workspace)[0])
    #expect(together[1] == plan.run([other], in: &workspace)[0])
    #expect(together[0] != together[1])
  }

  @Test func `an empty list of images gives an empty answer`() throws {
    let golden = try GoldenModel(case: "local_conv2d_basic")
    let plan = try golden.model.plan()
    let request = [HostTensor(shape: [0, 3, 6, 5], values: .float32([]))]
    try plan.validate(request)
    var workspace = Workspace()
    let answer = plan.run([request], in: &workspace)[0][0]
    #expect(answer.shape[0] == 0 && answer.shape.count == 4 && answer.floats.isEmpty)
    let both = plan.run([request, golden.request], in: &workspace)
    #expect(both[0][0] == answer)
    #expect(both[1] == plan.run([golden.request], in: &workspace)[0])
  }
}
