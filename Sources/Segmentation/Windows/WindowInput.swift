import Layers
import Models

/// One input of a segmentation model's graph, as the pre-processing fills it.
struct WindowInput: Sendable, Hashable {
  enum Content: Hashable, Sendable {
    /// `X{level}`, `[points of the level, 3]`: positions in voxel units.
    case positions(level: Int)
    /// `N{level}`, `[points of the level, neighbors]`: the nearest points of the same level.
    case neighbors(level: Int)
    /// `D{level}`, `[points of level + 1, neighbors]`: the nearest points of `level`.
    case finerNeighbors(level: Int)
    /// `U{level}`, `[points of level, neighbors]`: the nearest points of `level + 1`.
    case coarserNeighbors(level: Int)
    /// `F`, `[points of level 0, channels]`.
    case features
  }

  let content: Content
  /// Elements per row.
  let width: Int
  /// 1 for `[points]`, 2 for `[points, width]`, more for leading axes of extent one.
  let rank: Int

  /// Reads an input's name and shape.
  ///
  /// - Throws: `SegmentationError.unknownInput` and `.inputMismatch`.
  init(_ input: NamedTensorSpec, section: SegmentationSection) throws(SegmentationError) {
    content = try Self.content(named: input.name, levelCount: section.levels.count)
    let extents = input.spec.extents
    rank = extents.count
    let isIndex =
      switch content {
      case .positions, .features: false
      case .neighbors, .finerNeighbors, .coarserNeighbors: true
      }
    guard (input.spec.elementType == .int32) == isIndex else {
      throw .inputMismatch(
        input: input.name, expected: isIndex ? "integers" : "FP32", found: "\(input.datatype)")
    }
    let stated = extents.count > 1 ? extents[extents.count - 1] : 1
    let expected: Int? =
      switch content {
      case .positions: 3
      case .features: section.features.count
      case .neighbors(let level): section.levels[level].neighborCount
      case .finerNeighbors(let level): stated ?? section.levels[level].neighborCount
      case .coarserNeighbors: stated ?? 1
      }
    guard let expected, stated == nil || stated == expected,
      extents.dropLast(min(2, extents.count)).allSatisfy({ $0 == nil || $0 == 1 }),
      extents.count < 2 ? extents[0] == nil : extents[extents.count - 2] == nil
    else {
      throw .inputMismatch(
        input: input.name, expected: "[-1, \(expected ?? 1)], with any number of leading -1 or 1",
        found: "[\(extents.map { $0.map { "\($0)" } ?? "-1" }.joined(separator: ", "))]")
    }
    width = expected
  }

  private static func content(
    named name: String, levelCount: Int
  ) throws(SegmentationError) -> Content {
    if name == "F" { return .features }
    if let letter = name.first, let level = Int(name.dropFirst()), level >= 0,
      name.dropFirst() == "\(level)"
    {
      switch letter {
      case "X" where level < levelCount: return .positions(level: level)
      case "N" where level < levelCount: return .neighbors(level: level)
      case "D" where level + 1 < levelCount: return .finerNeighbors(level: level)
      case "U" where level + 1 < levelCount: return .coarserNeighbors(level: level)
      default: break
      }
    }
    let last = levelCount - 1
    throw .unknownInput(
      input: name,
      expected: "one of F, X0 to X\(last), N0 to N\(last)"
        + (last > 0 ? ", D0 to D\(last - 1), U0 to U\(last - 1)" : ""))
  }

  /// Gives a matrix of this input the rank that the graph asks for.
  func tensor(_ values: HostTensor.Values) -> HostTensor {
    let rowCount = values.count / width
    let matrix = rank == 1 ? [rowCount] : [rowCount, width]
    return HostTensor(
      shape: [Int](repeating: 1, count: max(rank - 2, 0)) + matrix, values: values)
  }
}
