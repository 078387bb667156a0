import HTTPServer
import Layers
import Models
@testable import Service

extension FuzzTarget {
  /// JSON of the models' files: what is read is what is read again after it was written.
  static let json = FuzzTarget(name: "json") { input in
    let value: ConfigValue
    do { value = try JSONReader.read(input) } catch { return }
    let text = JSONWriter.write(value)
    do {
      let again = try JSONReader.read(text)
      precondition(again == value, "\(value) became \(again)")
    } catch {
      preconditionFailure("what was written is refused: \(error)")
    }
  }

  /// Weights: every tensor that is announced can be read or is refused with a reason.
  static let safetensors = FuzzTarget(name: "safetensors") { input in
    let file: SafetensorsFile
    do { file = try SafetensorsFile(parsing: input) } catch { return }
    for name in file.names {
      do {
        let weight = try file.weight(named: name)
        precondition(weight.shape.reduce(1, *) == weight.values.count)
        precondition(weight.values.allSatisfy(\.isFinite))
      } catch {}
      do { _ = try file.tensor(named: name) } catch {}
    }
  }

  /// A manifest: what is read is what is read again, and layers are built or refused.
  static let manifest = FuzzTarget(name: "manifest") { input in
    let manifest: ModelManifest
    do { manifest = try ModelManifest(parsing: input) } catch { return }
    do {
      let again = try ModelManifest(parsing: manifest.text())
      precondition(again == manifest, "\(manifest) became \(again)")
    } catch {
      preconditionFailure("what was written is refused: \(error)")
    }
    do { _ = ExecutablePlan(try ModelGraph(manifest, weights: builtIn.weights)) } catch {}
  }

  /// An inference request for the built-in model: what passes is what the plan takes.
  ///
  /// Where the first byte is odd, the second and third tell how long the JSON in front of binary
  /// tensors is.
  static let infer = FuzzTarget(name: "infer") { input in
    guard input.count > 3 else { return }
    var headers = HTTPHeaders()
    if input[0] % 2 == 1 {
      let length = Int(input[1]) << 8 | Int(input[2])
      headers.add(InferRequest.jsonLengthHeader, "\(length)")
    }
    let request = HTTPRequest(
      method: .post, target: builtIn.target, headers: headers, body: Array(input.dropFirst(3)),
      id: "fuzz")
    do {
      let infer = try InferRequest(request, plan: builtIn.plan)
      precondition(infer.tensors.count == builtIn.plan.inputs.count)
      try builtIn.plan.validate(infer.tensors)
      _ = builtIn.plan.pointCount(of: infer.tensors)
    } catch {}
  }

  private struct BuiltIn {
    let weights: SafetensorsFile
    let plan: ExecutablePlan
    let target: HTTPTarget
  }

  /// The built-in model, loaded once.
  private static let builtIn: BuiltIn = {
    do {
      let manifest = try ModelManifest(parsing: BuiltInModel.manifest)
      let weights = try SafetensorsFile(parsing: BuiltInModel.weights)
      var parser = HTTPRequestParser(limits: HTTPParserLimits())
      var offset = 0
      let head = Array("POST /v2/models/demo/infer HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
      guard case .head(let request) = try parser.next(head.span, at: &offset) else {
        preconditionFailure("a head is complete")
      }
      return BuiltIn(
        weights: weights, plan: ExecutablePlan(try ModelGraph(manifest, weights: weights)),
        target: request.target)
    } catch {
      preconditionFailure("the built-in model is refused: \(error)")
    }
  }()
}
