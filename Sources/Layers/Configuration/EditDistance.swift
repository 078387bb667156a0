/// Suggestions for a mistyped name.
package enum EditDistance {
  /// The candidate with the smallest edit distance to `name`, the first in alphabetical order on
  /// ties, or `nil` when none is close enough to be what was meant.
  ///
  /// Names of more characters than anybody types have no suggestion, as comparing them takes long.
  package static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    guard name.utf8.count <= 100 else { return nil }
    let limit = max(2, name.count / 3)
    return candidates.sorted()
      .map { (candidate: $0, distance: distance($0.lowercased(), name.lowercased())) }
      .filter { $0.distance <= limit }
      .min { $0.distance < $1.distance }?
      .candidate
  }

  /// The fewest insertions, deletions and replacements that turn `a` into `b` (Levenshtein).
  static func distance(_ a: String, _ b: String) -> Int {
    let columns = Array(b.unicodeScalars)
    var previous = Array(0...columns.count)
    for (i, scalar) in a.unicodeScalars.enumerated() {
      var current = [i + 1]
      for j in columns.indices {
        let replaced = previous[j] + (columns[j] == scalar ? 0 : 1)
        current.append(min(replaced, previous[j + 1] + 1, current[j] + 1))
      }
      previous = current
    }
    return previous[columns.count]
  }
}
