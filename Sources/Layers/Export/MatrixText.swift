#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Matrices as text: one line per row, elements as C's `%.7f` with one space between them, as NumPy's
/// `savetxt` writes them.
enum MatrixText {
  static func text(rowCount: Int, columnCount: Int, values: ArraySlice<Float>) -> String {
    precondition(values.count == rowCount * columnCount)
    return (0..<rowCount).map { row in
      let start = values.startIndex + row * columnCount
      return values[start..<(start + columnCount)].map { number($0) }.joined(separator: " ") + "\n"
    }.joined()
  }

  /// Seven decimals, rounded as C does.
  private static func number(_ value: Float) -> String {
    // A float has at most 39 digits before the point: 64 bytes hold any of them.
    let capacity = 64
    return unsafe String(unsafeUninitializedCapacity: capacity) { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
        let count = unsafe withVaList([Double(value)]) {
          unsafe vsnprintf(characters.baseAddress, capacity, "%.7f", $0)
        }
        return min(max(0, Int(count)), capacity - 1)
      }
    }
  }
}
