#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The loss that pushes the outer taps of a kernel towards zero:
/// Σ scale · window · sigmoid(|w| − threshold) over weights `[height, width, channels in, out]`.
package struct KernelLengthRegularizer: Hashable, Sendable {
  package static let className = "KernelLengthRegularizer"

  package let extents: Extents
  /// Factor of the whole loss.
  package let windowScale: Double
  /// Taps whose weights are all at most this large can be cut.
  package let threshold: Double
  /// `[extents.height, extents.width]`, the largest element 1.
  package let window: Matrix

  /// The shape of the window along one axis.
  enum WindowFunction: Hashable {
    case hann
    case hamming
    /// |distance from the middle|, scaled to 1 at the ends, to this power.
    case polynomial(exponent: Double)
  }

  private enum Key {
    static let extents = "kernel_size"
    static let windowScale = "window_scale"
    static let function = "window_func"
    static let exponent = "poly_exp"
    static let threshold = "threshold"
  }

  /// Decodes the regularizer's own `get_config` dictionary.
  ///
  /// - Throws: `ConfigurationError` for a kernel size that is not a pair, and for a window that is
  ///   not finite.
  package init(from reader: inout ConfigReader) throws(ConfigurationError) {
    guard case .array(let sizes)? = reader.value(Key.extents), sizes.count == 2 else {
      guard reader.config[Key.extents] != nil else { throw reader.missing(Key.extents) }
      throw reader.invalid(
        Key.extents, expected: "a pair [height, width]; a kernel of one axis is [length, 1]")
    }
    extents = try reader.pair(Key.extents, in: 1...1024)
    windowScale = try reader.number(Key.windowScale, default: 0.01)
    threshold = try reader.number(Key.threshold, default: 1e-7)
    let exponent = try reader.number(Key.exponent, default: 2)
    let function: WindowFunction
    switch reader.value(Key.function) {
    case .string("hann"): function = .hann
    case .string("hamming"): function = .hamming
    // Upstream, any other name means the polynomial window.
    case nil, .string: function = .polynomial(exponent: exponent)
    default: throw reader.invalid(Key.function, expected: "\"hann\", \"hamming\" or \"poly\"")
    }
    guard let window = Self.window(function, extents) else {
      throw reader.invalid(
        Key.exponent,
        expected: "an exponent that gives a finite window for kernels of \(extents.height) x "
          + "\(extents.width)")
    }
    self.window = window
  }

  /// The outer product of both axes' windows over its maximum, or `nil` unless it is finite.
  private static func window(_ function: WindowFunction, _ extents: Extents) -> Matrix? {
    let columns = window(function, length: extents.width)
    var values = window(function, length: extents.height).flatMap { row in
      columns.map { row * $0 }
    }
    guard let largest = values.max() else { return nil }
    for i in values.indices { values[i] /= largest }
    guard values.allSatisfy(\.isFinite) else { return nil }
    return Matrix(rowCount: extents.height, columnCount: extents.width, values: values)
  }

  private static func window(_ function: WindowFunction, length: Int) -> [Double] {
    guard length > 1 else { return [1] }
    let half = length / 2
    return (0..<length).map { i in
      let angle = 2 * Double.pi * Double(i) / Double(length - 1)
      switch function {
      case .hann: return 1 - (0.5 - 0.5 * cos(angle))
      case .hamming: return 1 - (0.54 - 0.46 * cos(angle))
      case .polynomial(let exponent):
        let distance = i < half ? half - i : i - (length - 1 - half)
        return pow(Double(distance) / Double(half), exponent)
      }
    }
  }

  /// Whether the window fits a kernel: equal extents, or one that broadcasts along an axis.
  package func fits(_ kernel: Extents) -> Bool {
    (extents.height == kernel.height || extents.height == 1)
      && (extents.width == kernel.width || extents.width == 1)
  }

  /// The loss of weights `[kernel.height, kernel.width, weights per tap]`.
  ///
  /// - Precondition: `fits(kernel)`, and the weights' count is a multiple of the taps'.
  package func loss(of weights: [Float], kernel: Extents) -> Double {
    precondition(fits(kernel))
    let tapCount = kernel.height * kernel.width
    precondition(weights.count.isMultiple(of: tapCount))
    let perTap = weights.count / tapCount
    var sum = 0.0
    for tap in 0..<tapCount {
      let row = extents.height == 1 ? 0 : tap / kernel.width
      let column = extents.width == 1 ? 0 : tap % kernel.width
      var tapSum = 0.0
      for weight in weights[(tap * perTap)..<((tap + 1) * perTap)] {
        tapSum += 1 / (1 + exp(threshold - abs(Double(weight))))
      }
      sum += windowScale * window[row, column] * tapSum
    }
    return sum
  }
}
