import HTTPServer
import Locking
import Metrics

/// The counters of requests by route, method and status, at hand without making label values of
/// them for every request.
final class RequestCounters: Sendable {
  /// Of bounded variety: routes are templates, and a method counts only where a route has it.
  private struct Key: Hashable {
    let route: String?
    let method: HTTPMethod?
    let status: HTTPStatus?
  }

  private let family: MetricFamily<Counter>
  private let counters = Lock<[Key: Counter]>([:])

  /// Creates the counters of a family with the labels route, method and status.
  init(family: MetricFamily<Counter>) { self.family = family }

  /// The counter of requests like this one.
  func counter(of record: HTTPRequestRecord) -> Counter {
    let key = Key(
      route: record.route, method: record.route == nil ? nil : record.method,
      status: record.status)
    return counters.withLock { counters in
      if let known = counters[key] { return known }
      let counter = family.series(
        key.route ?? "none", key.method?.rawValue ?? "other",
        key.status.map { String($0.code) } ?? "none")
      counters[key] = counter
      return counter
    }
  }
}
