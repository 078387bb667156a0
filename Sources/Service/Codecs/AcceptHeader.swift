import HTTPServer

/// The media types that a client accepts and how much it likes each.
///
/// Source: RFC 9110, sections 12.4.2 and 12.5.1.
struct AcceptHeader {
  private struct Range {
    let type: String
    let subtype: String
    /// 0 to 1000.
    let quality: Int

    /// 0 for `*/*`, 1 for `type/*`, 2 for a full match; `nil` for no match.
    func specificity(for mediaType: String) -> Int? {
      let parts = mediaType.split(separator: "/")
      guard parts.count == 2 else { return nil }
      if type == "*" && subtype == "*" { return 0 }
      guard type == parts[0] else { return nil }
      if subtype == "*" { return 1 }
      return subtype == parts[1] ? 2 : nil
    }
  }

  private let ranges: [Range]

  /// Reads the Accept fields; members that are malformed are passed over.
  init(_ headers: HTTPHeaders) {
    ranges = headers.list("Accept").compactMap { member in
      let parts = member.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      let types = (parts.first ?? "").lowercased().split(separator: "/")
      guard types.count == 2 else { return nil }
      var quality = 1000
      for parameter in parts.dropFirst() where parameter.lowercased().hasPrefix("q=") {
        guard let value = Double(parameter.dropFirst(2)), (0...1).contains(value) else {
          return nil
        }
        quality = Int((value * 1000).rounded())
      }
      return Range(type: String(types[0]), subtype: String(types[1]), quality: quality)
    }
  }

  /// The offer that the client likes best, the first among equals; `nil` if it likes none.
  func best(of offers: [String]) -> String? {
    guard !ranges.isEmpty else { return offers.first }
    var best: (offer: String, quality: Int)?
    for offer in offers {
      let matching = ranges.compactMap { range in
        range.specificity(for: offer).map { (specificity: $0, quality: range.quality) }
      }
      // The most specific range decides, whatever less specific ones say.
      guard let match = matching.max(by: { $0.specificity < $1.specificity }),
        match.quality > 0, match.quality > best?.quality ?? 0
      else { continue }
      best = (offer, match.quality)
    }
    return best?.offer
  }
}
