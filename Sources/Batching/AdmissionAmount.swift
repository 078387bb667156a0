/// A quantity of admitted work.
package struct AdmissionAmount: Sendable, Equatable {
  package var requests: Int
  package var points: Int
  package var bytes: Int

  package static let zero = AdmissionAmount(requests: 0, points: 0, bytes: 0)

  package init(requests: Int, points: Int, bytes: Int) {
    precondition(requests >= 0 && points >= 0 && bytes >= 0, "amounts are not negative")
    self.requests = requests
    self.points = points
    self.bytes = bytes
  }

  static func + (left: AdmissionAmount, right: AdmissionAmount) -> AdmissionAmount {
    AdmissionAmount(
      requests: left.requests + right.requests,
      points: left.points + right.points,
      bytes: left.bytes + right.bytes)
  }

  static func - (left: AdmissionAmount, right: AdmissionAmount) -> AdmissionAmount {
    AdmissionAmount(
      requests: left.requests - right.requests,
      points: left.points - right.points,
      bytes: left.bytes - right.bytes)
  }
}
