/// The right of one request to be worked on, given back exactly once.
///
/// A request holds it from admission until its answer is made, over all the work it is split into.
/// Dropping the last reference releases it too.
package final class Permit: Sendable {
  private let admission: Admission
  /// `nil` once released.
  private let held: Monitor<AdmissionAmount?>

  init(of admission: Admission, holding amount: AdmissionAmount) {
    self.admission = admission
    held = Monitor(amount)
  }

  deinit { release() }

  /// Claims more for the same request, for instance its points once they are decoded.
  ///
  /// A released permit (its client has gone) claims nothing.
  ///
  /// - Throws: ``AdmissionError`` when there is no room; what was held stays held.
  package func extend(points: Int = 0, bytes: Int = 0) throws(AdmissionError) {
    try held.withLock { (held) throws(AdmissionError) in
      guard let amount = held else { return }
      held = try admission.extend(amount, points: points, bytes: bytes)
    }
  }

  /// Gives the admission back; further calls do nothing.
  package func release() {
    let amount = held.withLock { $0.take() }
    if let amount { admission.release(amount) }
  }
}
