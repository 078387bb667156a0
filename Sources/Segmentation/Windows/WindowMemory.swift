package import Models

/// The memory in which the tensors of one window after the other are built; it grows to the largest
/// window and goes with its owner.
package struct WindowMemory: Sendable {
  /// The tensors of the window at hand, in the order of the graph's inputs: a batch of one request.
  package internal(set) var requests: [[HostTensor]] = [[]]
  var pyramid = WindowPyramid()
  /// The rows of the window's request.
  var layout = PassLayout()

  package init() {}

  /// Makes sure of so many tensors; those that are there keep their memory.
  mutating func setTensorCount(_ count: Int) {
    guard requests[0].count != count else { return }
    requests[0] = [HostTensor](
      repeating: HostTensor(shape: [], values: .float32([])), count: count)
  }
}
