#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Kernel points spread evenly over concentric shells, for tools that make a kernel; a stored model
/// brings its own points.
package enum FibonacciShells {
  /// Shell by shell, point i of n at height z = 1 − (2i + 1) / n and angle i · π (3 − √5); in two
  /// dimensions, n points around a circle.
  ///
  /// - Parameters:
  ///   - radii: the radius of each shell.
  ///   - counts: the points on each shell.
  ///   - dimensionCount: 2 or 3.
  /// - Returns: Q `[sum of counts, dimensionCount]`, or `nil` for other dimensions or lists of
  ///   different length.
  package static func points(
    radii: [Double], counts: [Int], dimensionCount: Int
  ) -> [Float]? {
    guard radii.count == counts.count, dimensionCount == 2 || dimensionCount == 3 else {
      return nil
    }
    let goldenAngle = Double.pi * (3 - 5.0.squareRoot())
    var points: [Float] = []
    for (radius, count) in zip(radii, counts) {
      for i in 0..<count {
        if dimensionCount == 2 {
          let angle = 2 * Double.pi * Double(i) / Double(count)
          points += [Float(radius * cos(angle)), Float(radius * sin(angle))]
        } else {
          let z = 1 - Double(2 * i + 1) / Double(count)
          let ring = (1 - z * z).squareRoot()
          let angle = Double(i) * goldenAngle
          points += [ring * cos(angle), ring * sin(angle), z].map { Float(radius * $0) }
        }
      }
    }
    return points
  }
}
