import Layers

/// The parsed files of a model.
package struct ModelContents {
  package let manifest: ModelManifest
  package let weights: SafetensorsFile
  /// Of the weights file.
  package let sha256: String
  private let isWithoutWeights: Bool
  private let source: ModelSource

  /// Reads and parses both files and compares the weights with the digest that the manifest states.
  package init(reading source: ModelSource) throws(ModelError) {
    let files = try source.read()
    do { manifest = try ModelManifest(parsing: files.manifest) } catch { throw .manifest(error) }
    let weightsBytes = files.weights ?? SafetensorsWriter.write([:])
    do { weights = try SafetensorsFile(parsing: weightsBytes) } catch { throw .weights(error) }
    sha256 = SHA256.hexadecimal(of: weightsBytes)
    isWithoutWeights = files.weights == nil
    self.source = source
    if let expected = manifest.weightsSHA256, expected != sha256 {
      throw .digest(expected: expected, found: sha256)
    }
  }

  /// The layers with their weights.
  package func graph() throws(ModelError) -> ModelGraph {
    do {
      return try ModelGraph(manifest, weights: weights)
    } catch {
      // Without the file every tensor is missing: say so rather than name the first one.
      if isWithoutWeights, case .layer(_, _, .missingWeight) = error {
        throw .file(
          FileError(path: source.path(of: ModelFiles.weightsName), reason: "no such file"))
      }
      throw .graph(error)
    }
  }

  /// A plan of the layers before one layer, which that layer's own weights need not exist for.
  ///
  /// - Parameter name: a layer of the manifest.
  /// - Returns: a plan whose one output is what the layer's first input takes; `nil` where that is an
  ///   input of the graph.
  /// - Throws: `ModelError` for a layer that does not exist, or layers before it that do not fit.
  package func planBefore(layer name: String) throws(ModelError) -> ExecutablePlan? {
    guard let layer = manifest.layers.first(where: { $0.name == name }),
      let source = layer.inputs.first
    else {
      throw .graph(
        .unknownOutput(
          output: "before \(name)", layer: name,
          nearest: EditDistance.nearest(to: name, among: manifest.layers.map(\.name))))
    }
    guard !manifest.inputs.contains(where: { $0.name == source }) else { return nil }
    let (before, left) = manifest.reduced(to: source)
    do {
      return ExecutablePlan(try ModelGraph(before, weights: weights, otherLayers: left))
    } catch {
      throw .graph(error)
    }
  }
}

extension ModelManifest {
  /// The layers and inputs that one layer's result depends on, and the names of the other layers.
  fileprivate func reduced(to result: String) -> (ModelManifest, otherLayers: [String]) {
    func isNeeded(_ name: String, _ needed: Set<String>) -> Bool {
      needed.contains(name) || needed.contains(name + ":0")
    }
    var needed: Set<String> = [result]
    var kept: [GraphLayer] = []
    var left: [String] = []
    for layer in layers.reversed() {
      if isNeeded(layer.name, needed) {
        needed.formUnion(layer.inputs)
        kept.append(layer)
      } else {
        left.append(layer.name)
      }
    }
    var reduced = self
    reduced.layers = kept.reversed()
    reduced.inputs = inputs.filter { isNeeded($0.name, needed) }
    reduced.outputs = [GraphOutput(name: result, source: result)]
    return (reduced, left)
  }
}
