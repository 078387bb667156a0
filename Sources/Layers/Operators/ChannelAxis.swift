/// One axis of a row, as the middle one of `[outer, extent, inner]`.
///
/// For `[points, width]` and its last axis, outer and inner are 1; for an image `[N, H, W, C]` and
/// its last axis, outer is H · W; for `[N, C, H, W]` and axis 1, inner is.
struct ChannelAxis: Hashable, Sendable {
  let outer: Int
  let extent: Int
  let inner: Int

  /// Resolves Keras' `axis`, which may be negative, against a tensor with known row extents.
  ///
  /// - Returns: `nil` unless the axis is one of a row's.
  init?(_ axis: Int, of spec: TensorSpec) {
    let rank = spec.extents.count
    let position = axis < 0 ? axis + rank : axis
    guard rank >= 2, position >= rank - spec.rowRank, position < rank, spec.rowWidth != nil,
      let extent = spec.extents[position], extent >= 1
    else { return nil }
    self.extent = extent
    outer = spec.extents[(rank - spec.rowRank)..<position].reduce(1) { $0 * ($1 ?? 1) }
    inner = spec.extents[(position + 1)...].reduce(1) { $0 * ($1 ?? 1) }
  }
}
