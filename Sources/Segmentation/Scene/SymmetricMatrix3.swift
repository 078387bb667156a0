/// A symmetric matrix of three rows.
struct SymmetricMatrix3 {
  var xx = 0.0
  var xy = 0.0
  var xz = 0.0
  var yy = 0.0
  var yz = 0.0
  var zz = 0.0

  /// Adds `v vᵀ`.
  mutating func addSquare(of v: SIMD3<Double>) {
    xx += v.x * v.x
    xy += v.x * v.y
    xz += v.x * v.z
    yy += v.y * v.y
    yz += v.y * v.z
    zz += v.z * v.z
  }

  /// Eigenvalues, descending, and the unit eigenvector of the smallest, by cyclic Jacobi rotations
  /// (Golub & Van Loan, Matrix Computations, section 8.5).
  var decomposition: (eigenvalues: SIMD3<Double>, leastAxis: SIMD3<Double>) {
    var rows = [SIMD3(xx, xy, xz), SIMD3(xy, yy, yz), SIMD3(xz, yz, zz)]
    // Column `i` of the product of all rotations is the eigenvector of `rows[i][i]`.
    var axes = [SIMD3(1.0, 0, 0), SIMD3(0.0, 1, 0), SIMD3(0.0, 0, 1)]
    // Convergence is quadratic: more sweeps than this only repeat rounding.
    for _ in 0..<12 where Self.offDiagonal(rows) > 0 {
      for (p, q) in [(0, 1), (0, 2), (1, 2)] { Self.rotate(&rows, &axes, p, q) }
    }
    let order = [0, 1, 2].sorted { rows[$0][$0] > rows[$1][$1] }
    return (
      SIMD3(rows[order[0]][order[0]], rows[order[1]][order[1]], rows[order[2]][order[2]]),
      axes[order[2]]
    )
  }

  private static func offDiagonal(_ rows: [SIMD3<Double>]) -> Double {
    abs(rows[0][1]) + abs(rows[0][2]) + abs(rows[1][2])
  }

  /// Makes element (p, q) zero.
  private static func rotate(
    _ rows: inout [SIMD3<Double>], _ axes: inout [SIMD3<Double>], _ p: Int, _ q: Int
  ) {
    let element = rows[p][q]
    guard element != 0 else { return }
    let ratio = (rows[q][q] - rows[p][p]) / (2 * element)
    // The smaller angle of the two; it vanishes where the square of the ratio overflows.
    let tangent = (ratio < 0 ? -1 : 1) / (abs(ratio) + (ratio * ratio + 1).squareRoot())
    let cosine = 1 / (tangent * tangent + 1).squareRoot()
    let sine = tangent * cosine
    let r = 3 - p - q
    let (rp, rq) = (rows[r][p], rows[r][q])
    rows[p][p] -= tangent * element
    rows[q][q] += tangent * element
    rows[p][q] = 0
    rows[q][p] = 0
    rows[r][p] = cosine * rp - sine * rq
    rows[r][q] = sine * rp + cosine * rq
    rows[p][r] = rows[r][p]
    rows[q][r] = rows[r][q]
    (axes[p], axes[q]) = (cosine * axes[p] - sine * axes[q], sine * axes[p] + cosine * axes[q])
  }
}
