import Models
import TestModels

/// A graph that has most of what plans deal with, and requests that fit it.
enum PlanExample {
  /// Two KPConvX blocks, an hourglass with folded normalization and a skip connection around it.
  static func network() throws -> TestModel {
    let golden = try GoldenModel(case: "e2e_kpconvx_hourglass_softmax")
    var model = golden.model
    model.inputs = []
    model.input("X", "FP32", [-1, -1, 3])
    model.input("F", "FP32", [-1, -1, 16])
    model.input("N", "INT32", [-1, -1, -1])
    model.layer("gathered", "NeighborMaxPooling", inputs: ["kpconvx_1", "N"])
    model.layer("joined", "Concatenate", inputs: ["gathered", "hourglass_1", "pwise_out"])
    model.output("joined", from: "joined")
    return model
  }

  /// A request of equal clouds with random neighbors.
  static func request(
    clouds: Int, rows: Int, neighbors: Int, seed: UInt64
  ) -> [HostTensor] {
    var numbers = SeededNumbers(seed: seed)
    return [
      numbers.floats([clouds, rows, 3]), numbers.floats([clouds, rows, 16]),
      numbers.indices([clouds, rows, neighbors], below: rows),
    ]
  }
}
