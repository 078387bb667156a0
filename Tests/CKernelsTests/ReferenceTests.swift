import CKernels
import Testing

/// The references against values worked out by hand; everything else is tested against them.
struct ReferenceTests {
  @Test func `a dense layer applies the bias, then the activation, then the affine`() throws {
    let weights = Memory([1, -1, 3, -3] as [Float])
    let bias = Memory([0.5, 0.5] as [Float])
    let scale = Memory([2, 2] as [Float])
    let shift = Memory([1, 1] as [Float])
    var parameters = unsafe ckernels_dense_parameters(
      input_width: 2, output_width: 2, weights: weights.pointer, bias: bias.pointer,
      activation: ckernels_activation(kind: CKERNELS_ACTIVATION_LEAKY_RELU, parameter: 0.5),
      scale: scale.pointer, shift: shift.pointer, precision: CKERNELS_PRECISION_FLOAT32)
    let created = try unsafe InstructionSet.with("reference") {
      unsafe ckernels_dense_create(&parameters)
    }
    let dense = try unsafe #require(created)
    defer { unsafe ckernels_dense_destroy(dense) }
    var y: [Float] = [0, 0]
    let scratch = unsafe makeScratch(ckernels_dense_scratch_bytes(dense))
    unsafe ckernels_dense_run(dense, 1, [1, 2], &y, scratch.pointer)
    // x @ W = [7, -7]; + bias = [7.5, -6.5]; leaky = [7.5, -3.25]; * 2 + 1
    #expect(y == [16, -5.5])
  }

  @Test func `softmax is shifted by the largest entry`() throws {
    let x: [Float] = [1000, 1000, -1000]
    var y = [Float](repeating: 0, count: 3)
    try InstructionSet.with("reference") { unsafe ckernels_softmax(1, 3, x, &y) }
    #expect(y == [0.5, 0.5, 0])
  }

  @Test func `the lowest of equally near centroids wins`() throws {
    var index: [Int32] = [-1]
    try InstructionSet.with("reference") {
      unsafe ckernels_nearest_centroid(1, 1, 3, [0], [2, 1, -1], &index)
    }
    #expect(index == [1])
  }

  @Test func `a maximum over neighbors is NaN where a neighbor is`() throws {
    var y: [Float] = [0, 0]
    try InstructionSet.with("reference") {
      unsafe ckernels_neighbor_max(1, 3, 2, [1, .nan, 2, 5, 3, 4], [0, 1, 2], &y)
    }
    #expect(y[0] == 3)
    #expect(y[1].isNaN)
  }

  @Test func `a gaussian filter falls back to the mean where every distance is zero`() throws {
    var y: [Float] = [0]
    try InstructionSet.with("reference") {
      unsafe ckernels_neighbor_filter(
        CKERNELS_FILTER_GAUSSIAN, 1, 2, 3, 1, [1, 1, 1, 1, 1, 1], [1, 1, 1], [2, 4], [0, 1], &y)
    }
    #expect(y == [3])
  }
}
