/// The memory of one tensor during one forward call, `[rows, rowWidth]`, row-major.
///
/// The memory belongs to the caller's workspace, begins on a 64-byte boundary and stays valid and
/// unaliased for the duration of the call; a view is never kept.
@safe package struct TensorView {
  package let layout: RowLayout
  package let rowWidth: Int
  private let base: UnsafeMutableRawPointer

  /// Wraps `layout.rowCount * rowWidth` elements of four bytes each at `base`.
  ///
  /// - Precondition: `base` is aligned to 64 bytes and holds that many initialized elements.
  package init(base: UnsafeMutableRawPointer, layout: RowLayout, rowWidth: Int) {
    precondition(UInt(bitPattern: base) % 64 == 0)
    unsafe self.base = base
    self.layout = layout
    self.rowWidth = rowWidth
  }

  /// What the layer's checks see of this tensor.
  package var rows: InputRows { InputRows(layout: layout, width: rowWidth) }

  package var elementCount: Int { layout.rowCount * rowWidth }

  /// The elements as floats, `[rows, rowWidth]`.
  package var floats: UnsafeMutableBufferPointer<Float> {
    unsafe UnsafeMutableBufferPointer(
      start: base.assumingMemoryBound(to: Float.self), count: elementCount)
  }

  /// The elements as indices, `[rows, rowWidth]`.
  package var indices: UnsafeMutableBufferPointer<Int32> {
    unsafe UnsafeMutableBufferPointer(
      start: base.assumingMemoryBound(to: Int32.self), count: elementCount)
  }
}

/// What one forward call reads and writes.
@safe package struct Operands {
  /// In the order of the layer's `inputs`.
  package var inputs: [TensorView]
  package var output: TensorView
  /// At least `scratchFloatCount` floats, aligned to 64 bytes, with any content; the caller's own.
  package var scratch: UnsafeMutableBufferPointer<Float>
  /// At least `sharedScratchFloatCount` floats, aligned to 64 bytes: the same for all rows and phases
  /// of a layer, with any content at first.
  package var sharedScratch: UnsafeMutableBufferPointer<Float>
  /// Which rows of the output to compute.
  package var rows: Range<Int>
  /// Below the layer's `phaseCount`.
  package var phase = 0

  /// All rows of the output, in the first phase.
  package init(
    inputs: [TensorView], output: TensorView, scratch: UnsafeMutableBufferPointer<Float>,
    sharedScratch: UnsafeMutableBufferPointer<Float>
  ) {
    self.inputs = inputs
    self.output = output
    unsafe self.scratch = scratch
    unsafe self.sharedScratch = sharedScratch
    rows = 0..<output.layout.rowCount
  }
}
