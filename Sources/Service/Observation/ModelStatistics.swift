import Locking
import Layers
import Models

/// The statistics extension of the Open Inference Protocol: what became of the requests of each
/// version of each model since the process started.
final class ModelStatistics: Sendable {
  /// How often something happened and how long it took in all.
  private struct Tally {
    var count = 0
    var duration = Duration.zero

    mutating func add(_ duration: Duration, count: Int = 1) {
      self.count += count
      self.duration += duration
    }

    var json: ConfigValue {
      ["count": .integer(count), "ns": .integer(Int(duration / .nanoseconds(1)))]
    }
  }

  private struct Entry {
    var success = Tally()
    var failure = Tally()
    var queue = Tally()
    var input = Tally()
    var compute = Tally()
    var output = Tally()
    var inferenceCount = 0
    var executionCount = 0
    var lastInference = 0
    /// By the number of requests in a batch.
    var batches: [Int: Tally] = [:]

    mutating func add(_ duration: Duration, _ times: RequestTimes) {
      success.add(duration)
      queue.add(times.queue)
      input.add(times.input)
      compute.add(times.compute)
      output.add(times.output)
    }
  }

  private struct Key: Hashable {
    let name: String
    let version: Int

    init(_ model: LoadedModel) {
      name = model.name
      version = model.version
    }
  }

  private let entries = Lock<[Key: Entry]>([:])

  func recordSuccess(_ model: LoadedModel, duration: Duration, times: RequestTimes) {
    entries.withLock { $0[Key(model), default: Entry()].add(duration, times) }
  }

  func recordFailure(_ model: LoadedModel, duration: Duration) {
    entries.withLock { $0[Key(model), default: Entry()].failure.add(duration) }
  }

  func recordBatch(_ batch: BatchReport) {
    let now = WallClock.millisecondsSince1970
    entries.withLock { entries in
      var entry = entries[Key(batch.model)] ?? Entry()
      entry.inferenceCount += batch.requestCount
      entry.executionCount += 1
      entry.lastInference = now
      entry.batches[batch.requestCount, default: Tally()].add(batch.duration)
      entries[Key(batch.model)] = entry
    }
  }

  /// The entry of one model in `model_stats`; every key is always there, as clients expect.
  func json(of model: LoadedModel) -> ConfigValue {
    let entry = entries.withLock { $0[Key(model)] } ?? Entry()
    let none = Tally().json
    return [
      "name": .string(model.name), "version": .string("\(model.version)"),
      "last_inference": .integer(entry.lastInference),
      "inference_count": .integer(entry.inferenceCount),
      "execution_count": .integer(entry.executionCount),
      "inference_stats": [
        "success": entry.success.json, "fail": entry.failure.json, "queue": entry.queue.json,
        "compute_input": entry.input.json, "compute_infer": entry.compute.json,
        "compute_output": entry.output.json, "cache_hit": none, "cache_miss": none,
      ],
      "response_stats": [:],
      "batch_stats": .array(
        entry.batches.sorted { $0.key < $1.key }.map { size, tally in
          [
            "batch_size": .integer(size), "compute_input": none, "compute_infer": tally.json,
            "compute_output": none,
          ]
        }),
      "memory_usage": [
        ["type": "CPU", "id": 0, "byte_size": .integer(model.weightsByteCount)]
      ],
    ]
  }
}
