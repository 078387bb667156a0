package import Layers

extension ModelContents {
  /// The kernel of a point convolution, for `KernelRepresentation.files`.
  ///
  /// - Parameters:
  ///   - name: a layer with kernel points.
  ///   - past: the model at an earlier time, with a layer of the same name and shape.
  /// - Returns: the stored kernel.
  /// - Throws: `LayerToolError`, naming the layers that have a kernel.
  package func kernel(
    ofLayer name: String, past: ModelContents? = nil
  ) throws(LayerToolError) -> KernelRepresentation {
    let graph: ModelGraph
    do { graph = try self.graph() } catch { throw .model(error) }
    let fitting = graph.nodes.filter { KernelRepresentation.has($0.configuration) }
      .map(\.layer.name)
    guard let node = graph.nodes.first(where: { $0.layer.name == name }) else {
      throw .unknownLayer(name: name, fitting: fitting)
    }
    let stored = try storedWeights(ofLayer: name)
    let pastWeights = try past.map { past throws(LayerToolError) in
      guard past.manifest.layers.contains(where: { $0.name == name }) else {
        throw .unknownLayer(name: name, fitting: past.manifest.layers.map(\.name))
      }
      return try past.storedWeights(ofLayer: name)
    }
    do {
      if let kernel = try KernelRepresentation.kernel(
        named: name, of: node.configuration, weights: stored, past: pastWeights)
      {
        return kernel
      }
    } catch {
      throw .layer(name: name, error)
    }
    throw .wrongClass(
      name: name, className: node.layer.className, expected: "a layer with kernel points",
      fitting: fitting)
  }

  private func storedWeights(ofLayer name: String) throws(LayerToolError) -> LayerWeights {
    let partition = WeightPartition(
      tensorNames: weights.names, layerNames: manifest.layers.map(\.name))
    do {
      return LayerWeights(try partition.take(name, from: weights))
    } catch {
      throw .model(.graph(error))
    }
  }
}
