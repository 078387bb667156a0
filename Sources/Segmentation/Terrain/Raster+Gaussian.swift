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
  /// - Returns: a raster of the same size.
  func gaussianSmoothed(sigma: Double, truncation: Double = 4) -> Raster {
    let taps = Self.gaussianTaps(sigma: sigma, truncation: truncation)
    guard taps.count > 1 else { return self }
    return correlatedAcrossRows(taps).correlatedAlongRows(taps)
  }

  /// One half of the symmetric kernel: `taps[k]` weighs the values `k` cells away.
  private static func gaussianTaps(sigma: Double, truncation: Double) -> [Double] {
    precondition(sigma >= 0 && truncation >= 0)
    let radius = Int(truncation * sigma + 0.5)
    guard radius > 0 else { return [1] }
    let half = (0...radius).map { exp(-0.5 / (sigma * sigma) * Double($0 * $0)) }
    let total = half[0] + 2 * half.dropFirst().reduce(0, +)
    return half.map { $0 / total }
  }

  private func correlatedAcrossRows(_ taps: [Double]) -> Raster {
    var result = Raster(rowCount: rowCount, columnCount: columnCount, repeating: 0)
    for row in 0..<rowCount {
      let target = row * columnCount
      for column in 0..<columnCount {
        result.values[target + column] = values[target + column] * taps[0]
      }
      for tap in stride(from: taps.count - 1, to: 0, by: -1) {
        let before = Self.mirroredIndex(row - tap, count: rowCount) * columnCount
        let after = Self.mirroredIndex(row + tap, count: rowCount) * columnCount
        addScaledSum(
          of: values, at: before, and: after, times: taps[tap], to: &result.values, at: target,
          count: columnCount)
      }
    }
    return result
  }

  private func correlatedAlongRows(_ taps: [Double]) -> Raster {
    let radius = taps.count - 1
    var result = Raster(rowCount: rowCount, columnCount: columnCount, repeating: 0)
    let sources = (-radius..<(columnCount + radius)).map {
      Self.mirroredIndex($0, count: columnCount)
    }
    var line = [Double](repeating: 0, count: columnCount + 2 * radius)
    for row in 0..<rowCount {
      let target = row * columnCount
      for (position, source) in sources.enumerated() { line[position] = values[target + source] }
      for column in 0..<columnCount {
        result.values[target + column] = line[radius + column] * taps[0]
      }
      for tap in stride(from: radius, to: 0, by: -1) {
        addScaledSum(
          of: line, at: radius - tap, and: radius + tap, times: taps[tap], to: &result.values,
          at: target, count: columnCount)
      }
    }
    return result
  }
}

/// Adds `(source[first + i] + source[second + i]) * factor` to `target[start + i]` for each of `count`
/// values.
private func addScaledSum(
  of source: [Double], at first: Int, and second: Int, times factor: Double,
  to target: inout [Double], at start: Int, count: Int
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
