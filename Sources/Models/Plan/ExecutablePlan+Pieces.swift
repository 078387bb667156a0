import Layers

extension ExecutablePlan {
  /// Cuts a request along its first axis, so that several workers may answer it.
  ///
  /// Clouds of a request never depend on each other; its rows do not either where no layer looks
  /// rows up by an index. The answers of the pieces, `joined`, are bit for bit the request's own.
  ///
  /// - Precondition: `validate` accepted the request.
  /// - Parameters:
  ///   - request: tensors in the order of `inputs`.
  ///   - count: the most pieces, at least 1.
  /// - Returns: about equal pieces; only the request itself where it can't be cut.
  package func pieces(of request: [HostTensor], count: Int) -> [[HostTensor]] {
    guard count > 1, isBatchable, hasIndependentRows, let extent = request.first?.shape.first,
      request.allSatisfy({ $0.shape.first == extent })
    else { return [request] }
    let pieceCount = max(min(count, extent), 1)
    return (0..<pieceCount).map { piece in
      let rows = (extent * piece / pieceCount)..<(extent * (piece + 1) / pieceCount)
      return request.map { $0.rows(rows) }
    }
  }

  /// The answer to a request from those to its pieces.
  ///
  /// - Parameter answers: tensors in the order of `outputs` for each piece, at least one.
  /// - Returns: tensors in the order of `outputs`.
  package func joined(_ answers: [[HostTensor]]) -> [HostTensor] {
    outputs.indices.map { output in HostTensor(joining: answers.map { $0[output] }) }
  }

  /// Whether the first axis of every input and output counts clouds or rows that do not depend on
  /// each other.
  private var hasIndependentRows: Bool {
    let specs = inputs.map(\.spec) + outputs.map(\.spec)
    let looksUpRows = steps.contains { !$0.layerOperator.indexInputs.isEmpty }
    return specs.allSatisfy { spec in
      spec.extents.count >= 2 && spec.extents[0] == nil && (!looksUpRows || spec.extents.count == 3)
    }
  }
}

extension HostTensor {
  /// A range along the first axis.
  fileprivate func rows(_ rows: Range<Int>) -> HostTensor {
    let width = shape.dropFirst().reduce(1, *)
    let range = (rows.lowerBound * width)..<(rows.upperBound * width)
    let part: Values =
      switch values {
      case .float32(let values): .float32(Array(values[range]))
      case .int32(let values): .int32(Array(values[range]))
      }
    return HostTensor(shape: [rows.count] + shape.dropFirst(), values: part)
  }

  /// Tensors of one type one after the other along the first axis.
  fileprivate init(joining parts: [HostTensor]) {
    var floats: [Float] = []
    var integers: [Int32] = []
    for part in parts {
      switch part.values {
      case .float32(let values): floats += values
      case .int32(let values): integers += values
      }
    }
    let rowCount = parts.reduce(0) { $0 + $1.shape[0] }
    self.init(
      shape: [rowCount] + parts[0].shape.dropFirst(),
      values: integers.isEmpty ? .float32(floats) : .int32(integers))
  }
}
