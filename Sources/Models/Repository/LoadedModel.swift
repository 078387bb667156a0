import Locking

/// One version of a model: loaded, warm, immutable.
package final class LoadedModel: Sendable {
  /// The name that it is served under.
  package let name: String
  package let version: Int
  package let manifest: ModelManifest
  package let plan: ExecutablePlan
  /// SHA-256 of the weights file, 64 lower-case hexadecimal digits.
  package let sha256: String
  /// Bytes of all stored tensors.
  package let weightsByteCount: Int
  /// Time from the first byte read to the last warm-up run.
  package let loadDuration: Duration

  private let source: ModelSource
  private let cachedReport = Lock<LayerReport?>(nil)

  /// Reads, checks and warms up a version of a model.
  ///
  /// - Parameters:
  ///   - source: where its files are.
  ///   - name: the name to serve it under; an empty one takes that of the manifest.
  ///   - version: the version to serve it as.
  ///   - warmsUp: whether to make the runs that the manifest asks for, so that the first request is as
  ///     fast as the next.
  /// - Throws: `ModelError` naming the file and what in it was expected and found.
  package init(
    from source: ModelSource, name: String, version: Int, warmsUp: Bool = true
  ) throws(ModelError) {
    let start = ContinuousClock.now
    let contents = try ModelContents(reading: source)
    let graph = try contents.graph()
    manifest = contents.manifest
    let windowPoints = manifest.segmentation?.voxels?.window.maximumPoints ?? 1
    plan = ExecutablePlan(
      graph, batchPoints: max(manifest.batching.maximumBatchPoints, windowPoints))
    let windowByteCount = plan.workspaceByteCount(points: windowPoints)
    guard windowByteCount <= Workspace.byteLimit else {
      throw .windowWorkspace(
        points: windowPoints, limit: Workspace.byteLimit, found: windowByteCount)
    }
    sha256 = contents.sha256
    weightsByteCount = contents.weights.dataByteCount
    self.name = name.isEmpty ? contents.manifest.name : name
    self.version = version
    self.source = source
    for (index, run) in manifest.warmup.enumerated() where warmsUp {
      do { try plan.warmUp(run) } catch { throw .warmup(index: index, error) }
    }
    loadDuration = start.duration(to: .now)
  }

  /// What the stored weights say about each layer; computed from the files when first asked for.
  ///
  /// - Returns: the report, the same on every call.
  /// - Throws: `ModelError` if the files are gone or are no longer the ones that were loaded.
  package func report() throws(ModelError) -> LayerReport {
    if let report = cachedReport.withLock({ $0 }) { return report }
    let contents = try ModelContents(reading: source)
    guard contents.sha256 == sha256 else {
      throw .digest(expected: sha256, found: contents.sha256)
    }
    let report = try LayerReport(
      model: name, version: version, graph: contents.graph(), weights: contents.weights,
      precision: contents.manifest.precision)
    cachedReport.withLock { $0 = report }
    return report
  }
}
