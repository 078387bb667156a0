import Layers

/// The `segmentation` section of a manifest, which makes a model answer raw clouds.
package enum PointCloudSection: Sendable, Hashable {
  /// `"kind": "voxels"`, or no kind: windows of voxels at several resolutions.
  case voxels(SegmentationSection)
  /// `"kind": "range_image"`: the frame of a sensor on a fixed mount, pixel by pixel.
  case rangeImage(RangeImageSection)

  private enum Kind: String, CaseIterable {
    case voxels
    case rangeImage = "range_image"
  }

  private static let kindKey = "kind"

  init(_ value: ConfigValue, path: String) throws(ManifestError) {
    var kind = Kind.voxels
    if case .object(let members) = value, let stated = members[Self.kindKey] {
      guard case .string(let text) = stated, let known = Kind(rawValue: text) else {
        let kinds = Kind.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        throw .invalidValue(
          key: "\(path).\(Self.kindKey)", expected: "one of \(kinds)", found: stated.summary)
      }
      kind = known
    }
    switch kind {
    case .voxels: self = .voxels(try SegmentationSection(value, path: path))
    case .rangeImage: self = .rangeImage(try RangeImageSection(value, path: path))
    }
  }

  var json: ConfigValue {
    switch self {
    case .voxels(let section): section.json
    case .rangeImage(let section): section.json(kind: Kind.rangeImage.rawValue)
    }
  }

  /// In the order of the output channels.
  package var classes: [PointClass] {
    switch self {
    case .voxels(let section): section.classes
    case .rangeImage(let section): section.classes
    }
  }

  /// The section of a model of voxels; `nil` for a range image.
  package var voxels: SegmentationSection? {
    if case .voxels(let section) = self { section } else { nil }
  }
}
