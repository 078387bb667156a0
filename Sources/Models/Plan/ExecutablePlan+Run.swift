import Layers

extension ExecutablePlan {
  /// Answers a ragged batch of requests.
  ///
  /// Requests whose rows are equally wide share one pass over the layers: their clouds are laid one
  /// after the other. Each answer is bit for bit what the request would get alone.
  ///
  /// - Precondition: `validate` accepted every request.
  /// - Parameters:
  ///   - requests: tensors in the order of `inputs`, for each request.
  ///   - workspace: the calling worker's own.
  /// - Returns: tensors in the order of `outputs`, for each request.
  package func run(
    _ requests: [[HostTensor]], in workspace: inout Workspace
  ) -> [[HostTensor]] {
    let rows = requests.map { request in
      do {
        return try tensorRows(of: request)
      } catch {
        preconditionFailure("a request was not validated: \(error)")
      }
    }
    var results: [[HostTensor]] = Array(repeating: [], count: requests.count)
    for members in passes(rows) {
      let answers = runPass(
        members.map { requests[$0] }, rows: members.map { rows[$0] }, in: &workspace)
      for (member, answer) in zip(members, answers) { results[member] = answer }
    }
    return results
  }

  /// Which requests share a pass; in each pass every input has rows of one width.
  private func passes(_ rows: [[InputRows?]]) -> [[Int]] {
    guard isBatchable else { return rows.indices.map { [$0] } }
    var order: [[Int]] = []
    var passes: [[Int?]: Int] = [:]
    for (request, tensors) in rows.enumerated() {
      let widths = tensors.prefix(inputs.count).map { $0?.width }
      if let pass = passes[widths] {
        order[pass].append(request)
      } else {
        passes[widths] = order.count
        order.append([request])
      }
    }
    return order
  }

  private func runPass(
    _ requests: [[HostTensor]], rows: [[InputRows?]], in workspace: inout Workspace
  ) -> [[HostTensor]] {
    let joined = tensorSpecs.indices.map { tensor in
      InputRows(joining: rows.compactMap { $0[tensor] })
    }
    let arena = ArenaLayout(of: self, rows: joined)
    workspace.reserve(byteCount: arena.byteCount)
    // Valid until `reserve` is called again, which only the next pass does.
    let memory = unsafe workspace.memory
    let views = tensorSpecs.indices.map { tensor in
      unsafe Self.view(memory, offset: arena.offsets[tensor], rows: joined[tensor])
    }
    for input in inputs.indices {
      guard let view = views[input] else { continue }
      Self.copy(requests.map { $0[input] }, into: view)
    }
    let scratch = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[arena.scratchOffset...])
      .bindMemory(to: Float.self)
    for step in steps {
      guard let output = views[step.output] else { continue }
      step.layerOperator.forward(
        unsafe Operands(
          inputs: step.inputs.compactMap { views[$0] }, output: output, scratch: scratch))
    }
    return split(views, rows: rows)
  }

  /// The tensor at an offset of a workspace.
  private static func view(
    _ memory: UnsafeMutableRawBufferPointer, offset: Int?, rows: InputRows?
  ) -> TensorView? {
    guard let offset, let rows, let base = memory.baseAddress else { return nil }
    precondition(offset + rows.layout.rowCount * rows.width * 4 <= memory.count)
    // Any bits are a float and an int32, so memory that nothing was written to is initialized.
    return unsafe TensorView(base: base + offset, layout: rows.layout, rowWidth: rows.width)
  }

  /// Lays the values of several requests one after the other.
  private static func copy(_ tensors: [HostTensor], into view: TensorView) {
    var position = 0
    for tensor in tensors {
      switch tensor.values {
      case .float32(let values):
        let part = unsafe view.floats[position..<(position + values.count)]
        _ = unsafe UnsafeMutableBufferPointer(rebasing: part).update(from: values)
      case .int32(let values):
        let part = unsafe view.indices[position..<(position + values.count)]
        _ = unsafe UnsafeMutableBufferPointer(rebasing: part).update(from: values)
      }
      position += tensor.values.count
    }
  }

  /// Copies each request's own rows of every output.
  private func split(_ views: [TensorView?], rows: [[InputRows?]]) -> [[HostTensor]] {
    var position = Array(repeating: 0, count: outputTensors.count)
    return rows.map { request in
      outputTensors.enumerated().compactMap { output, tensor in
        guard let own = request[tensor], let view = views[tensor] else { return nil }
        let begin = position[output]
        let end = begin + own.layout.rowCount * own.width
        position[output] = end
        let values: HostTensor.Values
        switch tensorSpecs[tensor].elementType {
        case .float32: values = .float32(unsafe Array(view.floats[begin..<end]))
        case .int32: values = .int32(unsafe Array(view.indices[begin..<end]))
        }
        return HostTensor(shape: own.shape(as: tensorSpecs[tensor]), values: values)
      }
    }
  }
}

extension InputRows {
  /// The clouds of several requests, one request after the other; `nil` for no requests.
  fileprivate init?(joining parts: [InputRows]) {
    guard let first = parts.first else { return nil }
    guard parts.count > 1 else {
      self = first
      return
    }
    var offsets = [0]
    for part in parts {
      let start = offsets[offsets.count - 1]
      offsets.append(contentsOf: part.layout.offsets.dropFirst().map { start + $0 })
    }
    self.init(layout: RowLayout(offsets: offsets), width: first.width)
  }

  /// The extents of these rows in a tensor of a kind: the inverse of `init(shape:)`.
  fileprivate func shape(as spec: TensorSpec) -> [Int] {
    switch spec.extents.count {
    case 1: [width]
    case 3: [layout.cloudCount, layout.rowCount / max(layout.cloudCount, 1), width]
    case 2: [layout.rowCount, width]
    default: [layout.rowCount] + spec.rowExtents.compactMap { $0 }
    }
  }
}
