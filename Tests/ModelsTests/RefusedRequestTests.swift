import Layers
import Models
import TestModels
import Testing

@Suite struct RefusedRequestTests {
  /// One change to a request that fits, and how it is refused.
  struct Fault: Sendable, CustomTestStringConvertible {
    let message: String
    let change: @Sendable (inout [HostTensor]) -> Void
    var testDescription: String { message }
  }

  static let faults = [
    Fault(message: "expected 3 inputs, found 2") { $0.removeLast() },
    Fault(message: "input \"N\": expected datatype INT32, found FP32") { $0[2] = $0[1] },
    Fault(
      message: "input \"X\": expected the shape [-1, -1, 3] with no empty extent but the number of "
        + "rows, found [2, 6, 2]"
    ) { $0[0] = HostTensor(shape: [2, 6, 2], values: .float32(Array(repeating: 0, count: 24))) },
    Fault(
      message: "input \"X\": expected the shape [-1, -1, 3] with no empty extent but the number of "
        + "rows, found [12, 3]"
    ) { $0[0].shape = [12, 3] },
    Fault(
      message: "input \"X\": expected the shape [-1, -1, 3] with no empty extent but the number of "
        + "rows, found [-2, -6, 3]"
    ) { $0[0].shape = [-2, -6, 3] },
    Fault(
      message: "input \"X\": expected the shape [-1, -1, 3] with no empty extent but the number of "
        + "rows, found [4611686018427387904, 4, 3]"
    ) { $0[0].shape = [1 << 62, 4, 3] },
    Fault(
      message: "input \"X\": expected the shape [-1, -1, 3] with no empty extent but the number of "
        + "rows, found [4611686018427387904, 0, 3]"
    ) { $0[0] = HostTensor(shape: [1 << 62, 0, 3], values: .float32([])) },
    Fault(
      message:
        "input \"N\": expected the shape [-1, -1, -1] with no empty extent but the number of "
        + "rows, found [2, 6, 0]"
    ) { $0[2] = HostTensor(shape: [2, 6, 0], values: .int32([])) },
    Fault(message: "input \"X\": expected 36 values as its shape says, found 35") {
      $0[0].values = .float32(Array($0[0].floats.dropLast()))
    },
    Fault(message: "input \"F\": expected finite values, found nan at element 20") {
      $0[1].setFloat(.nan, at: 20)
    },
    Fault(message: "input \"X\": expected finite values, found -inf at element 35") {
      $0[0].setFloat(-.infinity, at: 35)
    },
    Fault(message: "input \"N\": expected indices from 0 to 5, found -1 at element 0") {
      $0[2].setIndex(-1, at: 0)
    },
    Fault(message: "input \"N\": expected indices from 0 to 5, found 6 at element 47") {
      $0[2].setIndex(6, at: 47)
    },
    Fault(message: "input \"N\": expected indices from 0 to 5, found 2147483647 at element 24") {
      $0[2].setIndex(.max, at: 24)
    },
    Fault(
      message: "layer \"kpconvx_1\": input \"X\": expected 1 clouds, found 2"
    ) { $0[1] = HostTensor(shape: [1, 12, 16], values: $0[1].values) },
    Fault(
      message: "layer \"kpconvx_1\": input \"X\": expected 5 rows in cloud 0, found 6"
    ) { $0[1] = HostTensor(shape: [2, 5, 16], values: .float32(Array($0[1].floats.prefix(160)))) },
  ]

  @Test(arguments: faults)
  func `a request with one fault is refused with input, expected and found`(fault: Fault) throws {
    let plan = try PlanExample.network().plan()
    var request = PlanExample.request(clouds: 2, rows: 6, neighbors: 4, seed: 1)
    try plan.validate(request)
    fault.change(&request)
    let error = #expect(throws: RequestError.self) { try plan.validate(request) }
    #expect(error?.description == fault.message)
  }

  @Test func `indices are held against the rows that they name, cloud by cloud`() throws {
    var model = TestModel()
    model.input("F", "FP32", [-1, -1, 2])
    model.input("U", "INT64", [-1, -1, 1])
    model.layer("up", "Gather", inputs: ["F", "U"])
    model.output("y", from: "up")
    let plan = try model.plan()
    let features = HostTensor(shape: [2, 2, 2], values: .float32([1, 2, 3, 4, 5, 6, 7, 8]))
    let indices = HostTensor(shape: [2, 3, 1], values: .int32([1, 0, 1, 0, 0, 1]))
    try plan.validate([features, indices])
    var workspace = Workspace()
    let answer = plan.run([[features, indices]], in: &workspace)[0][0]
    #expect(
      answer
        == HostTensor(
          shape: [2, 3, 2], values: .float32([3, 4, 1, 2, 3, 4, 5, 6, 5, 6, 7, 8])))
    var wrong = indices
    wrong.setIndex(2, at: 4)
    #expect(throws: RequestError.indexOutOfRange(input: "U", index: 4, rowCount: 2, found: 2)) {
      try plan.validate([features, wrong])
    }
  }

  @Test func `a model whose windows need more memory than a worker may have is refused`() throws {
    var model = TestModel()
    model.input("F", "FP32", [-1, 1])
    model.layer(
      "wide", "Dense", ["units": .integer(4096), "use_bias": .bool(false)], inputs: ["F"])
    model.layer(
      "p", "Dense",
      ["units": .integer(2), "use_bias": .bool(false), "activation": .string("softmax")],
      inputs: ["wide"])
    model.output("p", from: "p")
    model.weight("wide/kernel", [1, 4096], Array(repeating: 0, count: 4096))
    model.weight("p/kernel", [4096, 2], Array(repeating: 0, count: 8192))
    func load(maximumPoints: Int) throws -> LoadedModel {
      model.extra["segmentation"] = try Fixtures.json(
        """
        {"classes": [{"id": 0, "name": "ground", "las_code": 2},
                     {"id": 1, "name": "building", "las_code": 6}],
         "features": ["one"], "window": {"kind": "nearest", "max_points": \(maximumPoints)},
         "levels": [{"voxel_meters": 0.5, "neighbors": 4}]}
        """)
      let directory = try TemporaryDirectory()
      try directory.write(model)
      return try LoadedModel(
        from: .directory("\(directory.path)/model/1"), name: "", version: 1)
    }
    // 1, 4096 and 2 floats for each point.
    #expect(try load(maximumPoints: 200_000).plan.workspaceByteLimit / 200_000 == 4 * 4099)
    let error = #expect(throws: ModelError.self) { try load(maximumPoints: 1 << 20) }
    #expect(
      error?.description.hasPrefix(
        "model.json: key segmentation.window.max_points: expected windows that 4294967296 bytes of")
        == true)
  }

  @Test func `a request beyond the memory of a worker is refused`() throws {
    var model = TestModel()
    model.input("x", "FP32", [-1, 1])
    model.layer(
      "wide", "Dense", ["units": .integer(4096), "use_bias": .bool(false)], inputs: ["x"])
    model.output("y", from: "wide")
    model.weight("wide/kernel", [1, 4096], Array(repeating: 0, count: 4096))
    let plan = try model.plan()
    let rows = 300_000
    let request = [
      HostTensor(shape: [rows, 1], values: .float32(Array(repeating: 0, count: rows)))
    ]
    let error = #expect(throws: RequestError.self) { try plan.validate(request) }
    // What the largest batch needs: 65,536 rows of 4 and 16,384 bytes.
    #expect(plan.workspaceByteLimit == 65_536 * (4 + 16_384))
    #expect(error?.description.hasPrefix("expected a request that 1074003968 bytes") == true)
  }
}

extension HostTensor {
  fileprivate mutating func setFloat(_ value: Float, at index: Int) {
    guard case .float32(var values) = values else { return }
    values[index] = value
    self.values = .float32(values)
  }

  fileprivate mutating func setIndex(_ value: Int32, at index: Int) {
    guard case .int32(var values) = values else { return }
    values[index] = value
    self.values = .int32(values)
  }
}
