import Layers

/// The tensors of one pass in a worker's memory, which outlives this.
@safe struct PassMemory {
  private let layout: PassLayout
  private let memory: UnsafeMutableRawBufferPointer

  /// Takes memory of at least `layout.byteCount` bytes, aligned to 64 bytes.
  init(layout: PassLayout, memory: UnsafeMutableRawBufferPointer) {
    precondition(layout.byteCount <= memory.count)
    self.layout = layout
    unsafe self.memory = memory
  }

  /// A tensor; `nil` for one that the pass does not need.
  func view(of tensor: Int) -> TensorView? {
    guard let offset = layout.offsets[tensor], let rows = layout.rows[tensor],
      let base = unsafe memory.baseAddress
    else { return nil }
    precondition(unsafe offset + rows.layout.rowCount * rows.width * 4 <= memory.count)
    // Any bits are a float and an int32, so memory that nothing was written to is initialized.
    return unsafe TensorView(base: base + offset, layout: rows.layout, rowWidth: rows.width)
  }

  /// What a step reads and writes, with the scratch memory of the first thread.
  func operands(of step: ExecutablePlan.Step) -> Operands {
    guard let output = view(of: step.output) else {
      preconditionFailure("the output of every step has a place")
    }
    return unsafe Operands(
      inputs: step.inputs.compactMap { view(of: $0) }, output: output, scratch: scratch(of: 0),
      sharedScratch: sharedScratch)
  }

  /// A thread's own scratch memory, threads counted from 0.
  func scratch(of thread: Int) -> UnsafeMutableBufferPointer<Float> {
    let count = layout.scratchFloatCount
    return unsafe floats(at: layout.scratchOffset + thread * count * 4, count: count)
  }

  /// The scratch memory that all threads share.
  var sharedScratch: UnsafeMutableBufferPointer<Float> {
    unsafe floats(at: layout.sharedScratchOffset, count: layout.sharedScratchFloatCount)
  }

  private func floats(at offset: Int, count: Int) -> UnsafeMutableBufferPointer<Float> {
    // In bounds: the slice is checked against the memory.
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[offset..<(offset + count * 4)])
      .bindMemory(to: Float.self)
  }
}
