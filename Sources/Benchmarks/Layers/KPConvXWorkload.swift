import CKernels
import Layers
package import Models
import PointClouds

/// A cloud with neighbors and the weights of one KPConvX block, the same for the same case.
///
/// Batch normalization is folded into the weights already. Distances are in units of a usual
/// neighborhood's radius, so that all shells of kernel points have neighbors.
package struct KPConvXWorkload: Sendable {
  package let problem: KPConvXCase
  /// X `[points, 3]`.
  let positions: [Float]
  /// F `[points, width]`.
  let features: [Float]
  /// N `[points, neighbors]`.
  let neighbors: [Int32]
  /// Q `[kernel points, 3]`.
  let kernelPoints: [Float]
  /// W `[kernel points, width]`.
  let kernelWeights: [Float]
  /// Phi `[width, width]`, phi `[width]`.
  let alpha: Product
  /// Psi `[width, kernel points * width / G]`, psi.
  let modulation: Product
  /// Ã `[width, hidden]`, b̃.
  let up: Product
  /// Â `[hidden, width]`, b̂.
  let down: Product

  static let negativeSlope: Float = 0.3
  static let influenceDistance: Float = 1

  /// The weights and bias of x @ weights + bias.
  struct Product: Sendable {
    let inputWidth: Int
    let outputWidth: Int
    let weights: [Float]
    let bias: [Float]

    init(_ inputWidth: Int, _ outputWidth: Int, _ random: inout SeededGenerator) {
      self.inputWidth = inputWidth
      self.outputWidth = outputWidth
      weights = random.normals(
        inputWidth * outputWidth, deviation: 1 / Double(inputWidth).squareRoot())
      bias = random.normals(outputWidth, deviation: 0.1)
    }
  }

  /// Makes the workload; neighbors are found by the index of the kernels.
  ///
  /// - Throws: `BenchmarkError.outOfMemory`.
  package init(
    _ problem: KPConvXCase, order: SyntheticSurface.Order = .morton, seed: UInt64 = 1
  ) throws(BenchmarkError) {
    self.problem = problem
    let surface = SyntheticSurface(pointCount: problem.pointCount, order: order, seed: seed)
    let meters = NeighborIndex.recentered(surface.positions, dimensions: 3)
    let found = try NeighborWorkload.neighbors(of: meters, count: problem.neighborCount)
    neighbors = found.indices
    let farthest = stride(
      from: problem.neighborCount - 1, to: found.squaredDistances.count, by: problem.neighborCount
    ).map { Double(found.squaredDistances[$0]).squareRoot() }
    let radius = Samples(farthest).median
    positions = meters.map { $0 / Float(radius > 0 ? radius : 1) }
    var random = SeededGenerator(seed: seed &+ 1)
    let width = problem.width
    features = random.normals(problem.pointCount * width)
    kernelPoints =
      FibonacciShells.points(
        radii: KPConvXCase.shellRadii, counts: KPConvXCase.shellPoints, dimensionCount: 3) ?? []
    kernelWeights = random.normals(KPConvXCase.kernelPointCount * width, deviation: 0.3)
    alpha = Product(width, width, &random)
    modulation = Product(width, problem.modulationWidth, &random)
    up = Product(width, problem.hiddenWidth, &random)
    down = Product(problem.hiddenWidth, width, &random)
  }

  /// Everything that another implementation needs to do the same work, by the paper's names.
  package var tensors: [String: HostTensor] {
    let (points, width) = (problem.pointCount, problem.width)
    func matrix(_ rows: Int, _ columns: Int, _ values: [Float]) -> HostTensor {
      HostTensor(shape: [rows, columns], values: .float32(values))
    }
    var tensors = [
      "X": matrix(points, 3, positions), "F": matrix(points, width, features),
      "N": HostTensor(shape: [points, problem.neighborCount], values: .int32(neighbors)),
      "Q": matrix(KPConvXCase.kernelPointCount, 3, kernelPoints),
      "W": matrix(KPConvXCase.kernelPointCount, width, kernelWeights),
    ]
    for (weights, bias, product) in [
      ("Phi", "phi", alpha), ("Psi", "psi", modulation), ("Atilde", "btilde", up),
      ("Ahat", "bhat", down),
    ] {
      tensors[weights] = matrix(product.inputWidth, product.outputWidth, product.weights)
      tensors[bias] = HostTensor(shape: [product.outputWidth], values: .float32(product.bias))
    }
    return tensors
  }
}
