extension Matrix {
  /// The eigenvalues of a symmetric matrix, ascending: Householder reduction to tridiagonal form,
  /// then implicit QL steps (Golub & Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3).
  ///
  /// Only a matrix that holds NaN or infinity does not converge; its eigenvalues are all NaN.
  package var symmetricEigenvalues: [Double] {
    precondition(rowCount == columnCount)
    var (diagonal, offDiagonal) = tridiagonalForm
    for index in diagonal.indices {
      guard Self.converge(index, &diagonal, &offDiagonal) else {
        return Array(repeating: .nan, count: rowCount)
      }
    }
    return diagonal.sorted()
  }

  /// Diagonal `[n]` and the elements above it `[n]`, the last one zero, of a similar tridiagonal
  /// matrix.
  private var tridiagonalForm: (diagonal: [Double], offDiagonal: [Double]) {
    let n = rowCount
    var a = self
    var offDiagonal = [Double](repeating: 0, count: n)
    for k in 0..<max(0, n - 1) {
      let below = (k + 1)..<n
      var norm = 0.0
      for i in below { norm += a[i, k] * a[i, k] }
      norm = norm.squareRoot()
      let pivot = a[k + 1, k]
      let reflected = pivot > 0 ? -norm : norm
      offDiagonal[k] = reflected
      guard norm > 0 else { continue }
      // v = x - reflected e1, and H = I - beta v vᵀ maps x to reflected e1.
      var v = [Double](repeating: 0, count: n)
      for i in below { v[i] = a[i, k] }
      v[k + 1] -= reflected
      let beta = 1 / (norm * norm - reflected * pivot)
      var p = [Double](repeating: 0, count: n)
      for i in below {
        var sum = 0.0
        for j in below { sum += a[i, j] * v[j] }
        p[i] = beta * sum
      }
      var projection = 0.0
      for i in below { projection += v[i] * p[i] }
      let half = 0.5 * beta * projection
      for i in below { p[i] -= half * v[i] }
      for i in below {
        for j in below { a[i, j] -= v[i] * p[j] + p[i] * v[j] }
      }
    }
    return ((0..<n).map { a[$0, $0] }, offDiagonal)
  }

  /// QL steps until the element beside `diagonal[l]` vanishes.
  private static func converge(_ l: Int, _ d: inout [Double], _ e: inout [Double]) -> Bool {
    for _ in 0..<100 {
      var m = l
      while m + 1 < d.count {
        let neighborhood = abs(d[m]) + abs(d[m + 1])
        if abs(e[m]) <= Double.ulpOfOne * neighborhood { break }
        m += 1
      }
      if m == l { return true }
      step(l, m, &d, &e)
    }
    return false
  }

  /// One implicit QL step on the block `l ... m` with Wilkinson's shift.
  private static func step(_ l: Int, _ m: Int, _ d: inout [Double], _ e: inout [Double]) {
    let half = (d[l + 1] - d[l]) / (2 * e[l])
    let root = (half * half + 1).squareRoot()
    var g = d[m] - d[l] + e[l] / (half + (half < 0 ? -root : root))
    var sine = 1.0
    var cosine = 1.0
    var p = 0.0
    for i in stride(from: m - 1, through: l, by: -1) {
      let f = sine * e[i]
      let b = cosine * e[i]
      let r = (f * f + g * g).squareRoot()
      e[i + 1] = r
      if r == 0 {
        d[i + 1] -= p
        e[m] = 0
        return
      }
      sine = f / r
      cosine = g / r
      g = d[i + 1] - p
      let t = (d[i] - g) * sine + 2 * cosine * b
      p = sine * t
      d[i + 1] = g + p
      g = cosine * t - b
    }
    d[l] -= p
    e[l] = g
    e[m] = 0
  }
}
