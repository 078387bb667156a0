import CKernels

/// The centroid nearest to each row, the lowest on ties: x `[points, width]` and stored centroids
/// `[classes, width]` → the class as a score of one `[points, classes]`, or its index `[points, 1]`.
package struct NearestCentroidLayer: LayerConfiguration {
  package static let className = "NearestCentroid"

  let givesIndex: Bool
  package let config: [String: ConfigValue]

  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    try reader.keepLayerKeys()
    givesIndex =
      try reader.choice("output", default: "one_hot", among: ["one_hot", "index"]) == "index"
    config = reader.config
  }

  package func makeOperator(
    inputs: [TensorSpec], weights: inout LayerWeights
  ) throws(LayerError) -> any LayerOperator {
    let check = try InputCheck(inputs, roles: "x")
    let width = try check.pointWidth(0)
    let centroids = try weights.take("centroids", rank: 2)
    guard centroids.shape[0] >= 1, centroids.shape[1] == width else {
      throw .weightShape(
        name: "centroids", expected: "[classes, \(width)]", found: centroids.shape)
    }
    let classCount = centroids.shape[0]
    var output = check[0].rows(lastExtent: givesIndex ? 1 : classCount)
    output.elementType = givesIndex ? .int32 : .float32
    return NearestCentroidOperator(
      output: output, width: width, classCount: classCount, centroids: centroids.values)
  }
}

struct NearestCentroidOperator: LayerOperator {
  let output: TensorSpec
  let width: Int
  let classCount: Int
  /// `[classCount, width]`.
  let centroids: [Float]

  var multiplyAddsPerPoint: Int { saturatingProduct(classCount, width) }

  /// How many rows are assigned before their scores are written.
  private static let rowsPerPart = 256

  /// One index for each row of a part where the output is not the indices themselves.
  func scratchFloatCount(for inputs: [InputRows]) -> Int {
    output.elementType == .int32 ? 0 : Self.rowsPerPart
  }

  func forward(_ operands: borrowing Operands) {
    let input = unsafe operands.inputFloats(0)
    let rows = operands.rows.count
    precondition(input.count == rows * width)
    guard rows > 0, let x = input.baseAddress else { return }
    if output.elementType == .int32 {
      guard let indices = unsafe operands.output.indices(of: operands.rows).baseAddress
      else { return }
      unsafe assign(rows, x, indices)
      return
    }
    let scores = unsafe operands.outputFloats
    precondition(scores.count == rows * classCount)
    unsafe scores.update(repeating: 0)
    // Floats and indices have four bytes each, and nobody reads the scratch memory as floats.
    unsafe operands.scratch.withMemoryRebound(to: Int32.self) { indices in
      guard let base = indices.baseAddress, indices.count >= Self.rowsPerPart else {
        preconditionFailure("scratch memory was asked for")
      }
      for first in stride(from: 0, to: rows, by: Self.rowsPerPart) {
        let part = first..<min(first + Self.rowsPerPart, rows)
        unsafe assign(part.count, x + first * width, base)
        for row in part {
          unsafe scores[row * classCount + Int(indices[row - first])] = 1
        }
      }
    }
  }

  private func assign(
    _ rows: Int, _ x: UnsafePointer<Float>, _ indices: UnsafeMutablePointer<Int32>
  ) {
    unsafe centroids.withUnsafeBufferPointer { centroids in
      guard let base = centroids.baseAddress else { return }
      unsafe ckernels_nearest_centroid(rows, width, classCount, x, base, indices)
    }
  }
}
