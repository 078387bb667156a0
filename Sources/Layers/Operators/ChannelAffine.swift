/// y * scale + shift per channel, applied to a layer's result after its activation.
struct ChannelAffine: Sendable {
  /// `[channels]`.
  private(set) var scale: [Double]
  /// `[channels]`.
  private(set) var shift: [Double]

  init(scale: [Double], shift: [Double]) {
    precondition(scale.count == shift.count)
    self.scale = scale
    self.shift = shift
  }

  /// The identity.
  init(channels: Int) {
    scale = Array(repeating: 1, count: channels)
    shift = Array(repeating: 0, count: channels)
  }

  /// This affine map, then another one.
  func followed(scale: [Double], shift: [Double]) -> ChannelAffine {
    ChannelAffine(
      scale: zip(self.scale, scale).map { $0 * $1 },
      shift: self.shift.indices.map { self.shift[$0] * scale[$0] + shift[$0] })
  }

  var isIdentity: Bool { kernelScale == nil && kernelShift == nil }

  /// Kernels take no array for a scale of one.
  var kernelScale: [Float]? { scale.allSatisfy { $0 == 1 } ? nil : scale.map { Float($0) } }

  /// Kernels take no array for a shift of zero.
  var kernelShift: [Float]? { shift.allSatisfy { $0 == 0 } ? nil : shift.map { Float($0) } }
}
