/// The state of one version, as the Open Inference Protocol's repository index names it.
package enum ModelState: String, Sendable, Hashable {
  case ready = "READY"
  case unavailable = "UNAVAILABLE"
  case loading = "LOADING"
  case unloading = "UNLOADING"
}

/// One line of the repository index.
package struct ModelStatus: Sendable, Hashable {
  package let name: String
  package let version: Int
  package let state: ModelState
  /// Why the version, or its newest files, are not served; empty where all is well.
  package let reason: String

  package init(name: String, version: Int, state: ModelState, reason: String) {
    self.name = name
    self.version = version
    self.state = state
    self.reason = reason
  }
}

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

/// A model that a request names and that can't answer.
package enum ModelLookupError: Error, Hashable {
  case unknownModel(name: String)
  case unknownVersion(name: String, version: Int)
  case unknownLabel(name: String, label: String)
  /// The version exists but is not served.
  case notReady(name: String, version: Int?, reason: String)
}

extension ModelLookupError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownModel(let name): "there is no model named \"\(name)\""
    case .unknownVersion(let name, let version):
      "the model \"\(name)\" has no version \(version)"
    case .unknownLabel(let name, let label):
      "the model \"\(name)\" has no version labelled \"\(label)\""
    case .notReady(let name, let version?, let reason):
      "version \(version) of the model \"\(name)\" is not ready: \(reason)"
    case .notReady(let name, nil, let reason):
      "the model \"\(name)\" is not ready: \(reason)"
    }
  }
}
