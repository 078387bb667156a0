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
  /// 2 for `[points, width]`, 3 for `[1, points, width]`.
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
    let stated = extents.last ?? nil
    let expected: Int =
      switch content {
      case .positions: 3
      case .features: section.features.count
      case .neighbors(let level): section.levels[level].neighborCount
      case .finerNeighbors(let level): stated ?? section.levels[level].neighborCount
      case .coarserNeighbors: stated ?? 1
      }
    guard (2...3).contains(extents.count), stated ?? expected == expected,
      extents[extents.count - 2] == nil, extents.count == 2 || extents[0] ?? 1 == 1
    else {
      throw .inputMismatch(
        input: input.name, expected: "[-1, \(expected)] or [-1, -1, \(expected)]",
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

  /// Gives the tensor of a matrix of this input the rank that the graph asks for.
  func setShape(of tensor: inout HostTensor) {
    let rowCount = tensor.values.count / width
    tensor.shape.removeAll(keepingCapacity: true)
    if rank == 3 { tensor.shape.append(1) }
    tensor.shape.append(rowCount)
    tensor.shape.append(width)
  }

  /// How many points a level of a blank window has: another number for each level.
  static func blankPointCount(ofLevel level: Int, of levelCount: Int) -> Int {
    2 * levelCount - level
  }

  /// A tensor of zeros as a window might have it, in which each level has another number of points.
  ///
  /// A graph that takes one such window takes all, as far as the numbers of rows go.
  func blank(levelCount: Int) -> HostTensor {
    let level =
      switch content {
      case .features: 0
      case .positions(let level), .neighbors(let level), .coarserNeighbors(let level): level
      case .finerNeighbors(let level): level + 1
      }
    let count = Self.blankPointCount(ofLevel: level, of: levelCount) * width
    let values: HostTensor.Values =
      switch content {
      case .features, .positions: .float32([Float](repeating: 0, count: count))
      case .neighbors, .finerNeighbors, .coarserNeighbors:
        .int32([Int32](repeating: 0, count: count))
      }
    var tensor = HostTensor(shape: [], values: values)
    setShape(of: &tensor)
    return tensor
  }
}
