/// What a return is among those of its pulse, as contexts for predictions.
enum ReturnContext {
  /// The context of return `number` of `count`, both below 8: 0 to 15.
  @inline(__always)
  static func legacyMap(number: Int, count: Int) -> Int { Int(legacyMaps[8 * count + number]) }

  /// The context of return `number` of `count`, both below 16: 0 to 5.
  @inline(__always)
  static func map(number: Int, count: Int) -> Int { Int(maps[16 * count + number]) }

  /// How far a return is from the last one of its pulse: 0 to 7.
  @inline(__always)
  static func level(number: Int, count: Int) -> Int { min(abs(count - number), 7) }

  /// By number of returns, then return number; combinations that should not be have contexts too.
  private static let legacyMaps: [UInt8] = [
    15, 14, 13, 12, 11, 10, 9, 8,
    14, 0, 1, 3, 6, 10, 10, 9,
    13, 1, 2, 4, 7, 11, 11, 10,
    12, 3, 4, 5, 8, 12, 12, 11,
    11, 6, 7, 8, 9, 13, 13, 12,
    10, 10, 11, 12, 13, 14, 14, 13,
    9, 10, 11, 12, 13, 14, 15, 14,
    8, 9, 10, 11, 12, 13, 14, 15,
  ]

  private static let maps: [UInt8] = [
    0, 1, 2, 3, 4, 5, 3, 4, 4, 5, 5, 5, 5, 5, 5, 5,
    1, 0, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
    2, 1, 2, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3,
    3, 3, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 3, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    5, 3, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    3, 3, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 3, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4,
    4, 3, 4, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4,
    5, 3, 4, 4, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4,
    5, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4,
    5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 4, 4, 4,
    5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 4, 4,
    5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 4,
    5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5,
    5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5,
  ]
}
