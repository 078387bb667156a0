import Layers

/// Turns the layers of a graph into the fewest steps with the same results.
enum PlanOptimizer {
  /// The steps of a graph, in order.
  static func steps(of graph: ModelGraph) -> [ExecutablePlan.Step] {
    let steps = graph.nodes.map { node in
      ExecutablePlan.Step(
        layer: node.layer.name, layerOperator: node.layerOperator, inputs: node.inputs,
        inputNames: node.layer.inputs, output: node.output)
    }
    let outputs = Set(graph.outputs.map(\.tensor))
    return foldingAffines(neededSteps(steps, outputs), outputs)
  }

  /// Leaves out layers that no output depends on.
  private static func neededSteps(
    _ steps: [ExecutablePlan.Step], _ outputs: Set<Int>
  ) -> [ExecutablePlan.Step] {
    var needed = outputs
    var kept: [ExecutablePlan.Step] = []
    for step in steps.reversed() where needed.contains(step.output) {
      needed.formUnion(step.inputs)
      kept.append(step)
    }
    return kept.reversed()
  }

  /// Folds each layer that only scales and shifts channels into the layer before it, where nothing
  /// else reads what that one gives and it can do both at once.
  private static func foldingAffines(
    _ steps: [ExecutablePlan.Step], _ outputs: Set<Int>
  ) -> [ExecutablePlan.Step] {
    var readerCounts: [Int: Int] = [:]
    for tensor in steps.flatMap(\.inputs) { readerCounts[tensor, default: 0] += 1 }
    var result: [ExecutablePlan.Step] = []
    var producers: [Int: Int] = [:]
    for step in steps {
      if let affine = step.layerOperator.channelAffine, step.inputs.count == 1,
        let tensor = step.inputs.first, readerCounts[tensor] == 1, !outputs.contains(tensor),
        let producer = producers[tensor],
        let merged = result[producer].layerOperator.absorbing(
          scale: affine.scale, shift: affine.shift)
      {
        result[producer].layerOperator = merged
        result[producer].output = step.output
        producers[step.output] = producer
      } else {
        producers[step.output] = result.count
        result.append(step)
      }
    }
    return result
  }
}
