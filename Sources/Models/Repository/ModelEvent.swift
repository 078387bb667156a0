/// What happened to one model while the repository was read, for the log and the metrics.
package enum ModelEvent: Sendable, Hashable {
  case loaded(name: String, version: Int, duration: Duration)
  /// A version whose files can't be used; `keepsServing` tells whether its earlier files still do.
  case refused(name: String, version: Int, reason: String, keepsServing: Bool)
  case removed(name: String, version: Int)
  case unloaded(name: String)
  /// A `labels.json` that can't be used; the labels read before stay.
  case labelsRefused(name: String, reason: String)
  /// A directory that can't be listed; what it held before stays.
  case unreadable(reason: String)
}
