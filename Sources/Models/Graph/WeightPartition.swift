import Layers

/// Which tensors of a weights file belong to which layer.
///
/// A tensor `<layer>/<weight>` belongs to the layer with the longest name that fits, because names
/// of layers may themselves hold slashes.
struct WeightPartition {
  private var tensors: [String: [(weight: String, tensor: String)]] = [:]
  /// Tensors that fit no layer, ascending.
  private(set) var orphans: [String] = []

  init(tensorNames: [String], layerNames: [String]) {
    let known = Set(layerNames)
    for name in tensorNames {
      let separators = name.indices.reversed().filter { name[$0] == "/" }
      if let separator = separators.first(where: { known.contains(String(name[..<$0])) }) {
        let weight = String(name[name.index(after: separator)...])
        tensors[String(name[..<separator]), default: []].append((weight, name))
      } else {
        orphans.append(name)
      }
    }
  }

  /// Reads the tensors of one layer, by the name that follows the layer's.
  func take(
    _ layer: String, from file: SafetensorsFile
  ) throws(GraphError) -> [String: LayerWeights.Tensor] {
    var result: [String: LayerWeights.Tensor] = [:]
    for (weight, tensor) in tensors[layer] ?? [] {
      do { result[weight] = try file.weight(named: tensor) } catch { throw .weights(error) }
    }
    return result
  }
}
