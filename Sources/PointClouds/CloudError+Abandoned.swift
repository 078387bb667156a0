import Batching

extension CloudError {
  /// Runs work that threads may share; throws `.abandoned` where nobody wants its result any more.
  static func unlessAbandoned<Result>(
    _ work: () throws(WorkAbandoned) -> Result
  ) throws(CloudError) -> Result {
    do throws(WorkAbandoned) {
      return try work()
    } catch {
      throw .abandoned
    }
  }
}

extension WorkSharing {
  /// Ends the reading of a cloud that nobody wants any more, as seen at one in 4096 steps of a loop.
  ///
  /// A step may be a point or a line. Throws `CloudError.abandoned`.
  func checkpoint(atStep step: Int) throws(CloudError) {
    guard step & 0xFFF == 0xFFF else { return }
    try CloudError.unlessAbandoned(checkpoint)
  }
}
