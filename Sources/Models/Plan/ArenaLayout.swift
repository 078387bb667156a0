import Layers

/// Where each tensor of one pass lies in a workspace.
///
/// A tensor's block is free again after the last step that reads it; each new block goes into the
/// first gap that is long enough. Blocks begin on 64-byte boundaries.
struct ArenaLayout {
  static let alignment = 64

  /// Byte offset of each tensor; `nil` for tensors that the pass does not make.
  private(set) var offsets: [Int?]
  /// Byte offset of the scratch memory that all steps share.
  private(set) var scratchOffset = 0
  /// Floats of scratch memory.
  private(set) var scratchFloatCount = 0
  /// `Int.max` where the sum is not representable.
  private(set) var byteCount = 0

  private struct Block {
    let begin: Int
    let end: Int
    let lastUse: Int
  }

  /// Places every tensor of a pass.
  ///
  /// - Parameters:
  ///   - plan: what is computed.
  ///   - rows: the rows of each tensor.
  init(of plan: ExecutablePlan, rows: [InputRows?]) {
    offsets = Array(repeating: nil, count: rows.count)
    // Ascending by `begin`.
    var blocks: [Block] = []
    for input in plan.inputs.indices where plan.lastUses[input] >= 0 {
      place(input, rows[input], lastUse: plan.lastUses[input], in: &blocks)
    }
    for (index, step) in plan.steps.enumerated() {
      // Blocks that only earlier steps read; this step's own inputs must not overlap its output.
      blocks.removeAll { $0.lastUse < index }
      place(step.output, rows[step.output], lastUse: plan.lastUses[step.output], in: &blocks)
      let scratch = step.layerOperator.scratchFloatCount(for: step.inputs.compactMap { rows[$0] })
      scratchFloatCount = max(scratchFloatCount, scratch)
    }
    scratchOffset = byteCount
    grow(to: Self.end(of: byteCount, elementCount: scratchFloatCount))
  }

  private mutating func place(
    _ tensor: Int, _ rows: InputRows?, lastUse: Int, in blocks: inout [Block]
  ) {
    guard let rows else { return }
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
    grow(to: endOverflow ? .max : end)
  }

  private mutating func grow(to end: Int) { byteCount = max(byteCount, end) }

  /// The aligned end of a block of four-byte elements, or `Int.max`.
  private static func end(of begin: Int, elementCount: Int) -> Int {
    let (bytes, overflow) = elementCount.multipliedReportingOverflow(by: 4)
    let (end, endOverflow) = begin.addingReportingOverflow(bytes)
    let (padded, padOverflow) = end.addingReportingOverflow(alignment - 1)
    guard !overflow, !endOverflow, !padOverflow else { return .max }
    return padded / alignment * alignment
  }
}
