import Layers

/// A graph ready to run: batch normalization folded, unused layers left out, every check that a
/// request needs known.
///
/// Immutable; one plan serves any number of threads, each with a workspace of its own.
package struct ExecutablePlan: Sendable {
  package let inputs: [NamedTensorSpec]
  package let outputs: [NamedTensorSpec]
  /// Whether requests may share one pass; `run` takes several requests in any case.
  package let isBatchable: Bool

  let steps: [Step]
  /// Tensor numbers of the outputs.
  let outputTensors: [Int]
  let tensorSpecs: [TensorSpec]
  /// For each graph input the tensors whose rows its values name; empty unless it holds indices.
  let indexSources: [[Int]]
  /// The last step that reads each tensor; `steps.count` for outputs.
  let lastUses: [Int]
  /// Elements in a row of each step's output.
  let rowWidths: [Int]
  /// The most working memory that a request may need, bytes.
  package private(set) var workspaceByteLimit = Workspace.assuredByteCount

  /// Prepares a graph.
  ///
  /// - Parameters:
  ///   - graph: the layers with their weights.
  ///   - batchPoints: the points of the largest batch; what it needs, any request may need.
  package init(
    _ graph: ModelGraph, batchPoints: Int = BatchingSection().maximumBatchPoints
  ) {
    let optimized = PlanOptimizer.steps(of: graph)
    inputs = graph.inputs
    outputs = graph.outputs.map(\.spec)
    outputTensors = graph.outputs.map(\.tensor)
    steps = optimized
    tensorSpecs = graph.tensorSpecs
    isBatchable = optimized.allSatisfy(\.layerOperator.parameterInputs.isEmpty)
    var sources: [[Int]] = Array(repeating: [], count: graph.inputs.count)
    var lastUses = Array(repeating: -1, count: graph.tensorSpecs.count)
    for (index, step) in optimized.enumerated() {
      for tensor in step.inputs { lastUses[tensor] = index }
      for indexInput in step.layerOperator.indexInputs {
        let source = step.inputs[indexInput.source]
        let input = step.inputs[indexInput.indices]
        if !sources[input].contains(source) { sources[input].append(source) }
      }
    }
    for tensor in outputTensors { lastUses[tensor] = optimized.count }
    indexSources = sources
    self.lastUses = lastUses
    rowWidths = optimized.map { step in
      guard let width = step.layerOperator.output.rowWidth else {
        preconditionFailure("layer \(step.layer) has rows of unknown width")
      }
      return width
    }
    workspaceByteLimit = max(
      Workspace.assuredByteCount,
      min(workspaceByteCount(points: batchPoints), Workspace.byteLimit))
  }

  /// The layers that are computed, in order; a layer that was folded into another is not among them.
  package var layerNames: [String] { steps.map(\.layer) }

  /// One layer of the plan.
  struct Step: Sendable {
    let layer: String
    var layerOperator: any LayerOperator
    /// Tensor numbers.
    var inputs: [Int]
    var inputNames: [String]
    var output: Int
  }
}
