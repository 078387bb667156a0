import CKernels

extension ActivationFunction {
  /// What a kernel applies in passing, or `nil` for a function that needs a pass of its own.
  var fused: ckernels_activation? {
    switch self {
    case .identity: ckernels_activation(kind: CKERNELS_ACTIVATION_IDENTITY, parameter: 0)
    case .relu: ckernels_activation(kind: CKERNELS_ACTIVATION_RELU, parameter: 0)
    case .leakyReLU(let slope):
      ckernels_activation(kind: CKERNELS_ACTIVATION_LEAKY_RELU, parameter: slope)
    case .sigmoid: ckernels_activation(kind: CKERNELS_ACTIVATION_SIGMOID, parameter: 0)
    case .tanh: ckernels_activation(kind: CKERNELS_ACTIVATION_TANH, parameter: 0)
    case .relu6: ckernels_activation(kind: CKERNELS_ACTIVATION_RELU6, parameter: 0)
    case .elu(let alpha): ckernels_activation(kind: CKERNELS_ACTIVATION_ELU, parameter: alpha)
    case .gelu: ckernels_activation(kind: CKERNELS_ACTIVATION_GELU, parameter: 0)
    case .silu: ckernels_activation(kind: CKERNELS_ACTIVATION_SILU, parameter: 0)
    case .softplus: ckernels_activation(kind: CKERNELS_ACTIVATION_SOFTPLUS, parameter: 0)
    case .boundedReLU, .softmax: nil
    }
  }

  /// What a kernel applies in passing; the identity where `applyUnfused` has to follow.
  var fusedOrIdentity: ckernels_activation {
    fused ?? ckernels_activation(kind: CKERNELS_ACTIVATION_IDENTITY, parameter: 0)
  }

  /// Applies in place, to `[count / width, width]`, a function that no kernel fuses; does nothing
  /// for the others.
  func applyUnfused(to values: UnsafeMutableBufferPointer<Float>, width: Int) {
    guard let base = values.baseAddress, !values.isEmpty else { return }
    switch self {
    case .boundedReLU(let maximum, let negativeSlope, let threshold):
      for i in values.indices {
        let x = unsafe values[i]
        // Comparisons with NaN are false: NaN takes the last branch and stays NaN.
        unsafe values[i] =
          x >= maximum ? maximum : x >= threshold ? x : negativeSlope * (x - threshold)
      }
    case .softmax:
      unsafe ckernels_softmax(values.count / width, width, base, base)
    default: break
    }
  }

  /// y = f(x) for `[x.count / width, width]`.
  func apply(
    to x: UnsafeMutableBufferPointer<Float>, into y: UnsafeMutableBufferPointer<Float>, width: Int
  ) {
    guard let source = x.baseAddress, let target = y.baseAddress, !x.isEmpty else { return }
    precondition(y.count >= x.count)
    unsafe ckernels_activate(fusedOrIdentity, x.count, source, target)
    unsafe applyUnfused(to: y, width: width)
  }
}
