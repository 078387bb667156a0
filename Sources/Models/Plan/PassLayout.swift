import Layers

/// The rows of each tensor of one pass, and where they lie in a workspace.
///
/// A tensor's block is free again after the last step that reads it; each new block goes into the
/// first gap that is long enough. Blocks begin on 64-byte boundaries. A layout that is made anew
/// again and again soon allocates nothing.
package struct PassLayout {
  static let alignment = 64

  /// The rows of each tensor; `nil` for tensors that no step makes.
  private(set) var rows: [InputRows?] = []
  /// Byte offset of each tensor; `nil` for tensors that the pass does not need.
  private(set) var offsets: [Int?] = []
  /// Byte offset of the scratch memory that all threads share.
  private(set) var sharedScratchOffset = 0
  /// Floats of it.
  private(set) var sharedScratchFloatCount = 0
  /// Byte offset of the first thread's own scratch memory.
  private(set) var scratchOffset = 0
  /// Floats of each thread's own scratch memory, a multiple of what a cache line holds.
  private(set) var scratchFloatCount = 0
  /// `Int.max` where the sum is not representable.
  private(set) var byteCount = 0

  private struct Block {
    let begin: Int
    let end: Int
    let lastUse: Int
  }

  /// Ascending by `begin`.
  private var blocks: [Block] = []
  /// The rows of one step's inputs.
  private var operands: [InputRows] = []

  package init() {}

  /// Finds the rows of every tensor of a pass for requests whose clouds lie one after the other.
  ///
  /// - Parameters:
  ///   - plan: what is computed.
  ///   - count: the number of requests, at least one.
  ///   - request: one of them, counted from 0, whose shapes fit the plan's inputs.
  /// - Throws: `RequestError.layout` for tensors that do not belong together.
  mutating func setRows(
    of plan: ExecutablePlan, joining count: Int = 1, _ request: (Int) -> [HostTensor]
  ) throws(RequestError) {
    rows.removeAll(keepingCapacity: true)
    for _ in plan.tensorSpecs { rows.append(nil) }
    for input in plan.inputs.indices {
      rows[input] = InputRows(joining: count) { InputRows(shape: request($0)[input].shape) }
    }
    for index in plan.steps.indices {
      gatherOperands(of: plan.steps[index])
      let step = plan.steps[index]
      let layout: RowLayout
      do {
        layout = try step.layerOperator.outputLayout(for: operands)
      } catch {
        throw .layout(layer: step.layer, inputs: step.inputNames, error)
      }
      rows[step.output] = InputRows(layout: layout, width: plan.rowWidths[index])
    }
    operands.removeAll(keepingCapacity: true)
  }

  /// Places every tensor of a pass, whose rows are known, and the scratch memory of some threads.
  mutating func setOffsets(of plan: ExecutablePlan, threadCount: Int = 1) {
    offsets.removeAll(keepingCapacity: true)
    for _ in rows { offsets.append(nil) }
    blocks.removeAll(keepingCapacity: true)
    (byteCount, scratchFloatCount, sharedScratchFloatCount) = (0, 0, 0)
    for input in plan.inputs.indices where plan.lastUses[input] >= 0 {
      place(input, lastUse: plan.lastUses[input])
    }
    for index in plan.steps.indices {
      let step = plan.steps[index]
      // Blocks that only earlier steps read; this step's own inputs must not overlap its output.
      blocks.removeAll { $0.lastUse < index }
      place(step.output, lastUse: plan.lastUses[step.output])
      gatherOperands(of: step)
      scratchFloatCount = max(
        scratchFloatCount, step.layerOperator.scratchFloatCount(for: operands))
      sharedScratchFloatCount = max(
        sharedScratchFloatCount, step.layerOperator.sharedScratchFloatCount(for: operands))
    }
    operands.removeAll(keepingCapacity: true)
    sharedScratchOffset = byteCount
    byteCount = Self.end(of: byteCount, elementCount: sharedScratchFloatCount)
    scratchOffset = byteCount
    scratchFloatCount = Self.end(of: 0, elementCount: scratchFloatCount) / 4
    let (floatCount, overflow) = scratchFloatCount.multipliedReportingOverflow(by: threadCount)
    byteCount = overflow ? .max : Self.end(of: byteCount, elementCount: floatCount)
  }

  private mutating func gatherOperands(of step: ExecutablePlan.Step) {
    operands.removeAll(keepingCapacity: true)
    for input in step.inputs {
      guard let rows = rows[input] else { preconditionFailure("steps follow what they read") }
      operands.append(rows)
    }
  }

  private mutating func place(_ tensor: Int, lastUse: Int) {
    guard let rows = rows[tensor] else { return }
    let (elementCount, overflow) = rows.layout.rowCount.multipliedReportingOverflow(by: rows.width)
    let length = overflow ? Int.max : Self.end(of: 0, elementCount: elementCount)
    var begin = 0
    var position = blocks.count
    for (index, block) in blocks.enumerated() {
      if block.begin - begin >= length {
        position = index
        break
      }
      begin = max(begin, block.end)
    }
    let (end, endOverflow) = begin.addingReportingOverflow(length)
    blocks.insert(
      Block(begin: begin, end: endOverflow ? .max : end, lastUse: lastUse), at: position)
    offsets[tensor] = begin
    byteCount = max(byteCount, endOverflow ? .max : end)
  }

  /// The aligned end of a block of four-byte elements, or `Int.max`.
  private static func end(of begin: Int, elementCount: Int) -> Int {
    let (bytes, overflow) = elementCount.multipliedReportingOverflow(by: 4)
    let (end, endOverflow) = begin.addingReportingOverflow(bytes)
    let (padded, padOverflow) = end.addingReportingOverflow(alignment - 1)
    guard !overflow, !endOverflow, !padOverflow else { return .max }
    return padded / alignment * alignment
  }
}

extension InputRows {
  /// The rows of a tensor as `TensorSpec` divides its extents: `[width]` is one row,
  /// `[rows, width]` one cloud, `[clouds, rows, width]` several, `[rows, …]` one cloud of images.
  init(shape: [Int]) {
    switch shape.count {
    case 1: self.init(layout: RowLayout(cloudCount: 1, rowCount: 1), width: shape[0])
    case 3:
      self.init(layout: RowLayout(cloudCount: shape[0], rowCount: shape[1]), width: shape[2])
    default:
      self.init(
        layout: RowLayout(cloudCount: 1, rowCount: shape[0]),
        width: shape.dropFirst().reduce(1, *))
    }
  }

  /// The clouds of several requests, at least one, one request after the other.
  fileprivate init(joining count: Int, _ part: (Int) -> InputRows) {
    let first = part(0)
    self.init(
      layout: count == 1 ? first.layout : RowLayout(joining: count) { part($0).layout },
      width: first.width)
  }

  /// The extents of these rows in a tensor of a kind: the inverse of `init(shape:)`.
  func setShape(_ shape: inout [Int], as spec: TensorSpec) {
    shape.removeAll(keepingCapacity: true)
    switch spec.extents.count {
    case 1: shape.append(width)
    case 3:
      shape.append(layout.cloudCount)
      shape.append(layout.rowCount / max(layout.cloudCount, 1))
      shape.append(width)
    case 2:
      shape.append(layout.rowCount)
      shape.append(width)
    default:
      shape.append(layout.rowCount)
      for case let extent? in spec.rowExtents { shape.append(extent) }
    }
  }
}
