import Foundation
import Layers
import Models
import Testing

@Suite struct ManifestTests {
  private static let whole = #"""
    {"format": "pointserve-model-1", "name": "m", "description": "d", "licence": "MIT",
     "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, -1, 3]}],
     "layers": [{"name": "p", "class_name": "Softmax", "config": {}, "inputs": ["x"]}],
     "outputs": [{"name": "y", "from": "p"}],
     "batching": {"max_batch_size": 8, "max_batch_points": 1024, "preferred_batch_size": [4, 2],
                  "max_queue_delay_microseconds": 250},
     "warmup": [{"points": 16}],
     "segmentation": {
       "classes": [{"id": 0, "name": "ground", "las_code": 2, "color": "#a0764a"},
                   {"id": 1, "name": "other", "las_code": 1}],
       "features": ["one", "height_above_minimum", {"name": "intensity", "divisor": 65535}],
       "window": {"kind": "grid", "extent_meters": 50.0, "overlap_meters": 10, "max_points": 8192},
       "levels": [{"voxel_meters": 0.8, "neighbors": 16}, {"voxel_meters": 1.6, "neighbors": 16}],
       "reduce": "mean"}}
    """#

  @Test func `a manifest with the keys of the format is read as written`() throws {
    let manifest = try ModelManifest(parsing: Self.whole.utf8)
    #expect(manifest.name == "m" && manifest.licence == "MIT" && manifest.weightsSHA256 == nil)
    #expect(manifest.inputs[0].spec == TensorSpec(extents: [nil, nil, 3]))
    #expect(manifest.batching.maximumBatchSize == 8)
    #expect(manifest.batching.preferredBatchSizes == [2, 4])
    #expect(manifest.batching.maximumQueueDelay == .microseconds(250))
    #expect(manifest.warmup.map(\.points) == [16])
    let section = try #require(manifest.segmentation?.voxels)
    #expect(section.classes.map(\.lasCode) == [2, 1])
    #expect(section.features.map(\.feature) == [.one, .heightAboveMinimum, .intensity])
    #expect(section.features[2].divisor == 65535)
    #expect(section.window.kind == .grid && section.window.overlapMeters == 10)
    #expect(section.levels.map(\.voxelEdge) == [0.8, 1.6] && section.voxel == .meters)
    #expect(section.reduction == .mean && section.origin == .center)
    #expect(try ModelManifest(parsing: manifest.text()) == manifest)
  }

  @Test(arguments: ProductPrecision.allCases)
  func `the precision of the products is read and written`(precision: ProductPrecision) throws {
    let text = Self.whole.replacingOccurrences(
      of: #""name": "m""#, with: #""name": "m", "precision": "\#(precision.rawValue)""#)
    let manifest = try ModelManifest(parsing: text.utf8)
    #expect(manifest.precision == precision)
    #expect(try ModelManifest(parsing: manifest.text()) == manifest)
  }

  @Test func `the built-in manifest is written again equal`() throws {
    let manifest = try ModelManifest(parsing: BuiltInModel.manifest)
    #expect(try ModelManifest(parsing: manifest.text()) == manifest)
    #expect(manifest.weightsSHA256 == SHA256.hexadecimal(of: BuiltInModel.weights))
    let levels = try #require(manifest.segmentation?.voxels).levels
    #expect(levels.map(\.voxelEdge) == [1, 2.3, 2.3 * 2.3])
  }

  @Test(arguments: [
    (
      #""format": "pointserve-model-1""#, #""format": "pointserve-model-2""#,
      #"key format: expected "pointserve-model-1", found "pointserve-model-2""#
    ),
    (#""format": "pointserve-model-1", "#, "", "key format: expected a string, found no such key"),
    (
      #""licence""#, #""license""#,
      #"key license: expected a known key, such as "licence", found an unknown one"#
    ),
    (
      #""max_batch_size""#, #""max_batchsize""#,
      #"key batching.max_batchsize: expected a known key, such as "max_batch_size", found an unknown one"#
    ),
    (
      #""from""#, #""zzzzzz""#,
      "key outputs[0].zzzzzz: expected a known key, found an unknown one"
    ),
    (
      #""FP32""#, #""FP16""#,
      #"key inputs[0].datatype: expected one of "FP32", "INT32", "INT64", found "FP16""#
    ),
    (
      "[-1, -1, 3]", "[-1, -1, -2]",
      "key inputs[0].shape[2]: expected an integer from -1 to 2147483648, found -2"
    ),
    (
      "[-1, -1, 3]", "[2147483648, 2]",
      "key inputs[0].shape: expected -1 or positive extents of at most 2147483648 elements in all, found [2147483648, 2]"
    ),
    ("[-1, -1, 3]", "[]", "key inputs[0].shape: expected from 1 to 8 extents, found 0"),
    (
      "[-1, -1, 3]", "[1.5]",
      "key inputs[0].shape[0]: expected an integer from -1 to 2147483648, found 1.5"
    ),
    (
      #"{"name": "p", "class"#, #"{"name": "", "class"#,
      "key layers[0] \"\".name: expected a name of 1 to 256 bytes without control characters, found \"\""
    ),
    (
      #""class_name""#, #""class""#,
      #"key layers[0] "p".class: expected a known key, found an unknown one"#
    ),
    (
      #""inputs": ["x"]"#, #""inputs": []"#,
      #"key layers[0] "p".inputs: expected at least one, found none"#
    ),
    (
      #""inputs": ["x"]"#, #""inputs": ["x", 1]"#,
      #"key layers[0] "p".inputs[1]: expected a string, found 1"#
    ),
    (
      #""config": {}"#, #""config": []"#,
      #"key layers[0] "p".config: expected an object, found an array of 0"#
    ),
    (
      #""outputs": [{"name": "y", "from": "p"}]"#, #""outputs": []"#,
      "key outputs: expected at least one, found none"
    ),
    (
      #""licence": "MIT""#, #""precision": "int8""#,
      #"key precision: expected one of "float32", "bfloat16", found "int8""#
    ),
    (
      #""max_batch_size": 8"#, #""max_batch_size": 0"#,
      "key batching.max_batch_size: expected an integer from 1 to 65536, found 0"
    ),
    (
      "[4, 2]", "[4, 9]",
      "key batching.preferred_batch_size[1]: expected an integer from 1 to 8, found 9"
    ),
    (
      #"{"points": 16}"#, #"{}"#,
      "key warmup[0].points: expected an integer from 1 to 1048576, found no such key"
    ),
    (
      #""id": 1"#, #""id": 2"#,
      "key segmentation.classes[1].id: expected an integer from 1 to 1, found 2"
    ),
    (
      #""name": "other""#, #""name": "ground""#,
      #"key segmentation.classes[1].name: expected each name once, found "ground" again"#
    ),
    (
      ##""#a0764a""##, #""brown""#,
      ##"key segmentation.classes[0].color: expected a color such as "#a0764a", found "brown""##
    ),
    (
      #""one""#, #""intensty""#,
      #"key segmentation.features[0]: expected a feature that the service computes, such as "intensity", found "intensty""#
    ),
    (
      #""overlap_meters": 10"#, #""overlap_meters": 50"#,
      "key segmentation.window.overlap_meters: expected less than extent_meters, 50.0, found 50.0"
    ),
    (
      #""kind": "grid""#, #""kind": "cube""#,
      #"key segmentation.window.kind: expected one of "grid", "sphere", "nearest", found "cube""#
    ),
    (
      #""voxel_meters": 1.6"#, #""voxel_units": 2"#,
      "key segmentation.levels[1].voxel_units: expected voxel_meters, as the voxel section asks, found voxel_units"
    ),
    (
      #""neighbors": 16}]"#, #""neighbors": 0}]"#,
      "key segmentation.levels[1].neighbors: expected an integer from 1 to 256, found 0"
    ),
    (
      #""reduce": "mean""#, #""reduce": "median""#,
      #"key segmentation.reduce: expected one of "mean", "sum", "max", "entropic", found "median""#
    ),
    (
      #""licence": "MIT""#, #""licence": "MIT", "weights_sha256": "12ab""#,
      #"key weights_sha256: expected 64 hexadecimal digits, found "12ab""#
    ),
  ])
  func `a manifest with one fault is refused with key, expected and found`(
    correct: String, wrong: String, message: String
  ) throws {
    let range = try #require(Self.whole.firstRange(of: correct))
    let text = Self.whole.replacingCharacters(in: range, with: wrong)
    let error = #expect(throws: ManifestError.self) { try ModelManifest(parsing: text.utf8) }
    #expect(error?.description == message)
  }

  @Test func `every prefix of a manifest is refused`() {
    let text = Array(BuiltInModel.manifest.prefix(2000))
    for count in stride(from: 0, to: text.count, by: 7) {
      #expect(throws: ManifestError.self) { try ModelManifest(parsing: text[..<count]) }
    }
  }

  @Test func `a range image is read as written`() throws {
    let manifest = try ModelManifest(parsing: Self.image().utf8)
    guard case .rangeImage(let section)? = manifest.segmentation else {
      Issue.record("expected a range image")
      return
    }
    #expect(section.rowCount == 16 && section.columnCount == 64)
    #expect(section.elevationDegrees == -18...4 && section.sensor == SIMD3(1, 2, 3))
    #expect(section.channels == [.logRange, .hasReturn])
    #expect(section.classes.map(\.name) == ["ground"])
    #expect(try ModelManifest(parsing: manifest.text()) == manifest)
  }

  @Test(arguments: [
    (
      "range_image", "image",
      #"key segmentation.kind: expected one of "voxels", "range_image", found "image""#
    ),
    (
      #""log_range", "return""#, #""range""#,
      #"key segmentation.channels[0]: expected one of "log_range", "return", found "range""#
    ),
    (
      #""log_range", "return""#, "",
      "key segmentation.channels: expected at least one channel, found none"
    ),
    (
      "[-18, 4]", "[4, -18]",
      "key segmentation.elevation_degrees: expected two ascending elevations, found [4.0, -18.0]"
    ),
    (
      "[1, 2, 3]", "[1, 2]",
      "key segmentation.sensor_meters: expected x, y and z, found [1.0, 2.0]"
    ),
    (
      #""columns": 64"#, #""columns": 0"#,
      "key segmentation.columns: expected an integer from 1 to 8192, found 0"
    ),
    (
      #""columns": 64"#, #""columns": 64, "levels": []"#,
      "key segmentation.levels: expected a known key, found an unknown one"
    ),
  ])
  func `a range image that says something else is refused`(
    part: String, replacement: String, message: String
  ) {
    let text = Self.image().replacingOccurrences(of: part, with: replacement)
    let error = #expect(throws: ManifestError.self) { try ModelManifest(parsing: text.utf8) }
    #expect(error?.description == message)
  }

  private static func image() -> String {
    #"""
    {"format": "pointserve-model-1",
     "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2, 16, 64]}], "layers": [],
     "outputs": [{"name": "y", "from": "x"}],
     "segmentation": {
       "kind": "range_image", "rows": 16, "columns": 64, "elevation_degrees": [-18, 4],
       "sensor_meters": [1, 2, 3], "channels": ["log_range", "return"],
       "classes": [{"id": 0, "name": "ground", "las_code": 2}]}}
    """#
  }

  @Test(arguments: [
    (
      #""fill_meters": [2, 90]"#,
      "fill_meters[1]: expected at most 85.33333333333333 meters, which reach 256 cells, found 90.0"
    ),
    (
      #""cell_meters": 0.01"#,
      "fill_meters[0]: expected at most 0.8533333333333334 meters, which reach 256 cells, found 2.0"
    ),
    (
      #""smoothing_meters": 65"#,
      "smoothing_meters: expected at most 64.0 meters, which reach 256 cells, found 65.0"
    ),
    (
      #""outlier_window_cells": 35"#,
      "outlier_window_cells: expected an integer from 1 to 33, found 35"
    ),
    (
      #""window_cells": [\#((1...33).map { "\(2 * $0 + 1)" }.joined(separator: ", "))]"#,
      "window_cells: expected at most 32 values, found 33"
    ),
  ])
  func `a terrain filter that would take minutes is refused`(member: String, reason: String) {
    let text = Self.whole.replacingOccurrences(
      of: #""reduce": "mean""#, with: #""height_above_ground": {\#(member)}, "reduce": "mean""#)
    #expect {
      try ModelManifest(parsing: text.utf8)
    } throws: { "\($0)".hasSuffix("key segmentation.height_above_ground.\(reason)") }
  }

  @Test func `a feature of the neighborhood is read as written`() throws {
    let text = Self.whole.replacingOccurrences(
      of: #""features": ["one", "height_above_minimum","#,
      with: """
        "neighborhood": {"neighbors": 20}, "kind": "voxels",
        "features": [{"name": "planarity", "average": "neighborhood"},
                     {"name": "height_above_ground", "transform": "logarithm"},
        """)
    let manifest = try ModelManifest(parsing: text.utf8)
    let section = try #require(manifest.segmentation?.voxels)
    #expect(section.neighborhoodCount == 20)
    #expect(section.features[0].average == .neighborhood && section.features[1].average == .voxel)
    #expect(section.features[1].transform == .logarithm)
    #expect(try ModelManifest(parsing: manifest.text()) == manifest)
  }
}

extension String {
  /// The text with one range replaced.
  fileprivate func replacingCharacters(
    in range: Range<String.Index>, with replacement: String
  ) -> String {
    var text = self
    text.replaceSubrange(range, with: replacement)
    return text
  }
}
