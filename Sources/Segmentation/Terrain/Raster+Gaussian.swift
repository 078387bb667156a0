import Batching

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
    try Raster(
      rowCount: rowCount, columnCount: columnCount, grain: Self.grain, on: threads
    ) { rows, result in
      for row in rows {
        let target = (row - rows.lowerBound) * columnCount
        let source = row * columnCount
        for column in 0..<columnCount {
          result[target + column] = values[source + column] * taps[0]
        }
        for tap in stride(from: taps.count - 1, to: 0, by: -1) {
          let before = Self.mirroredIndex(row - tap, count: rowCount) * columnCount
          let after = Self.mirroredIndex(row + tap, count: rowCount) * columnCount
          addScaledSum(
            of: values, at: before, and: after, times: taps[tap], to: &result, at: target,
            count: columnCount)
        }
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
    return try Raster(
      rowCount: rowCount, columnCount: columnCount, grain: Self.grain, on: threads
    ) { rows, result in
      var line = [Double](repeating: 0, count: columnCount + 2 * radius)
      for row in rows {
        let target = (row - rows.lowerBound) * columnCount
        let start = row * columnCount
        for (position, source) in sources.enumerated() { line[position] = values[start + source] }
        for column in 0..<columnCount {
          result[target + column] = line[radius + column] * taps[0]
        }
        for tap in stride(from: radius, to: 0, by: -1) {
          addScaledSum(
            of: line, at: radius - tap, and: radius + tap, times: taps[tap], to: &result,
            at: target, count: columnCount)
        }
      }
    }
  }
}

/// Adds `(source[first + i] + source[second + i]) * factor` to `target[start + i]` for each of `count`
/// values.
private func addScaledSum(
  of source: [Double], at first: Int, and second: Int, times factor: Double,
  to target: inout MutableSpan<Double>, at start: Int, count: Int
) {
  precondition(min(first, second, start) >= 0 && count >= 0)
  precondition(max(first, second) + count <= source.count && start + count <= target.count)
  // The three ranges were just checked; unchecked access lets the loop become vector code.
  unsafe source.withUnsafeBufferPointer { source in
    unsafe target.withUnsafeMutableBufferPointer { target in
      for index in 0..<count {
        unsafe target[start + index] += (source[first + index] + source[second + index]) * factor
      }
    }
  }
}
