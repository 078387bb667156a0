/// What a repository knows about its models: a value, changed under the repository's lock.
struct ModelCatalog: Sendable {
  private struct Version: Sendable {
    var model: LoadedModel?
    var state: ModelState
    var reason = ""
    /// Of the files that were looked at last, whether or not they could be used.
    var signature: ModelSource.Signature?
  }

  private struct Entry: Sendable {
    var versions: [Int: Version] = [:]
    var labels: [String: Int] = [:]
    var isUnloaded = false
    /// What the model was loaded with instead of what the repository holds.
    var override: ModelOverride?
  }

  private static let unloadedReason = "unloaded on request"

  private var entries: [String: Entry] = [:]

  /// Forgets versions and models whose directories are gone.
  ///
  /// A version directory without a manifest, or a model directory that can't be listed, still
  /// exists: what was loaded from it stays.
  mutating func removeMissing(_ listing: RepositoryListing) -> [ModelEvent] {
    var events: [ModelEvent] = []
    for name in entries.keys.sorted() where !listing.unreadableModels.contains(name) {
      let found = listing.models[name]
      events += removeMissing(name, found)
      if found == nil { entries[name] = nil }
    }
    return events
  }

  /// Forgets the versions of one model that the repository does not hold.
  private mutating func removeMissing(
    _ name: String, _ found: RepositoryListing.Model?
  ) -> [ModelEvent] {
    let missing = (entries[name]?.versions.keys.sorted() ?? []).filter { version in
      found?.sources[version] == nil && found?.incomplete.contains(version) != true
    }
    return missing.map { version in
      entries[name]?.versions[version] = nil
      return .removed(name: name, version: version)
    }
  }

  /// What the repository offers: what it holds, and what models were loaded with instead.
  func offer(_ listing: RepositoryListing) -> RepositoryListing {
    var listing = listing
    for (name, entry) in entries {
      guard let override = entry.override else { continue }
      listing.models[name] = override.applied(to: listing.models[name])
    }
    return listing
  }

  /// Bytes of the files that are kept in memory for the sake of models other than one.
  func overrideByteCount(beside name: String) -> Int {
    entries.reduce(0) { $0 + ($1.key == name ? 0 : $1.value.override?.byteCount ?? 0) }
  }

  /// Replaces all versions of a model by those that an override gave.
  mutating func replace(
    _ name: String, override: ModelOverride, labels: [String: Int]?,
    versions: [Int: (model: LoadedModel, signature: ModelSource.Signature)]
  ) -> [ModelEvent] {
    let old = entries[name, default: Entry()]
    entries[name] = Entry(
      versions: versions.mapValues {
        Version(model: $0.model, state: .ready, signature: $0.signature)
      }, labels: labels ?? old.labels, override: override)
    let removed = old.versions.keys.sorted().filter { versions[$0] == nil }
    return removed.map { .removed(name: name, version: $0) }
      + versions.sorted { $0.key < $1.key }.map { version, new in
        .loaded(name: name, version: version, duration: new.model.loadDuration)
      }
  }

  /// Has a model be what the repository holds of it, if it was loaded with an override.
  ///
  /// - Returns: what happened to versions that the override alone had.
  mutating func dropOverride(of name: String, for found: RepositoryListing.Model) -> [ModelEvent] {
    guard entries[name]?.override != nil else { return [] }
    entries[name]?.override = nil
    return removeMissing(name, found)
  }

  mutating func setLabels(_ labels: [String: Int], of name: String) {
    entries[name, default: Entry()].labels = labels
  }

  /// Makes sure that a model is known although its labels are unusable; the ones before stay.
  mutating func refuseLabels(of name: String) {
    if entries[name] == nil { entries[name] = Entry() }
  }

  mutating func allowLoading(_ name: String) {
    guard let entry = entries[name], entry.isUnloaded else { return }
    entries[name]?.isUnloaded = false
    entries[name]?.versions = [:]
  }

  /// Marks a version as loading.
  ///
  /// - Returns: `false` if its files were looked at before, or the model is unloaded.
  mutating func beginLoading(
    _ name: String, _ version: Int, signature: ModelSource.Signature
  ) -> Bool {
    var entry = entries[name, default: Entry()]
    defer { entries[name] = entry }
    guard !entry.isUnloaded else {
      entry.versions[version] = Version(state: .unavailable, reason: Self.unloadedReason)
      return false
    }
    var state = entry.versions[version] ?? Version(state: .loading)
    guard state.signature != signature else { return false }
    state.signature = signature
    // A version that is served stays ready while its new files are read.
    if state.model == nil { state.state = .loading }
    entry.versions[version] = state
    return true
  }

  /// Serves a version's new files, or notes why they can't be.
  ///
  /// - Returns: what happened; `nil` for a refusal that was already told.
  mutating func finishLoading(
    _ name: String, _ version: Int, _ result: Result<LoadedModel, ModelError>
  ) -> ModelEvent? {
    var state = entries[name]?.versions[version] ?? Version(state: .loading)
    defer { entries[name, default: Entry()].versions[version] = state }
    switch result {
    case .success(let model):
      state.model = model
      state.state = .ready
      state.reason = ""
      return .loaded(name: name, version: version, duration: model.loadDuration)
    case .failure(let error):
      let keepsServing = state.model != nil
      let toldReason = state.reason
      state.reason =
        keepsServing ? "the files loaded before are served, because \(error)" : "\(error)"
      state.state = keepsServing ? .ready : .unavailable
      // Whatever kept a file from being read may be over the next time.
      if case .file = error { state.signature = nil }
      guard state.reason != toldReason else { return nil }
      return .refused(
        name: name, version: version, reason: "\(error)", keepsServing: keepsServing)
    }
  }

  /// Lets go of a model's versions.
  ///
  /// - Returns: `false` if there is no such model.
  mutating func unload(_ name: String) -> Bool {
    guard var entry = entries[name] else { return false }
    entry.isUnloaded = true
    entry.override = nil
    entry.versions = entry.versions.mapValues { _ in
      Version(state: .unavailable, reason: Self.unloadedReason)
    }
    entries[name] = entry
    return true
  }

  func model(
    named name: String, version: Int?
  ) throws(ModelLookupError) -> LoadedModel {
    guard let entry = entries[name] else { throw .unknownModel(name: name) }
    guard let version else {
      let latest = entry.versions.filter { $0.value.model != nil }.max { $0.key < $1.key }
      guard let model = latest?.value.model else {
        let newest = entry.versions.max { $0.key < $1.key }?.value.reason ?? ""
        throw .notReady(
          name: name, version: nil, reason: newest.isEmpty ? "no version is loaded" : newest)
      }
      return model
    }
    guard let state = entry.versions[version] else {
      throw .unknownVersion(name: name, version: version)
    }
    guard let model = state.model else {
      throw .notReady(
        name: name, version: version, reason: state.reason.isEmpty ? "loading" : state.reason)
    }
    return model
  }

  func model(named name: String, label: String) throws(ModelLookupError) -> LoadedModel {
    guard let entry = entries[name] else { throw .unknownModel(name: name) }
    guard let version = entry.labels[label] else {
      throw .unknownLabel(name: name, label: label)
    }
    return try model(named: name, version: version)
  }

  var loadedModels: [LoadedModel] {
    entries.sorted { $0.key < $1.key }.flatMap { _, entry in
      entry.versions.sorted { $0.key < $1.key }.compactMap(\.value.model)
    }
  }

  var index: [ModelStatus] {
    entries.sorted { $0.key < $1.key }.flatMap { name, entry in
      entry.versions.sorted { $0.key < $1.key }.map { version, state in
        ModelStatus(
          name: name, version: version, state: state.state, reason: state.reason,
          isUnloaded: entry.isUnloaded)
      }
    }
  }
}
