import Layers

/// A new matrix for an `Orthonorm` layer of a model, computed from a batch of features.
///
/// The layers before it run in float32 as they do in service; the matrix is computed in float64
/// (`OrthonormFit`) and stored as float32.
package struct OrthonormRefit: Sendable {
  package let layer: String
  /// Rows of the batch.
  package let rowCount: Int
  /// Features that the layer orthogonalizes.
  package let width: Int
  /// The largest singular value of the layer's input over the smallest.
  package let conditionNumber: Double
  /// The largest element of |yᵀy / rows − I| with the model's stored matrix; `nil` where it has none.
  package let deviationBefore: Double?
  /// The largest element of |yᵀy / rows − I| with the new matrix, rounded to float32.
  package let deviationAfter: Double
  /// `[width, width]`, upper triangular.
  package let matrix: HostTensor

  private let manifest: ModelManifest
  private let weights: [String: HostTensor]

  /// Below this share of the largest singular value, the smallest is float32 rounding.
  private static let smallestShare = 0x1p-20

  /// Computes the matrix.
  ///
  /// - Parameters:
  ///   - contents: the model; the layer's own matrix may be missing.
  ///   - name: an `Orthonorm` layer.
  ///   - features: what the graph's input takes, `[rows, width]`.
  /// - Throws: `LayerToolError`, naming the layers that are an `Orthonorm`; for features that the
  ///   layers before do not take, and for features without full rank.
  package init(
    of contents: ModelContents, layer name: String, features: HostTensor
  ) throws(LayerToolError) {
    let fitting = contents.manifest.layers.filter { $0.className == OrthonormLayer.className }
      .map(\.name)
    guard let layer = contents.manifest.layers.first(where: { $0.name == name }) else {
      throw .unknownLayer(name: name, fitting: fitting)
    }
    guard layer.className == OrthonormLayer.className else {
      throw .wrongClass(
        name: name, className: layer.className, expected: OrthonormLayer.className,
        fitting: fitting)
    }
    let batch = try Self.batch(before: name, of: contents, features: features)
    let rank = Self.rank(of: batch)
    guard rank.value == batch.columnCount else {
      throw .dependentFeatures(
        rowCount: batch.rowCount, width: batch.columnCount, rank: rank.value,
        zeroFeatures: Self.zeroColumns(of: batch))
    }
    let fitted: Matrix
    do { fitted = try OrthonormFit.weights(for: batch) } catch { throw .fit(error) }
    let rounded = fitted.values.map { Float($0) }
    let tensorName = "\(name)/\(OrthonormLayer.weightName)"
    do {
      weights = try contents.weights.tensors()
    } catch {
      throw .model(.weights(error))
    }
    self.layer = name
    rowCount = batch.rowCount
    width = batch.columnCount
    conditionNumber = rank.conditionNumber
    matrix = HostTensor(shape: [width, width], values: .float32(rounded))
    deviationBefore = weights[tensorName].flatMap { stored in
      guard stored.shape == [batch.columnCount, batch.columnCount],
        case .float32(let values) = stored.values
      else { return nil }
      return batch.deviation(throughMatrix: values)
    }
    deviationAfter = batch.deviation(throughMatrix: rounded)
    manifest = contents.manifest
  }

  /// Writes the model with the new matrix as a new version.
  ///
  /// - Parameter directory: a model directory, which is created if need be.
  /// - Returns: the new version.
  /// - Throws: `FileError`.
  package func writeNewVersion(into directory: String) throws(FileError) -> ModelDirectory {
    var weights = weights
    weights["\(layer)/\(OrthonormLayer.weightName)"] = matrix
    return try ModelWriter.writeNewVersion(manifest, weights: weights, into: directory)
  }

  /// What the layer's input is for these features, `[rows, width]`.
  private static func batch(
    before layer: String, of contents: ModelContents, features: HostTensor
  ) throws(LayerToolError) -> Matrix {
    let plan: ExecutablePlan?
    do { plan = try contents.planBefore(layer: layer) } catch { throw .model(error) }
    var output = features
    if let plan {
      guard plan.inputs.count == 1, plan.inputs[0].spec.elementType == .float32,
        plan.inputs[0].spec.extents.count == 2
      else { throw .inputs(layer: layer, found: plan.inputs.map(\.name)) }
      do { try plan.validate([features]) } catch { throw .features(error) }
      var workspace = Workspace()
      output = plan.run([[features]], in: &workspace)[0][0]
    } else if let input = contents.manifest.layers.first(where: { $0.name == layer })?.inputs.first,
      let spec = contents.manifest.inputs.first(where: { $0.name == input })?.spec
    {
      let width = spec.extents.last ?? nil
      guard features.shape.count == 2, features.shape[1] == width ?? features.shape[1] else {
        throw .features(
          .shape(input: input, expected: spec.extents.map { $0 ?? -1 }, found: features.shape))
      }
    }
    guard case .float32(let values) = output.values, output.shape.count == 2,
      values.count == output.shape[0] * output.shape[1]
    else { throw .inputs(layer: layer, found: ["\(output.shape)"]) }
    let matrix = Matrix(
      rowCount: output.shape[0], columnCount: output.shape[1], values: values.map(Double.init))
    guard matrix.rowCount > 0, matrix.columnCount > 0 else {
      throw .fit(.empty(rowCount: matrix.rowCount, width: matrix.columnCount))
    }
    // Finite features can still overflow in the layers before, or be the layer's own input.
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .fit(
        .notFinite(
          row: index / matrix.columnCount, column: index % matrix.columnCount,
          found: Double(values[index])))
    }
    return matrix
  }

  private static func rank(of batch: Matrix) -> (value: Int, conditionNumber: Double) {
    let eigenvalues = batch.gram.symmetricEigenvalues
    let largest = max(eigenvalues.last ?? 0, 0)
    let limit = largest * smallestShare * smallestShare
    let smallest = max(eigenvalues.first ?? 0, 0)
    return (
      min(batch.rowCount, eigenvalues.count { $0 > limit }),
      smallest > 0 ? (largest / smallest).squareRoot() : .infinity
    )
  }

  private static func zeroColumns(of batch: Matrix) -> [Int] {
    (0..<batch.columnCount).filter { column in
      (0..<batch.rowCount).allSatisfy { batch[$0, column] == 0 }
    }
  }
}

extension Matrix {
  /// The largest element of |yᵀy / rows − I| for y = self · `values`, `[columns, columns]`.
  fileprivate func deviation(throughMatrix values: [Float]) -> Double {
    var product = Matrix(
      rowCount: rowCount, columnCount: columnCount,
      values: [Double](repeating: 0, count: rowCount * columnCount))
    for row in 0..<rowCount {
      for k in 0..<columnCount {
        let factor = self[row, k]
        for column in 0..<columnCount {
          product[row, column] += factor * Double(values[k * columnCount + column])
        }
      }
    }
    let gram = product.gram
    var largest = 0.0
    for row in 0..<columnCount {
      for column in 0..<columnCount {
        let target = row == column ? 1.0 : 0.0
        largest = max(largest, abs(gram[row, column] / Double(rowCount) - target))
      }
    }
    return largest
  }
}
