/// A model that can't be loaded.
package enum ModelError: Error, Hashable {
  case file(FileError)
  case manifest(ManifestError)
  case weights(SafetensorsError)
  /// The weights file is not the one that the manifest (or an earlier load) states.
  case digest(expected: String, found: String)
  case graph(GraphError)
  case warmup(index: Int, RequestError)
  /// The largest window would need more memory, in bytes, than one worker may have.
  case windowWorkspace(points: Int, limit: Int, found: Int)
  /// The program that serves the model can't use it.
  case unusable(String)
}

extension ModelError: CustomStringConvertible {
  /// A sentence that begins with the file.
  package var description: String {
    switch self {
    case .file(let error): "\(error)"
    case .manifest(let error): "model.json: \(error)"
    case .weights(let error): "weights.safetensors: \(error)"
    case .digest(let expected, let found):
      "weights.safetensors: expected the SHA-256 \(expected), found \(found)"
    case .graph(let error): "\(error)"
    case .warmup(let index, let error): "model.json: key warmup[\(index)]: \(error)"
    case .windowWorkspace(let points, let limit, let found):
      "model.json: key segmentation.window.max_points: expected windows that \(limit) bytes of "
        + "working memory suffice for, found \(points) points that need \(found)"
    case .unusable(let reason): "model.json: \(reason)"
    }
  }
}
