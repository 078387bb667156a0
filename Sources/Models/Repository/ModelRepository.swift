import Locking

/// The models that a service offers, by name and version, and their replacement while it runs.
///
/// Reading and checking happen on the calling thread and outside the lock that requests take; a
/// version is replaced at once when its new files are loaded and warm, and stays as it is when they
/// are bad. A request keeps the model that it began with.
package final class ModelRepository: Sendable {
  /// Looks at a loaded model before it is served; a reason refuses it.
  package typealias Acceptance = @Sendable (LoadedModel) -> String?

  private let directory: String?
  private let warmsUp: Bool
  private let acceptance: Acceptance
  private let catalog = Lock(ModelCatalog())
  /// Held while files are read, so that two reloads never load the same version twice.
  private let reading = Lock(())

  /// Creates an empty repository; `reload()` fills it.
  ///
  /// - Parameters:
  ///   - directory: `<model>/<version>/model.json` below it, or `nil` for the built-in model alone.
  ///   - warmsUp: whether models make the runs that their manifests ask for before they are ready.
  ///   - acceptance: what a model must satisfy beyond being loadable.
  package init(
    directory: String?, warmsUp: Bool = true, acceptance: @escaping Acceptance = { _ in nil }
  ) {
    self.directory = directory
    self.warmsUp = warmsUp
    self.acceptance = acceptance
  }

  /// A repository of the built-in model alone, named `demo`; `reload()` loads it.
  package static func builtIn(acceptance: @escaping Acceptance = { _ in nil }) -> ModelRepository {
    ModelRepository(directory: nil, acceptance: acceptance)
  }

  /// Compares the directory with what is served and loads whatever is new or changed.
  ///
  /// - Returns: what happened, in order; empty if nothing changed.
  @discardableResult
  package func reload() -> [ModelEvent] {
    reading.withLock { _ in
      let listing: RepositoryListing
      do { listing = try list() } catch { return [.unreadable(reason: "\(error)")] }
      var events = listing.errors.map { ModelEvent.unreadable(reason: "\($0)") }
      let offer = catalog.withLock { $0.offer(listing) }
      events += catalog.withLock { $0.removeMissing(offer) }
      for (name, model) in offer.models.sorted(by: { $0.key < $1.key }) {
        events += update(name, model)
      }
      return events
    }
  }

  /// Loads all versions of a model again as the repository holds them, whether or not it was
  /// unloaded, or loaded with an override, before.
  ///
  /// - Parameter name: the model.
  /// - Returns: what happened, in order.
  /// - Throws: `ModelLookupError` if the repository has no such model, or none of its versions can
  ///   be served.
  @discardableResult
  package func load(_ name: String) throws(ModelLookupError) -> [ModelEvent] {
    let events = try reading.withLock { _ throws(ModelLookupError) -> [ModelEvent] in
      let found: RepositoryListing.Model?
      do { found = try list().models[name] } catch {
        throw .notReady(name: name, version: nil, reason: "\(error)")
      }
      guard let found else { throw .unknownModel(name: name) }
      let removed = catalog.withLock { catalog in
        catalog.allowLoading(name)
        return catalog.dropOverride(of: name, for: found)
      }
      return removed + update(name, found)
    }
    _ = try model(named: name)
    return events
  }

  /// The most bytes of files that overrides keep in memory, all models together.
  package static let overrideByteLimit = 1 << 30

  /// Loads all versions of a model with an override, which stays in force while the repository is
  /// read again; either all of them, or what was served before goes on serving.
  ///
  /// - Parameters:
  ///   - name: the model, which the repository need not hold if the override has files.
  ///   - override: what takes the place of what the repository holds.
  ///   - objection: says why a version is not what the caller wants, or `nil`.
  /// - Returns: what happened, in order.
  /// - Throws: `ModelOverrideError`, after which nothing has changed.
  package func load(
    _ name: String, _ override: ModelOverride, objection: Acceptance
  ) throws(ModelOverrideError) -> [ModelEvent] {
    try reading.withLock { _ throws(ModelOverrideError) in
      let found: RepositoryListing.Model?
      do { found = try list().models[name] } catch {
        throw .lookup(.notReady(name: name, version: nil, reason: "\(error)"))
      }
      guard let offer = override.applied(to: found), !offer.sources.isEmpty else {
        throw .lookup(.unknownModel(name: name))
      }
      let byteCount = override.byteCount + catalog.withLock { $0.overrideByteCount(beside: name) }
      guard byteCount <= Self.overrideByteLimit || override.versions.isEmpty else {
        throw .tooManyBytes(limit: Self.overrideByteLimit, found: byteCount)
      }
      var versions: [Int: (model: LoadedModel, signature: ModelSource.Signature)] = [:]
      for (version, source) in offer.sources.sorted(by: { $0.key < $1.key }) {
        let signature = source.signature
        switch load(source, name: name, version: version) {
        case .failure(let error): throw .refused(version: version, error)
        case .success(let model):
          if let reason = objection(model) { throw .declined(version: version, reason: reason) }
          versions[version] = (model, signature)
        }
      }
      let labels: [String: Int]? = if case .success(let read) = offer.labels { read } else { nil }
      return catalog.withLock {
        $0.replace(name, override: override, labels: labels, versions: versions)
      }
    }
  }

  /// Stops serving a model until `load` asks for it again; requests in flight finish.
  ///
  /// - Parameter name: the model.
  /// - Throws: `ModelLookupError.unknownModel`.
  package func unload(_ name: String) throws(ModelLookupError) {
    try reading.withLock { _ throws(ModelLookupError) in
      guard catalog.withLock({ $0.unload(name) }) else { throw .unknownModel(name: name) }
    }
  }

  /// A model that is ready.
  ///
  /// - Parameters:
  ///   - name: the model.
  ///   - version: one version, or `nil` for the latest that is ready.
  /// - Returns: the model; it stays usable however the repository changes.
  /// - Throws: `ModelLookupError` telling an unknown model from one that is not ready.
  package func model(
    named name: String, version: Int? = nil
  ) throws(ModelLookupError) -> LoadedModel {
    try catalog.withLock { catalog throws(ModelLookupError) in
      try catalog.model(named: name, version: version)
    }
  }

  /// The model that a label of `labels.json` points to.
  package func model(
    named name: String, label: String
  ) throws(ModelLookupError) -> LoadedModel {
    try catalog.withLock { catalog throws(ModelLookupError) in
      try catalog.model(named: name, label: label)
    }
  }

  /// Every known version of every model, by name and version.
  package var index: [ModelStatus] { catalog.withLock { $0.index } }

  /// Every version that is served, by name and version.
  package var loadedModels: [LoadedModel] { catalog.withLock { $0.loadedModels } }

  /// Versions of a model that are ready, ascending.
  package func readyVersions(of name: String) -> [Int] {
    index.filter { $0.name == name && $0.state == .ready }.map(\.version)
  }

  private func list() throws(FileError) -> RepositoryListing {
    guard let directory else { return .builtIn() }
    return try .read(directory: directory)
  }

  /// Loads the new and changed versions of one model.
  private func update(_ name: String, _ model: RepositoryListing.Model) -> [ModelEvent] {
    var events: [ModelEvent] = []
    switch model.labels {
    case .success(let labels): catalog.withLock { $0.setLabels(labels, of: name) }
    case .failure(let error):
      events.append(.labelsRefused(name: name, reason: "labels.json: \(error)"))
      catalog.withLock { $0.refuseLabels(of: name) }
    }
    for (version, source) in model.sources.sorted(by: { $0.key < $1.key }) {
      // Taken before the files are read: a change while they are read is seen the next time.
      let signature = source.signature
      let isNew = catalog.withLock { $0.beginLoading(name, version, signature: signature) }
      guard isNew else { continue }
      let result = load(source, name: name, version: version)
      if let event = catalog.withLock({ $0.finishLoading(name, version, result) }) {
        events.append(event)
      }
    }
    return events
  }

  private func load(
    _ source: ModelSource, name: String, version: Int
  ) -> Result<LoadedModel, ModelError> {
    do {
      let model = try LoadedModel(
        from: source, name: name, version: version, warmsUp: warmsUp)
      if let reason = acceptance(model) { return .failure(.unusable(reason)) }
      return .success(model)
    } catch {
      return .failure(error)
    }
  }
}
