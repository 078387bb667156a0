package import Batching
package import Models

/// Work of one loaded version of one model; only such work shares a batch.
package struct ModelLane: BatchLane {
  package let model: LoadedModel
  package let batchLimits: BatchLimits

  /// The lane of a model, with the limits of its manifest.
  package init(_ model: LoadedModel) {
    self.model = model
    let batching = model.manifest.batching
    batchLimits = BatchLimits(
      // A model that takes weights as inputs can't join requests.
      requestsPerBatch: model.plan.isBatchable ? batching.maximumBatchSize : 1,
      pointsPerBatch: batching.maximumBatchPoints,
      preferredRequests: batching.preferredBatchSizes, maximumDelay: batching.maximumQueueDelay)
  }

  package static func == (left: ModelLane, right: ModelLane) -> Bool { left.model === right.model }

  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(model)) }
}
