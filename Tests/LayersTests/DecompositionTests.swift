import GoldenFiles
import Layers
import RandomNumbers
import Testing

struct DecompositionTests {
  private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    return Matrix(
      rowCount: rows, columnCount: columns,
      values: generator.floats(rows * columns).map(Double.init))
  }

  private func product(_ a: Matrix, _ b: Matrix) -> Matrix {
    var result = Matrix(
      rowCount: a.rowCount, columnCount: b.columnCount,
      values: Array(repeating: 0, count: a.rowCount * b.columnCount))
    for i in 0..<a.rowCount {
      for j in 0..<b.columnCount {
        for k in 0..<a.columnCount { result[i, j] += a[i, k] * b[k, j] }
      }
    }
    return result
  }

  private func distance(_ a: Matrix, _ b: Matrix) -> Double {
    zip(a.values, b.values).map { abs($0 - $1) }.max() ?? 0
  }

  @Test(arguments: [(1, 1), (2, 2), (5, 3), (3, 5), (20, 12), (8, 8)])
  func `singular values are the roots of the Gram matrix's eigenvalues`(
    _ rows: Int, _ columns: Int
  ) {
    let matrix = random(rows, columns, seed: UInt64(rows * 31 + columns))
    let singular = matrix.singularValues
    let eigenvalues = matrix.gram.symmetricEigenvalues.reversed().prefix(singular.count)
    for (value, eigenvalue) in zip(singular, eigenvalues) {
      #expect(abs(value * value - eigenvalue) < 1e-12 * max(1, singular[0] * singular[0]))
    }
    #expect(abs(matrix.spectralNorm - singular[0]) < 1e-12 * singular[0])
  }

  @Test func `the norm of a large matrix is found without all of its eigenvalues`() {
    // Orthogonal columns of known lengths: a Householder reflection times a diagonal matrix.
    let n = 140
    var generator = SeededGenerator(seed: 9)
    let v = generator.floats(n).map(Double.init)
    let squared = v.reduce(0) { $0 + $1 * $1 }
    var matrix = Matrix(rowCount: n, columnCount: n, values: Array(repeating: 0, count: n * n))
    for i in 0..<n {
      for j in 0..<n {
        matrix[i, j] = ((i == j ? 1 : 0) - 2 * v[i] * v[j] / squared) * (3 - Double(j) / 50)
      }
    }
    #expect(abs(matrix.spectralNorm - 3) < 1e-9)
    let zeros = Matrix(rowCount: n, columnCount: n, values: Array(repeating: 0, count: n * n))
    #expect(zeros.spectralNorm == 0)
    matrix[3, 4] = .nan
    #expect(matrix.spectralNorm.isNaN)
  }

  @Test func `eigenvalues of a matrix with known ones are found`() {
    // The second difference matrix has the eigenvalues 2 - 2 cos(k pi / (n + 1)).
    let n = 6
    var matrix = Matrix(rowCount: n, columnCount: n, values: Array(repeating: 0, count: n * n))
    for i in 0..<n {
      matrix[i, i] = 2
      if i > 0 { (matrix[i, i - 1], matrix[i - 1, i]) = (-1, -1) }
    }
    let cosines = [
      0.9009688679024191, 0.6234898018587336, 0.22252093395631434, -0.22252093395631434,
      -0.6234898018587336, -0.9009688679024191,
    ]
    for (found, cosine) in zip(matrix.symmetricEigenvalues, cosines) {
      #expect(abs(found - (2 - 2 * cosine)) < 1e-14)
    }
  }

  @Test func `eigenvalues sum to the trace, repeated and zero ones too`() {
    var matrix = Matrix(rowCount: 4, columnCount: 4, values: Array(repeating: 0, count: 16))
    for (i, value) in [3.0, 0, 3, 1].enumerated() { matrix[i, i] = value }
    #expect(matrix.symmetricEigenvalues == [0, 1, 3, 3])
    let random = random(9, 30, seed: 2).gram
    let trace = (0..<30).reduce(0) { $0 + random[$1, $1] }
    #expect(abs(random.symmetricEigenvalues.reduce(0, +) - trace) < 1e-12 * trace)
  }

  @Test func `a matrix with NaN has no eigenvalues and no Cholesky factor`() {
    let matrix = Matrix(rowCount: 2, columnCount: 2, values: [1, .nan, .nan, 1])
    #expect(matrix.symmetricEigenvalues.allSatisfy { $0.isNaN })
    #expect(matrix.choleskyFactor == nil)
  }

  @Test(arguments: [1, 2, 7])
  func `the Cholesky factor and its inverse multiply to what they should`(_ n: Int) throws {
    let gram = random(n + 4, n, seed: UInt64(n)).gram
    let factor = try #require(gram.choleskyFactor)
    #expect(distance(product(factor, factor.transposed), gram) < 1e-13 * Double(n + 4))
    var identity = product(factor, factor.lowerTriangularInverse)
    for i in 0..<n { identity[i, i] -= 1 }
    #expect(identity.values.allSatisfy { abs($0) < 1e-12 })
  }

  @Test(arguments: GoldenFile.names("orthonorm_"))
  func `the orthonormalizing matrix is the golden one`(_ name: String) throws {
    let golden = try GoldenFile(name)
    let batch = Matrix(try golden.tensor("input.X_ortho").weight)
    let weights = try OrthonormFit.weights(for: batch)
    let expected = try golden.tensor("expected.ortho_weights")
    let largest = Double(expected.floats.map { abs($0) }.max() ?? 0)
    let share = try (try golden.json("tolerance").object["ortho_weights_relative_to_max"] ?? .null)
      .double
    let tolerance = GoldenTolerance(relative: 0, absolute: share * largest)
    #expect(tolerance.disagreement(weights.values, expected.floats) == nil)

    let relative = GoldenTolerance(relative: 1e-4, absolute: 1e-4 * largest)
    let answers = [
      ("input.X_ortho", "expected.self_output"), ("input.X_train", "expected.train_output"),
    ]
    for (input, output) in answers {
      let x = Matrix(try golden.tensor(input).weight)
      let expected = try golden.tensor(output)
      #expect(
        relative.disagreement(product(x, weights).values, expected.floats) == nil, "\(output)")
    }
    // yᵀ y = n · I for the batch itself.
    var gram = product(batch, weights).gram
    for i in 0..<gram.rowCount { gram[i, i] -= Double(batch.rowCount) }
    #expect(gram.values.allSatisfy { abs($0) < 1e-4 * Double(batch.rowCount) })
  }

  @Test func `a batch of zeros is scaled by the shift alone`() throws {
    let zeros = Matrix(rowCount: 4, columnCount: 2, values: Array(repeating: 0, count: 8))
    let weights = try OrthonormFit.weights(for: zeros)
    let expected = (4 / 1e-7).squareRoot()
    #expect(abs(weights[0, 0] - expected) < 1e-9 * expected)
    #expect(weights[0, 1] == 0 && weights[1, 0] == 0)
  }

  @Test func `a batch that holds NaN is refused`() {
    var batch = random(6, 3, seed: 1)
    batch[2, 1] = .nan
    #expect {
      try OrthonormFit.weights(for: batch)
    } throws: { error in
      guard case .notFinite(row: 2, column: 1, _)? = error as? OrthonormFitError else {
        return false
      }
      return "\(error)".contains("row 2, column 1")
    }
  }

  @Test func `a batch without rows is refused`() {
    let batch = Matrix(rowCount: 0, columnCount: 3, values: [])
    #expect(throws: OrthonormFitError.empty(rowCount: 0, width: 3)) {
      try OrthonormFit.weights(for: batch)
    }
  }
}
