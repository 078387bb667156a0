/// How well the windows chosen so far cover each voxel, with the least at hand.
struct CenterPotentials: Sendable {
  /// The potential of each voxel first; then, over and over, the least of each `fanout` of the numbers
  /// before, until there are no more than that.
  private var levels: [[Double]]

  private static let fanoutBits = 6
  private static let fanout = 1 << fanoutBits

  /// Starts all of `count` potentials at zero; at least one.
  init(count: Int) {
    precondition(count > 0)
    levels = [[Double](repeating: 0, count: count)]
    var count = count
    while count > Self.fanout {
      count = (count + Self.fanout - 1) / Self.fanout
      levels.append([Double](repeating: 0, count: count))
    }
  }

  /// The voxel with the lowest potential, of equals the one with the lowest index.
  func lowest() -> (voxel: Int, potential: Double) {
    var place = 0
    for level in levels.indices.reversed() {
      place = leastPlace(level, of: place)
    }
    return (place, levels[0][place])
  }

  /// Raises potentials by weights of at least zero.
  ///
  /// - Parameters:
  ///   - weights: `[voxels]`.
  ///   - voxels: ascending.
  mutating func add(_ weights: [Float], to voxels: [Int32]) {
    for (voxel, weight) in zip(voxels, weights) { levels[0][Int(voxel)] += Double(weight) }
    for level in levels.indices.dropFirst() {
      var previous = -1
      for voxel in voxels {
        let place = Int(voxel) >> (level * Self.fanoutBits)
        guard place != previous else { continue }
        previous = place
        levels[level][place] = levels[level - 1][leastPlace(level - 1, of: place)]
      }
    }
  }

  /// The first of the least numbers of a level that one of the level above stands for.
  private func leastPlace(_ level: Int, of parent: Int) -> Int {
    let first = parent << Self.fanoutBits
    var least = first
    for place in first..<min(first + Self.fanout, levels[level].count)
    where levels[level][place] < levels[level][least] { least = place }
    return least
  }
}
