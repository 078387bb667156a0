/// Suggests what a misspelt name was meant to be.
package enum NearestName {
  /// The known name with the fewest single-letter edits, if they are few enough to be a slip.
  ///
  /// - Returns: the first of the nearest names, or `nil` where more than a third of the letters
  ///   (and more than two) would change.
  package static func nearest(to name: String, among known: some Sequence<String>) -> String? {
    let letters = Array(name.lowercased().unicodeScalars.prefix(64))
    var best: (name: String, distance: Int)?
    for candidate in known {
      let distance = editDistance(letters, Array(candidate.lowercased().unicodeScalars))
      if distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    guard let best, best.distance <= max(2, letters.count / 3) else { return nil }
    return best.name
  }

  /// Levenshtein's distance: insertions, deletions and substitutions of one letter.
  private static func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var previous = Array(0...b.count)
    for (i, letter) in a.enumerated() {
      var current = [i + 1]
      for (j, other) in b.enumerated() {
        let substitution = previous[j] + (letter == other ? 0 : 1)
        current.append(min(substitution, previous[j + 1] + 1, current[j] + 1))
      }
      previous = current
    }
    return previous[b.count]
  }
}
