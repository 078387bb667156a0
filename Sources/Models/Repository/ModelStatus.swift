/// The state of one version, as the Open Inference Protocol's repository index names it.
package enum ModelState: String, Sendable, Hashable {
  case ready = "READY"
  case unavailable = "UNAVAILABLE"
  case loading = "LOADING"
}

/// One line of the repository index.
package struct ModelStatus: Sendable, Hashable {
  package let name: String
  package let version: Int
  package let state: ModelState
  /// Why the version, or its newest files, are not served; empty where all is well.
  package let reason: String
  /// Whether it is not served because somebody asked for that.
  package let isUnloaded: Bool

  package init(
    name: String, version: Int, state: ModelState, reason: String, isUnloaded: Bool = false
  ) {
    self.name = name
    self.version = version
    self.state = state
    self.reason = reason
    self.isUnloaded = isUnloaded
  }
}
