/// The state of a point convolution's kernel, for people and scripts to look at.
package struct KernelRepresentation: Sendable {
  /// The layer's class and name, for the picture's title.
  package let title: String
  /// Q `[kernel points, dimensions]`.
  package let kernelPoints: LayerWeights.Tensor
  /// W `[blocks, kernel points, width]`, or `[kernel points, input width, output width]`.
  package let weights: LayerWeights.Tensor
  /// W at an earlier time, to show what training changed.
  package let pastWeights: LayerWeights.Tensor?
  /// Radius and point count of each shell; empty for a kernel without shells.
  package let shells: [Shell]
  /// σ, in the units of the points.
  package let influenceDistance: Double
  /// The axis of W that counts kernel points: 1 behind the blocks, or 0.
  private let kernelPointAxis: Int

  /// A shell of kernel points.
  package struct Shell: Hashable, Sendable {
    package let radius: Double
    package let pointCount: Int
  }

  /// Whether a layer has kernel points.
  package static func has(_ layer: any LayerConfiguration) -> Bool {
    layer is KPConvXLayer || layer is KPConvLayer || layer is StridedKPConvLayer
  }

  /// Takes the kernel of a point convolution from its weights.
  ///
  /// - Parameters:
  ///   - name: the layer's name.
  ///   - layer: the layer's configuration.
  ///   - weights: the layer's stored tensors.
  ///   - past: the layer's tensors at an earlier time.
  /// - Returns: `nil` for a layer without kernel points.
  /// - Throws: `LayerError` for tensors that are missing or of another shape.
  package static func kernel(
    named name: String, of layer: any LayerConfiguration, weights: LayerWeights,
    past: LayerWeights? = nil
  ) throws(LayerError) -> KernelRepresentation? {
    switch layer {
    case let layer as KPConvXLayer:
      let shells = zip(layer.shellRadii, layer.shellPoints).map {
        Shell(radius: $0, pointCount: $1)
      }
      return try KernelRepresentation(
        title: "\(KPConvXLayer.className) \(name)", weights: weights, past: past, shells: shells,
        influenceDistance: layer.influenceDistance, kernelPointAxis: 1,
        kernelPointCount: layer.kernelPointCount)
    case let layer as KPConvLayer:
      return try KernelRepresentation(
        title: "\(KPConvLayer.className) \(name)", weights: weights, past: past,
        layer.convolution)
    case let layer as StridedKPConvLayer:
      return try KernelRepresentation(
        title: "\(StridedKPConvLayer.className) \(name)", weights: weights, past: past,
        layer.convolution)
    default: return nil
    }
  }

  private init(
    title: String, weights: LayerWeights, past: LayerWeights?, _ convolution: KPConvConfiguration
  ) throws(LayerError) {
    try self.init(
      title: title, weights: weights, past: past, shells: [],
      influenceDistance: convolution.influenceDistance, kernelPointAxis: 0,
      kernelPointCount: convolution.kernelPointCount)
  }

  private init(
    title: String, weights: LayerWeights, past: LayerWeights?, shells: [Shell],
    influenceDistance: Double, kernelPointAxis: Int, kernelPointCount: Int
  ) throws(LayerError) {
    var stored = weights
    kernelPoints = try stored.take("Q", rank: 2)
    self.weights = try stored.take("W", rank: 3)
    guard kernelPoints.shape[0] == kernelPointCount, kernelPoints.shape[1] >= 1 else {
      throw .weightShape(
        name: "Q", expected: "[\(kernelPointCount), dimensions]", found: kernelPoints.shape)
    }
    guard self.weights.shape[kernelPointAxis] == kernelPointCount else {
      throw .weightShape(
        name: "W", expected: "\(kernelPointCount) kernel points along axis \(kernelPointAxis)",
        found: self.weights.shape)
    }
    if var past {
      pastWeights = LayerWeights.Tensor(
        shape: self.weights.shape, values: try past.take("W", shape: self.weights.shape))
    } else {
      pastWeights = nil
    }
    self.title = title
    self.shells = shells
    self.influenceDistance = influenceDistance
    self.kernelPointAxis = kernelPointAxis
  }

  /// The slices of W along its first axis.
  var sliceCount: Int { weights.shape[0] }

  /// Slice `index` of a tensor with W's shape, `[weights.shape[1], weights.shape[2]]`.
  func slice(_ index: Int, of tensor: LayerWeights.Tensor) -> ArraySlice<Float> {
    let count = weights.shape[1] * weights.shape[2]
    return tensor.values[(index * count)..<((index + 1) * count)]
  }

  /// What training changed since the past weights, `[W's shape]`.
  var difference: LayerWeights.Tensor? {
    pastWeights.map { past in
      LayerWeights.Tensor(
        shape: weights.shape, values: zip(weights.values, past.values).map { $0 - $1 })
    }
  }

  /// A matrix with a row for each kernel point, for a picture.
  struct Map {
    let title: String
    let columnCount: Int
    /// `[kernel points, columnCount]`.
    let values: [Float]
  }

  /// One map for each block; where each kernel point has a matrix, one map of the norms of that
  /// matrix's columns.
  func maps(of tensor: LayerWeights.Tensor, title: String) -> [Map] {
    let columnCount = weights.shape[2]
    if kernelPointAxis == 1 {
      return (0..<sliceCount).map { index in
        Map(
          title: "\(title), block \(index)", columnCount: columnCount,
          values: Array(slice(index, of: tensor)))
      }
    }
    let norms = (0..<sliceCount).flatMap { index in
      let slice = Array(slice(index, of: tensor))
      return (0..<columnCount).map { column in
        stride(from: column, to: slice.count, by: columnCount)
          .reduce(Float(0)) { $0 + slice[$1] * slice[$1] }.squareRoot()
      }
    }
    return [
      Map(
        title: "\(title), norm over the input channels", columnCount: columnCount, values: norms)
    ]
  }

  /// The directory that a path means: a `*` at its beginning stands for the prefix of a run's
  /// output files, without that prefix's last character.
  ///
  /// - Returns: `nil` for a path that begins with `*` where there is no prefix.
  package static func directory(_ path: String, outputPrefix: String?) -> String? {
    guard path.hasPrefix("*") else { return path }
    return outputPrefix.map { String($0.dropLast() + path.dropFirst()) }
  }

  /// File names and contents: `Q.csv`, `W{k}.csv` for each slice of W, with past weights
  /// `W{k}_diff.csv`, and the picture `kernel.svg`.
  package var files: [(name: String, text: String)] {
    var files = [
      (
        name: "Q.csv",
        text: MatrixText.text(
          rowCount: kernelPoints.shape[0], columnCount: kernelPoints.shape[1],
          values: kernelPoints.values[...])
      )
    ]
    for (suffix, tensor) in [("", weights), ("_diff", difference)] {
      guard let tensor else { continue }
      for index in 0..<sliceCount {
        let text = MatrixText.text(
          rowCount: weights.shape[1], columnCount: weights.shape[2],
          values: slice(index, of: tensor))
        files.append((name: "W\(index)\(suffix).csv", text: text))
      }
    }
    files.append((name: "kernel.svg", text: KernelPicture(self).svg))
    return files
  }
}
