import Batching
import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Raster {
  /// Smoothed by a sampled Gaussian along rows and columns, mirrored at the edges.
  ///
  /// The kernel has `2 * Int(truncation * sigma + 0.5) + 1` taps that add up to one.
  ///
  /// - Parameters:
  ///   - sigma: standard deviation in cells; 0 smooths nothing.
  ///   - truncation: half the kernel's length in standard deviations.
  ///   - threads: what helps, and whether the result is still wanted.
  /// - Returns: a raster of the same size.
  /// - Throws: `WorkAbandoned`.
  func gaussianSmoothed(
    sigma: Double, truncation: Double, on threads: WorkSharing = .alone
  ) throws(WorkAbandoned) -> Raster {
    let taps = Self.gaussianTaps(sigma: sigma, truncation: truncation)
    guard taps.count > 1 else { return self }
    return try correlatedAcrossRows(taps, on: threads).correlatedAlongRows(taps, on: threads)
  }

  /// How many rows one thread smooths at a time.
  private static let grain = 8

  /// One half of the symmetric kernel: `taps[k]` weighs the values `k` cells away.
  private static func gaussianTaps(sigma: Double, truncation: Double) -> [Double] {
    precondition(sigma >= 0 && truncation >= 0)
    let radius = Int(truncation * sigma + 0.5)
    guard radius > 0 else { return [1] }
    let half = (0...radius).map { exp(-0.5 / (sigma * sigma) * Double($0 * $0)) }
    let total = half[0] + 2 * half.dropFirst().reduce(0, +)
    return half.map { $0 / total }
  }

  private func correlatedAcrossRows(
    _ taps: [Double], on threads: WorkSharing
  ) throws(WorkAbandoned) -> Raster {
    let radius = taps.count - 1
    return try Raster(
      rowCount: rowCount, columnCount: columnCount, grain: Self.grain, on: threads
    ) { rows, result in
      for row in rows {
        let starts = (row - radius...row + radius).map {
          Self.mirroredIndex($0, count: rowCount) * columnCount
        }
        correlate(
          values, from: starts, taps, into: &result, at: (row - rows.lowerBound) * columnCount,
          count: columnCount)
      }
    }
  }

  private func correlatedAlongRows(
    _ taps: [Double], on threads: WorkSharing
  ) throws(WorkAbandoned) -> Raster {
    let radius = taps.count - 1
    let sources = (-radius..<(columnCount + radius)).map {
      Self.mirroredIndex($0, count: columnCount)
    }
    let starts = Array(0...2 * radius)
    return try Raster(
      rowCount: rowCount, columnCount: columnCount, grain: Self.grain, on: threads
    ) { rows, result in
      var line = [Double](repeating: 0, count: sources.count)
      for row in rows {
        let start = row * columnCount
        for (position, source) in sources.enumerated() { line[position] = values[start + source] }
        correlate(
          line, from: starts, taps, into: &result, at: (row - rows.lowerBound) * columnCount,
          count: columnCount)
      }
    }
  }
}

/// Writes to `target`, from `place` on, the weighted sums of stretches of `count` values of `source`.
///
/// The stretches begin at `starts`, `[2 * taps.count - 1]`, from the farthest before the middle one to
/// the farthest behind it; `taps` is one half of the symmetric kernel, the middle first.
private func correlate(
  _ source: [Double], from starts: [Int], _ taps: [Double],
  into target: inout MutableSpan<Double>, at place: Int, count: Int
) {
  precondition(starts.count == 2 * taps.count - 1 && count >= 0)
  precondition(starts.allSatisfy { $0 >= 0 && $0 + count <= source.count })
  precondition(place >= 0 && place + count <= target.count)
  // All stretches were just checked to lie within the arrays.
  unsafe source.withUnsafeBufferPointer { source in
    unsafe target.withUnsafeMutableBufferPointer { target in
      guard let first = source.baseAddress, let result = target.baseAddress else { return }
      let rows = unsafe starts.map { unsafe first + $0 }
      unsafe ckernels_correlate(count, taps.count - 1, taps, rows, result + place)
    }
  }
}
