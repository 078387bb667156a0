import Foundation
import Models
import PointClouds
import Testing

@testable import Segmentation

private func section(sensor: String = "[0, 0, 0]") throws -> RangeImageSection {
  let section = try manifest(sensor: sensor).segmentation
  guard case .rangeImage(let section)? = section else {
    Issue.record("expected a range image, found \(String(describing: section))")
    throw SegmentationError.notASegmentationModel(model: "")
  }
  return section
}

/// A model whose class scores are its image: 2 rows, 4 columns.
private func manifest(
  sensor: String = "[0, 0, 0]", shape: String = "[-1, 2, 2, 4]", axis: Int = 1
) throws -> ModelManifest {
  try ModelManifest(
    parsing: """
      {"format": "pointserve-model-1",
       "inputs": [{"name": "image", "datatype": "FP32", "shape": \(shape)}],
       "layers": [{"name": "p", "class_name": "Softmax", "config": {"axis": \(axis)},
                   "inputs": ["image"]}],
       "outputs": [{"name": "p", "from": "p"}],
       "segmentation": {
         "kind": "range_image", "rows": 2, "columns": 4, "elevation_degrees": [-10, 10],
         "sensor_meters": \(sensor), "channels": ["log_range", "return"],
         "classes": [{"id": 0, "name": "far", "las_code": 2},
                     {"id": 1, "name": "near", "las_code": 6}]}}
      """.utf8)
}

private func segmenter(_ manifest: ModelManifest) throws -> Segmenter {
  let weights = try SafetensorsFile(parsing: SafetensorsWriter.write([:]))
  return try Segmenter(
    plan: ExecutablePlan(ModelGraph(manifest, weights: weights)),
    section: #require(manifest.segmentation))
}

@Test func `points fall into the row of their elevation and the column of their azimuth`() throws {
  // Ahead and below, left and above, behind, to the right; the last one far above the highest row.
  let cloud = try PointCloud(positions: [
    10, 1, -2, -1, 10, 2, -10, -1, 0.1, -1, -10, -0.1, 0.1, 0.1, 50,
  ])
  let image = try RangeImage(cloud, section: section())
  #expect(image.count == 8)
  #expect(image.cellOfPoint == [2, 7, 4, 0, 6])
}

@Test func `a pixel holds the distance of its nearest point from the sensor`() throws {
  let cloud = try PointCloud(positions: [500_010, 1, -1, 500_004, 0.5, -1, 500_000, 0, 0])
  let image = try RangeImage(cloud, section: section(sensor: "[500000, 0, 0]"))
  var selector = try #require(image.windowSelector())
  let first = selector.next()
  let second = selector.next()
  let window = try #require(first)
  #expect(second == nil && window.voxels == Array(0..<8))
  var memory = WindowMemory()
  image.makeInputs(of: window, in: &memory)
  let tensor = memory.requests[0][0]
  #expect(tensor.shape == [1, 2, 2, 4])
  guard case .float32(let values) = tensor.values else {
    Issue.record("expected floating values")
    return
  }
  let nearest = (16 + 0.25 + 1.0).squareRoot()
  #expect(values[..<8] == [0, 0, Float(log(1 + nearest)), 0, 0, 0, 0, 0])
  // The point at the sensor itself has no direction; it counts as straight ahead and level.
  #expect(image.cellOfPoint[2] == 6)
}

@Test func `the range-image model labels a frame as the training script does`() throws {
  let positions = try NumPyFixture("models/range-image-points.npy").doubles()
  let expected = try NumPyFixture("models/range-image-classes.npy").uint8s()
  let stored = try StoredModel("range-image")
  let result = try stored.segmenter.segment(PointCloud(positions: positions), threadCount: 1)
  #expect(result.labels == expected.map(Int32.init))
  #expect(result.windowCount == 1 && result.excludedCount == 0)
  #expect(result.classCounts.allSatisfy { $0 > 0 })
}

@Test(arguments: [1, 2, 100])
func `every point of any frame gets a label`(count: Int) throws {
  let positions = (0..<count).flatMap { point -> [Double] in
    [Double(point), 0, 1e6 * Double(point)]
  }
  let result = try StoredModel("range-image").segmenter.segment(
    PointCloud(positions: positions), threadCount: 1)
  #expect(result.labels.count == count && result.labels.allSatisfy { (0..<3).contains($0) })
}

@Test func `a graph that does not take the image or answers none is refused`() throws {
  #expect(try segmenter(manifest()).classes.count == 2)
  let input = #expect(throws: SegmentationError.self) {
    try segmenter(manifest(shape: "[-1, 2, 4, 2]"))
  }
  #expect(
    input?.description
      == "expected one graph input, FP32 [-1, 2, 2, 4], found image [-1, 2, 4, 2]")
  let flat = #expect(throws: SegmentationError.self) { try segmenter(manifest(shape: "[-1, 2]")) }
  #expect(flat?.description == "expected one graph input, FP32 [-1, 2, 2, 4], found image [-1, 2]")
}
