import Models
import Testing

/// Segmentation sections of made-up manifests.
enum SectionFixture {
  /// The pre-processing of the built-in model.
  static func demo() throws -> SegmentationSection {
    try section(
      features: """
        "one",
        {"name": "height_above_ground", "minimum": -2, "maximum": 40, "divisor": 10},
        {"name": "height_above_ground", "minimum": -2, "maximum": 40, "transform": "square_root",
         "divisor": 3},
        "multiple_returns", "return_ratio", "has_returns", "voxel_logarithm"
        """,
      window: #"{"kind": "nearest", "max_points": 4096}"#,
      levels: """
        {"voxel_units": 1, "neighbors": 16}, {"voxel_units": 2.3, "neighbors": 16},
        {"voxel_units": 5.289999999999999, "neighbors": 16}
        """,
      more: """
        , "voxel": {"kind": "adaptive", "spacing_factor": 1.15, "minimum_meters": 0.6,
                    "maximum_meters": 2.2},
        "origin": "center_and_floor", "excluded_las_codes": [7, 18]
        """)
  }

  /// A section of two classes from the text of its parts.
  static func section(
    features: String = #""one""#, window: String,
    levels: String = #"{"voxel_meters": 0.5, "neighbors": 4}"#, more: String = ""
  ) throws -> SegmentationSection {
    let manifest = try manifest(features: features, window: window, levels: levels, more: more)
    return try #require(manifest.segmentation?.voxels)
  }

  /// A manifest whose graph is given as text; by default its class scores are its features.
  static func manifest(
    features: String = #""one""#, window: String,
    levels: String = #"{"voxel_meters": 0.5, "neighbors": 4}"#, more: String = "",
    inputs: String = #"{"name": "F", "datatype": "FP32", "shape": [-1, 1]}"#,
    layers: String = #"{"name": "p", "class_name": "Softmax", "config": {}, "inputs": ["F"]}"#
  ) throws -> ModelManifest {
    let text = """
      {"format": "pointserve-model-1",
       "inputs": [\(inputs)], "layers": [\(layers)],
       "outputs": [{"name": "p", "from": "p"}],
       "segmentation": {
         "classes": [{"id": 0, "name": "ground", "las_code": 2},
                     {"id": 1, "name": "building", "las_code": 6}],
         "features": [\(features)], "window": \(window), "levels": [\(levels)]\(more)}}
      """
    return try ModelManifest(parsing: text.utf8)
  }
}
