import FoundationEssentials

/// The time of day, for what clients and logs show; never for deadlines.
enum WallClock {
  static var millisecondsSince1970: Int { Int((Date.now.timeIntervalSince1970 * 1000).rounded()) }
}
