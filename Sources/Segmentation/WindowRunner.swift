package import Models

/// What one thread runs windows in, one after the other; it grows to the largest of them and goes with
/// its owner.
package struct WindowRunner: ~Copyable {
  private var memory = WindowMemory()
  private var workspace = Workspace()
  private var answers: [[HostTensor]] = [[]]

  package init() {}

  /// Runs a window through the network and adds its scores to the task that it was taken from.
  ///
  /// - Throws: as `SegmentationTask.makeInputs` and `add`.
  package mutating func run(
    _ window: consuming SegmentationWindow, of task: SegmentationTask,
    helpers: PassHelpers? = nil
  ) throws(SegmentationError) {
    try task.makeInputs(of: window, in: &memory)
    let clock = ContinuousClock()
    let start = clock.now
    task.plan.run(memory.requests, in: &workspace, helpers: helpers, into: &answers)
    try task.add(answers[0], of: window, inference: clock.now - start)
  }
}
