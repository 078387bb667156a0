import Batching
import Foundation
import Models
import TestModels
import Testing

@testable import Service

/// Batches of tensors on their way through the workers.
@Suite struct InferenceEngineTests {
  /// Two KPConvX blocks and an hourglass over points with given neighbors.
  private static func model(in directory: TemporaryDirectory) throws -> LoadedModel {
    let golden = try GoldenModel(case: "e2e_kpconvx_hourglass_softmax")
    var model = golden.model
    model.inputs = []
    model.input("X", "FP32", [-1, -1, 3])
    model.input("F", "FP32", [-1, -1, 16])
    model.input("N", "INT32", [-1, -1, -1])
    try directory.write(model)
    return try LoadedModel(from: .directory("\(directory.path)/model/1"), name: "", version: 1)
  }

  private static func request(clouds: Int, points: Int) -> [HostTensor] {
    var numbers = SeededNumbers(seed: UInt64(points))
    return [
      numbers.floats([clouds, points, 3]), numbers.floats([clouds, points, 16]),
      numbers.indices([clouds, points, 8], below: points),
    ]
  }

  @Test(arguments: [1, 2, 4])
  func `clouds with neighbors get the same bits from any number of workers`(
    workerCount: Int
  ) async throws {
    let directory = try TemporaryDirectory()
    let model = try Self.model(in: directory)
    let engine = try InferenceEngine(
      workerCount: workerCount, limits: AdmissionLimits(), observer: SilentObserver(),
      onBatch: { _ in })
    for (clouds, points) in [(1, 20_000), (700, 30), (1, 7)] {
      let request = Self.request(clouds: clouds, points: points)
      try model.plan.validate(request)
      var workspace = Workspace()
      let expected = model.plan.run([request], in: &workspace)[0]
      let answer = try await withCheckedThrowingContinuation { continuation in
        do {
          _ = try engine.submit(
            request, pointCount: clouds * points, to: model, deadline: .now + .seconds(600)
          ) { outcome in
            switch outcome {
            case .computed(let tensors, _): continuation.resume(returning: tensors)
            case .expired: continuation.resume(throwing: CancellationError())
            }
          }
        } catch {
          continuation.resume(throwing: error)
        }
      }
      #expect(answer.map(\.shape) == expected.map(\.shape))
      #expect(answer.map(\.bits) == expected.map(\.bits))
    }
    engine.finish()
  }
}

private struct SilentObserver: BatchObserver {
  func batchReleased(
    lane: ModelLane, reason: BatchReleaseReason, pointCount: Int, queueTimes: [Duration]
  ) {}
  func itemExpired(lane: ModelLane, pointCount: Int, queueTime: Duration) {}
  func itemCancelled(lane: ModelLane, pointCount: Int, queueTime: Duration) {}
}
