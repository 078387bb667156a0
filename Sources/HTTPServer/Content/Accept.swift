/// Which media types a client takes (RFC 9110, section 12.5.1).
package struct Accept: Sendable {
  private let ranges: [(range: MediaType, weight: Int)]
  private let isPresent: Bool

  /// Reads the field; malformed members are left out.
  package init(_ headers: HTTPHeaders) {
    isPresent = headers.contains("Accept")
    ranges = WeightedMember.list(headers, "Accept").compactMap { member in
      MediaType(member.name).map { ($0, member.weight) }
    }
  }

  /// The offer of greatest weight, the first of several; nil when the client takes none (406).
  ///
  /// A client that says nothing takes the first.
  package func choose(from offers: [MediaType]) -> MediaType? {
    guard isPresent, !ranges.isEmpty else { return offers.first }
    var best: (offer: MediaType, weight: Int)?
    for offer in offers {
      let weight = weight(of: offer)
      if weight > best?.weight ?? 0 { best = (offer, weight) }
    }
    return best?.offer
  }

  /// The weight of an offer by the most specific range that covers it; 0 when none does.
  package func weight(of offer: MediaType) -> Int {
    guard isPresent, !ranges.isEmpty else { return 1000 }
    var best: (specificity: Int, weight: Int) = (-1, 0)
    for (range, weight) in ranges {
      let specificity: Int
      if range == offer {
        specificity = 2
      } else if range.type == offer.type, range.subtype == "*" {
        specificity = 1
      } else if range.type == "*", range.subtype == "*" {
        specificity = 0
      } else {
        continue
      }
      if specificity > best.specificity { best = (specificity, weight) }
    }
    return best.weight
  }
}
