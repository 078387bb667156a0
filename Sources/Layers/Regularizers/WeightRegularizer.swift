/// A loss of training on one tensor of weights.
package enum WeightRegularizer: Hashable, Sendable {
  case none
  /// Keras' `L1`, `L2` and `L1L2`: l1 · Σ|w| + l2 · Σ w².
  case norm(l1: Double, l2: Double)
  case kernelLength(KernelLengthRegularizer, kernel: Extents)
  /// Another regularizer, which the configuration keeps and nobody evaluates.
  case other

  /// The loss that training adds, or `nil` where there is none to evaluate.
  package func loss(of weights: [Float]) -> Double? {
    switch self {
    case .none, .other: nil
    case .norm(let l1, let l2):
      weights.reduce(0) { $0 + l1 * abs(Double($1)) + l2 * Double($1) * Double($1) }
    case .kernelLength(let regularizer, let kernel):
      regularizer.loss(of: weights, kernel: kernel)
    }
  }

  /// Weights of a tap up to this magnitude count as zero; zero itself without a regularizer that
  /// says otherwise.
  var tapThreshold: Double {
    if case .kernelLength(let regularizer, _) = self { return regularizer.threshold }
    return 0
  }

  /// The sum of the losses that exist, or `nil` where none does.
  static func sum(_ losses: [Double?]) -> Double? {
    losses.reduce(nil) { total, loss in
      guard let loss else { return total }
      return (total ?? 0) + loss
    }
  }
}

extension ConfigReader {
  /// The regularizer of a key.
  ///
  /// - Parameters:
  ///   - key: the key.
  ///   - kernel: extents of the kernel that the weights are, or `nil` for weights that are none.
  /// - Returns: the regularizer, `.other` for one that is not evaluated.
  /// - Throws: `ConfigurationError` for a value of the wrong type or out of range.
  mutating func weightRegularizer(
    _ key: String, kernel: Extents?
  ) throws(ConfigurationError) -> WeightRegularizer {
    switch value(key) {
    case nil, .null: return .none
    case .string(let name): return try weightRegularizer(key, className: name, content: [:])
    case .object(let object):
      guard case .string(let name)? = object["class_name"] else { break }
      guard case .object(let content)? = object["config"] ?? .object([:]) else { break }
      return try weightRegularizer(key, className: name, content: content, kernel: kernel)
    default: break
    }
    throw invalid(key, expected: "null, a name, or an object with \"class_name\" and \"config\"")
  }

  private func weightRegularizer(
    _ key: String, className: String, content: [String: ConfigValue], kernel: Extents? = nil
  ) throws(ConfigurationError) -> WeightRegularizer {
    var reader = nested(key, content).nested("config", content)
    // Registered classes carry their package in front: "indl>KernelLengthRegularizer".
    let name = className.split(separator: ">").last.map(String.init) ?? className
    switch name.lowercased() {
    case "l1": return .norm(l1: try reader.number("l1", default: 0.01), l2: 0)
    case "l2": return .norm(l1: 0, l2: try reader.number("l2", default: 0.01))
    case "l1_l2":
      return .norm(
        l1: try reader.number("l1", default: 0.01), l2: try reader.number("l2", default: 0.01))
    case "l1l2":
      return .norm(l1: try reader.number("l1", default: 0), l2: try reader.number("l2", default: 0))
    case KernelLengthRegularizer.className.lowercased():
      guard let kernel else {
        throw invalid(
          key,
          expected: "a regularizer other than KernelLengthRegularizer, which is "
            + "made for convolution kernels [height, width, channels in, channels out]")
      }
      let regularizer = try KernelLengthRegularizer(from: &reader)
      try reader.refuseUnreadKeys()
      guard regularizer.fits(kernel) else {
        throw reader.invalid(
          "kernel_size",
          expected: "the kernel's extents [\(kernel.height), \(kernel.width)], or 1 "
            + "along an axis")
      }
      return .kernelLength(regularizer, kernel: kernel)
    default: return .other
    }
  }
}
