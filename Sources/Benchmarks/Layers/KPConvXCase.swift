/// The size of one KPConvX block to measure.
package struct KPConvXCase: Sendable, Hashable {
  package let pointCount: Int
  package let neighborCount: Int
  /// D: channels in and out.
  package let width: Int
  /// D_H.
  package let hiddenWidth: Int

  /// Consecutive channels that share one modulation.
  package static let groupSize = 8
  /// Kernel points on shells of radius 0, 0.5 and 1.
  package static let shellPoints = [1, 7, 13]
  package static let shellRadii = [0, 0.5, 1]
  package static var kernelPointCount: Int { shellPoints.reduce(0, +) }

  package static let standard = [
    KPConvXCase(4096, 16, 64, 256), KPConvXCase(4096, 16, 64, 384), KPConvXCase(16384, 32, 64, 256),
    KPConvXCase(4096, 16, 128, 512), KPConvXCase(16384, 16, 64, 256),
  ]

  package init(_ pointCount: Int, _ neighborCount: Int, _ width: Int, _ hiddenWidth: Int) {
    self.pointCount = pointCount
    self.neighborCount = neighborCount
    self.width = width
    self.hiddenWidth = hiddenWidth
  }

  /// Parses points/neighbors/width/hidden, such as 4096/16/64/256.
  ///
  /// - Throws: `BenchmarkError.invalid`.
  package init(_ name: String) throws(BenchmarkError) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part in
      part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil
    }
    let limits = [1 << 24, 64, 4096, 16384]
    guard parts.count == 4, numbers.count == 4,
      zip(numbers, limits).allSatisfy({ (1...$1).contains($0) }),
      numbers[1] <= numbers[0], numbers[2].isMultiple(of: Self.groupSize)
    else {
      throw .invalid(
        name: "--case",
        expected: """
          points/neighbors/width/hidden: at most \(limits[0]) points, \(limits[1]) neighbors and no \
          more than points, a width of at most \(limits[2]) that \(Self.groupSize) divides, \
          at most \(limits[3]) hidden
          """, found: name)
    }
    self.init(numbers[0], numbers[1], numbers[2], numbers[3])
  }

  package var name: String { "\(pointCount)/\(neighborCount)/\(width)/\(hiddenWidth)" }

  /// m_q D / G: modulations of each point.
  var modulationWidth: Int { Self.kernelPointCount * (width / Self.groupSize) }

  /// What the formula of one block asks for.
  ///
  /// Two for each multiply-add of the products, eight for the distance to each kernel point, three for
  /// each channel of each neighbor. The modulations of all kernel points count, also where no neighbor
  /// needs them and none are computed.
  package var floatingPointOperations: Double {
    let products = 2 * width * (width + modulationWidth + 2 * hiddenWidth)
    let geometry = neighborCount * Self.kernelPointCount * 8
    let aggregation = neighborCount * width * 3
    return Double(pointCount) * Double(products + geometry + aggregation)
  }
}
