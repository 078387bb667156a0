/// What admission is bounded by.
package enum AdmissionQuantity: String, Sendable, CaseIterable {
  case requests
  case points
  case bytes
}

/// Why a request was not admitted.
package enum AdmissionError: Error, Equatable, Sendable {
  /// Too much is admitted already; `found` is what it would come to with this request.
  case queueFull(AdmissionQuantity, limit: Int, found: Int)
  /// The request has more points than are ever admitted, even alone.
  case tooManyPoints(limit: Int, found: Int)
  /// The request has more bytes than are ever admitted, even alone.
  case tooManyBytes(limit: Int, found: Int)
  /// The service finishes what it has accepted and takes nothing new.
  case draining
}

extension AdmissionError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .queueFull(let quantity, let limit, let found):
      "the queue is full: \(found) \(quantity.rawValue) with this request, the limit is \(limit)"
    case .tooManyPoints(let limit, let found):
      "the request has \(found) points, the limit is \(limit)"
    case .tooManyBytes(let limit, let found):
      "the request has \(found) bytes, the limit is \(limit)"
    case .draining:
      "the service is shutting down"
    }
  }
}
