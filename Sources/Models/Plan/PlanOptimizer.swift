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
    return foldingGathers(foldingMaps(neededSteps(steps, outputs), outputs), outputs)
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

  /// Folds each layer that only scales and shifts channels, or applies a function to each element, into
  /// the layer before it, where nothing else reads what that one gives and it can do both at once.
  private static func foldingMaps(
    _ steps: [ExecutablePlan.Step], _ outputs: Set<Int>
  ) -> [ExecutablePlan.Step] {
    let readerCounts = readerCounts(steps)
    var result: [ExecutablePlan.Step] = []
    var producers: [Int: Int] = [:]
    for step in steps {
      if step.inputs.count == 1, let tensor = step.inputs.first, readerCounts[tensor] == 1,
        !outputs.contains(tensor), let producer = producers[tensor],
        let merged = result[producer].layerOperator.absorbing(step.layerOperator)
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

  /// Lets layers gather rows themselves that another layer gathers for them alone.
  private static func foldingGathers(
    _ steps: [ExecutablePlan.Step], _ outputs: Set<Int>
  ) -> [ExecutablePlan.Step] {
    let readerCounts = readerCounts(steps)
    var gathers: [Int: ExecutablePlan.Step] = [:]
    for step in steps where step.layerOperator.isGather {
      if readerCounts[step.output] == 1, !outputs.contains(step.output) {
        gathers[step.output] = step
      }
    }
    var result: [ExecutablePlan.Step] = []
    for step in steps {
      var step = step
      for (place, tensor) in step.inputs.enumerated() {
        guard let gather = gathers[tensor],
          let merged = step.layerOperator.gathering(input: place)
        else { continue }
        step.layerOperator = merged
        step.inputs[place] = gather.inputs[0]
        step.inputs.append(gather.inputs[1])
        step.inputNames[place] = gather.inputNames[0]
        step.inputNames.append(gather.inputNames[1])
        gathers[tensor] = nil
        result.removeAll { $0.output == tensor }
      }
      result.append(step)
    }
    return result
  }

  /// How many inputs of steps each tensor is.
  private static func readerCounts(_ steps: [ExecutablePlan.Step]) -> [Int: Int] {
    var counts: [Int: Int] = [:]
    for tensor in steps.flatMap(\.inputs) { counts[tensor, default: 0] += 1 }
    return counts
  }
}

extension LayerOperator {
  /// The same layer followed by a map of its elements, or `nil` if it can't absorb that.
  fileprivate func absorbing(_ map: any LayerOperator) -> (any LayerOperator)? {
    if let affine = map.channelAffine { return absorbing(scale: affine.scale, shift: affine.shift) }
    return map.elementFunction.flatMap { absorbing(activation: $0) }
  }
}
