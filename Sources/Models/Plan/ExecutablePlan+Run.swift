import Layers

extension ExecutablePlan {
  /// Answers a ragged batch of requests.
  ///
  /// Requests whose rows are equally wide share one pass over the layers: their clouds are laid one
  /// after the other. Each answer is bit for bit what the request would get alone, whoever helps.
  ///
  /// - Precondition: `validate` accepted every request.
  /// - Parameters:
  ///   - requests: tensors in the order of `inputs`, for each request.
  ///   - workspace: the calling worker's own.
  ///   - helpers: threads that take part in passes that are worth it.
  /// - Returns: tensors in the order of `outputs`, for each request.
  package func run(
    _ requests: [[HostTensor]], in workspace: inout Workspace, helpers: PassHelpers? = nil
  ) -> [[HostTensor]] {
    var answers: [[HostTensor]] = Array(repeating: [], count: requests.count)
    run(requests, in: &workspace, helpers: helpers, into: &answers)
    return answers
  }

  /// The same, with the answers in the memory of earlier ones as far as it goes: there are as many of
  /// them as requests, each empty or an answer of this plan.
  package func run(
    _ requests: [[HostTensor]], in workspace: inout Workspace, helpers: PassHelpers? = nil,
    into answers: inout [[HostTensor]]
  ) {
    precondition(answers.count == requests.count)
    workspace.remaining.removeAll(keepingCapacity: true)
    workspace.remaining.append(contentsOf: requests.indices)
    while let first = workspace.remaining.first {
      workspace.members.removeAll(keepingCapacity: true)
      var left = 0
      for request in workspace.remaining {
        if request == first || sharesPass(requests[request], requests[first]) {
          workspace.members.append(request)
        } else {
          workspace.remaining[left] = request
          left += 1
        }
      }
      workspace.remaining.removeLast(workspace.remaining.count - left)
      runPass(requests, in: &workspace, helpers: helpers, into: &answers)
    }
  }

  /// Whether every input has rows of one width in both requests.
  private func sharesPass(_ request: [HostTensor], _ other: [HostTensor]) -> Bool {
    isBatchable
      && inputs.indices.allSatisfy {
        InputRows(shape: request[$0].shape).width == InputRows(shape: other[$0].shape).width
      }
  }

  /// Answers the workspace's `members` among the requests.
  private func runPass(
    _ requests: [[HostTensor]], in workspace: inout Workspace, helpers: PassHelpers?,
    into answers: inout [[HostTensor]]
  ) {
    let members = workspace.members
    do {
      try workspace.layout.setRows(of: self, joining: members.count) { requests[members[$0]] }
    } catch {
      preconditionFailure("a request was not validated: \(error)")
    }
    let isWorthHelp =
      multiplyAdds(of: workspace.layout) >= Double(SharedPass.fewestMultiplyAdds)
    let helpers = isWorthHelp ? helpers : nil
    let threadCount = 1 + (helpers?.count ?? 0)
    workspace.layout.setOffsets(of: self, threadCount: threadCount)
    workspace.reserve(byteCount: workspace.layout.byteCount)
    // Valid until `reserve` is called again, which only the next pass does.
    let memory = unsafe PassMemory(layout: workspace.layout, memory: workspace.memory)
    for input in inputs.indices {
      guard let view = memory.view(of: input) else { continue }
      copy(input, of: requests, members, into: view)
    }
    if let helpers {
      let pass = unsafe SharedPass(
        self, operands: steps.map { memory.operands(of: $0) },
        scratch: (0..<threadCount).map { unsafe memory.scratch(of: $0) })
      helpers.invite(pass.runNext)
      pass.finish()
    } else {
      runAlone(memory, in: &workspace)
    }
    split(memory, requests, members, in: &workspace, into: &answers)
  }

  private func runAlone(_ memory: PassMemory, in workspace: inout Workspace) {
    for step in steps {
      guard let output = memory.view(of: step.output) else { continue }
      workspace.inputViews.removeAll(keepingCapacity: true)
      for input in step.inputs {
        if let view = memory.view(of: input) { workspace.inputViews.append(view) }
      }
      var operands = unsafe Operands(
        inputs: workspace.inputViews, output: output, scratch: memory.scratch(of: 0),
        sharedScratch: memory.sharedScratch)
      for phase in 0..<step.layerOperator.phaseCount {
        operands.phase = phase
        step.layerOperator.forward(operands)
      }
    }
  }

  /// About how much a pass computes.
  private func multiplyAdds(of layout: PassLayout) -> Double {
    var sum = 0.0
    for step in steps {
      let rowCount = layout.rows[step.output]?.layout.rowCount ?? 0
      sum += Double(rowCount) * Double(step.layerOperator.multiplyAddsPerPoint)
    }
    return sum
  }

  /// Lays the values of several requests one after the other.
  private func copy(
    _ input: Int, of requests: [[HostTensor]], _ members: [Int], into view: TensorView
  ) {
    var position = 0
    for member in members {
      switch requests[member][input].values {
      case .float32(let values):
        let part = unsafe view.floats[position..<(position + values.count)]
        _ = unsafe UnsafeMutableBufferPointer(rebasing: part).update(from: values)
        position += values.count
      case .int32(let values):
        let part = unsafe view.indices[position..<(position + values.count)]
        _ = unsafe UnsafeMutableBufferPointer(rebasing: part).update(from: values)
        position += values.count
      }
    }
  }

  /// Copies each request's own rows of every output.
  private func split(
    _ memory: PassMemory, _ requests: [[HostTensor]], _ members: [Int],
    in workspace: inout Workspace, into answers: inout [[HostTensor]]
  ) {
    workspace.positions.removeAll(keepingCapacity: true)
    for _ in outputTensors { workspace.positions.append(0) }
    for member in members {
      do {
        try workspace.ownLayout.setRows(of: self) { _ in requests[member] }
      } catch {
        preconditionFailure("a request was not validated: \(error)")
      }
      for (output, tensor) in outputTensors.enumerated() {
        guard let own = workspace.ownLayout.rows[tensor], let view = memory.view(of: tensor)
        else { continue }
        if answers[member].count <= output {
          answers[member].append(HostTensor(shape: [], values: .float32([])))
        }
        let begin = workspace.positions[output]
        let end = begin + own.layout.rowCount * own.width
        workspace.positions[output] = end
        own.setShape(&answers[member][output].shape, as: tensorSpecs[tensor])
        switch tensorSpecs[tensor].elementType {
        // The slices lie in the workspace, which stays as it is until the next pass.
        case .float32:
          answers[member][output].setFloats {
            unsafe $0.append(
              contentsOf: UnsafeMutableBufferPointer(rebasing: view.floats[begin..<end]))
          }
        case .int32:
          answers[member][output].setIntegers {
            unsafe $0.append(
              contentsOf: UnsafeMutableBufferPointer(rebasing: view.indices[begin..<end]))
          }
        }
      }
    }
  }
}
