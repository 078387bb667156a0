import HTTPServer
import Models
import PointClouds
import Segmentation

/// Encodes the labels of a cloud.
struct SegmentResponse {
  let model: LoadedModel
  let decoded: DecodedCloud
  let result: SegmentationResult
  let wantsConfidence: Bool
  let wantsProbabilities: Bool

  /// The answer in the format that the client accepts.
  ///
  /// - Parameters:
  ///   - answer: the format.
  ///   - timing: the stages so far, for the JSON document.
  /// - Returns: the response, without the Server-Timing header.
  /// - Throws: `HTTPFailure` when the format can't hold this cloud.
  func encode(
    as answer: SegmentFormats.Answer, timing: ServerTiming
  ) throws(HTTPFailure) -> HTTPResponse {
    switch answer {
    case .json: return .json(json(timing: timing))
    case .lines: return SegmentLines.response(json(timing: timing))
    case .cloud(let format):
      let encoded: EncodedCloud
      do {
        encoded = try format.encode(classified)
      } catch {
        throw HTTPFailure(error)
      }
      var response = HTTPResponse(
        headers: ["Content-Type": format.mediaTypes.first ?? "application/octet-stream"],
        body: .bytes(encoded.bytes))
      if encoded.substitutedClassCount > 0 {
        response.headers.add("X-Substituted-Classes", "\(encoded.substitutedClassCount)")
      }
      return response
    }
  }

  private var classified: ClassifiedCloud {
    let classes = result.classes
    return ClassifiedCloud(
      decoded, classes: result.lasCodes,
      classNames: Dictionary(
        classes.map { ($0.lasCode, $0.name) }, uniquingKeysWith: { a, _ in a }),
      confidence: wantsConfidence ? result.confidences() : nil,
      probabilities: wantsProbabilities
        ? ClassProbabilities(classes: classes.map(\.lasCode), values: result.probabilities()) : nil)
  }

  private func json(timing: ServerTiming) -> [UInt8] {
    let classes = zip(result.classes, result.classCounts).map { pointClass, count in
      """
      {"id":\(pointClass.id),"name":\(JSONText.string(pointClass.name)),\
      "las_code":\(pointClass.lasCode),"color":\(JSONText.string(pointClass.color)),\
      "count":\(count)}
      """
    }
    let timings = timing.stages.map { name, duration in
      "\(JSONText.string(name)):\(ServerTiming.milliseconds(duration))"
    }
    var json = Array(
      """
      {"model_name":\(JSONText.string(model.name)),"model_version":"\(model.version)",\
      "point_count":\(result.pointCount),"excluded_count":\(result.excludedCount),\
      "classes":[\(classes.joined(separator: ","))],\
      "timings":{\(timings.joined(separator: ","))},"labels":
      """.utf8)
    JSONText.append(result.labels, to: &json)
    json.append(contentsOf: ",\"las_codes\":".utf8)
    JSONText.append(result.lasCodes, to: &json)
    if wantsConfidence {
      json.append(contentsOf: ",\"confidence\":".utf8)
      JSONText.append(result.confidences(), to: &json)
    }
    if wantsProbabilities {
      json.append(contentsOf: ",\"probabilities\":[".utf8)
      let values = result.probabilities()
      let width = result.classes.count
      for (index, start) in stride(from: 0, to: values.count, by: width).enumerated() {
        if index > 0 { json.append(UInt8(ascii: ",")) }
        JSONText.append(values[start..<(start + width)], to: &json)
      }
      json.append(UInt8(ascii: "]"))
    }
    json.append(UInt8(ascii: "}"))
    return json
  }
}
