/// A layer ready to run: shapes checked, weights folded and packed, immutable.
///
/// The result for a row depends on that row's own cloud alone, in one fixed order of summation: an
/// answer is the same bit for bit alone, in a batch and on any thread.
package protocol LayerOperator: Sendable {
  /// What the layer gives, extents of the leading axes `nil`.
  var output: TensorSpec { get }

  /// Which inputs hold row indices, and the input whose rows (of the same cloud) they name.
  var indexInputs: [IndexInput] { get }

  /// Inputs that are weights rather than rows; a graph that has any takes one request at a time.
  var parameterInputs: [Int] { get }

  /// Multiply-adds for one row of the output; neighbors per point as declared, or 16 if unknown.
  var multiplyAddsPerPoint: Int { get }

  /// The layout of the output's rows, or a throw when the inputs' layouts do not fit together.
  func outputLayout(for inputs: [InputRows]) throws(LayoutError) -> RowLayout

  /// How many phases the computation has: a phase may read what another row got in the one before.
  var phaseCount: Int { get }

  /// The scratch floats that one forward call needs, whatever its number of rows.
  func scratchFloatCount(for inputs: [InputRows]) -> Int

  /// The scratch floats that all forward calls for one output share.
  func sharedScratchFloatCount(for inputs: [InputRows]) -> Int

  /// Computes one phase for a range of the output's rows; other threads may compute others.
  ///
  /// - Precondition: layouts and widths were accepted by `outputLayout`, indices are in range, and
  ///   the phases before this one are complete for all rows.
  func forward(_ operands: borrowing Operands)

  /// The same layer followed by `y * scale + shift` per channel, or `nil` if it can't absorb that.
  ///
  /// - Parameters:
  ///   - scale: `[channels]`, in float64.
  ///   - shift: `[channels]`, in float64.
  /// - Returns: an operator that does both, or `nil`.
  func absorbing(scale: [Double], shift: [Double]) -> (any LayerOperator)?

  /// `y = x * scale + shift` per channel if that is all the layer does, else `nil`.
  var channelAffine: (scale: [Double], shift: [Double])? { get }

  /// The same layer followed by a function of each element, or `nil` if it can't absorb that.
  func absorbing(activation: ActivationFunction) -> (any LayerOperator)?

  /// The function of each element if that is all the layer does, else `nil`.
  var elementFunction: ActivationFunction? { get }

  /// The same layer with the rows of one input gathered by the layer itself, or `nil` if it can't do
  /// that; the input becomes the tensor whose rows are named, and their indices follow all inputs.
  ///
  /// - Parameter input: the position of an input whose own layer does nothing but gather rows.
  /// - Returns: an operator that does both, or `nil`.
  func gathering(input: Int) -> (any LayerOperator)?

  /// Whether all that the layer does is to give the rows of its input 0 that its input 1 names.
  var isGather: Bool { get }
}

/// An input that holds row indices.
package struct IndexInput: Hashable, Sendable {
  /// The position, in the layer's inputs, of the indices.
  package let indices: Int
  /// The position, in the layer's inputs, of the tensor whose rows they name.
  package let source: Int

  package init(_ indices: Int, into source: Int) {
    self.indices = indices
    self.source = source
  }
}

extension LayerOperator {
  package var indexInputs: [IndexInput] { [] }
  package var parameterInputs: [Int] { [] }
  package func outputLayout(for inputs: [InputRows]) throws(LayoutError) -> RowLayout {
    inputs[0].layout
  }
  package var phaseCount: Int { 1 }
  package func scratchFloatCount(for inputs: [InputRows]) -> Int { 0 }
  package func sharedScratchFloatCount(for inputs: [InputRows]) -> Int { 0 }
  package func absorbing(scale: [Double], shift: [Double]) -> (any LayerOperator)? { nil }
  package var channelAffine: (scale: [Double], shift: [Double])? { nil }
  package func absorbing(activation: ActivationFunction) -> (any LayerOperator)? { nil }
  package var elementFunction: ActivationFunction? { nil }
  package func gathering(input: Int) -> (any LayerOperator)? { nil }
  package var isGather: Bool { false }
}
