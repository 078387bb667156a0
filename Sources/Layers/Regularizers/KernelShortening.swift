/// The taps of a convolution kernel that remain when outer rows and columns of weights that count as
/// zero are cut.
struct KernelShortening: Hashable, Sendable {
  /// The kernel rows that remain, at least one.
  let rows: Range<Int>
  /// The kernel columns that remain, at least one.
  let columns: Range<Int>

  /// Finds what can be cut.
  ///
  /// - Parameters:
  ///   - taps: `[kernel.height, kernel.width, weights per tap]`.
  ///   - kernel: the kernel's extents.
  ///   - threshold: a tap counts as zero when none of its weights is larger than this.
  init(taps: [Float], kernel: Extents, threshold: Double) {
    let tapCount = kernel.height * kernel.width
    precondition(taps.count.isMultiple(of: tapCount))
    let perTap = taps.count / tapCount
    self.init(kernel: kernel) { tap in
      taps[(tap * perTap)..<((tap + 1) * perTap)].contains { abs(Double($0)) > threshold }
    }
  }

  /// Finds what can be cut.
  ///
  /// - Parameters:
  ///   - kernel: the kernel's extents.
  ///   - isPresent: whether a tap, row by row, counts.
  init(kernel: Extents, isPresent: (_ tap: Int) -> Bool) {
    let counts = (0..<(kernel.height * kernel.width)).map(isPresent)
    rows = Self.kept(kernel.height) { row in
      (0..<kernel.width).contains { counts[row * kernel.width + $0] }
    }
    columns = Self.kept(kernel.width) { column in
      (0..<kernel.height).contains { counts[$0 * kernel.width + column] }
    }
  }

  /// From the first line that counts to the last one; the middle line where none does.
  private static func kept(_ count: Int, _ matters: (Int) -> Bool) -> Range<Int> {
    guard let first = (0..<count).first(where: matters), let last = (0..<count).last(where: matters)
    else { return (count / 2)..<(count / 2 + 1) }
    return first..<(last + 1)
  }

  var extents: Extents { Extents(height: rows.count, width: columns.count) }

  /// The remaining taps of `[kernel.height, kernel.width, weights per tap]`.
  func cut(_ taps: [Float], kernel: Extents) -> [Float] {
    guard extents != kernel else { return taps }
    let perTap = taps.count / (kernel.height * kernel.width)
    return rows.flatMap { row in
      let first = (row * kernel.width + columns.lowerBound) * perTap
      return taps[first..<(first + columns.count * perTap)]
    }
  }
}

extension LayerDiagnostics {
  /// Notes a kernel's extents before and after shortening.
  mutating func setKernel(_ kernel: Extents, shortenedTo taps: KernelShortening) {
    kernelBefore = [kernel.height, kernel.width]
    kernelAfter = [taps.extents.height, taps.extents.width]
  }
}
