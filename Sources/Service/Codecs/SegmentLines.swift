import HTTPServer
import Locking
import Segmentation

/// An answer of lines of JSON: one for each window as it joins the others, with the labels that its
/// points have so far, and last the document that a client of JSON gets.
final class SegmentLines: Sendable {
  private let exchange: HTTPExchange
  /// Whether as much waits for the client as may.
  private let isFull = Lock(false)

  /// Nothing is sent before the first window, so that a failure until then has its own status.
  init(_ exchange: HTTPExchange) { self.exchange = exchange }

  /// A response whose content is one line.
  static func response(_ line: [UInt8]) -> HTTPResponse {
    HTTPResponse(
      headers: ["Content-Type": SegmentFormats.linesMediaType],
      body: .bytes(line + [UInt8(ascii: "\n")]))
  }

  /// Tells of a window, unless the client is too slow: the document at the end has all labels.
  func report(_ window: JoinedWindow) {
    guard !isFull.withLock({ $0 }) else { return }
    var line = Array(
      """
      {"window":\(window.index),"covered_voxel_count":\(window.coveredVoxelCount),\
      "voxel_count":\(window.voxelCount),"points":
      """.utf8)
    JSONText.append(window.points, to: &line)
    line.append(contentsOf: ",\"labels\":".utf8)
    JSONText.append(window.labels, to: &line)
    line.append(UInt8(ascii: "}"))
    send(line)
  }

  /// Sends the document and ends the answer.
  func finish(_ document: HTTPResponse) {
    guard case .bytes(let line) = document.body else {
      preconditionFailure("a document of a known length")
    }
    if !exchange.begin(document) { exchange.write(line) }
    exchange.end()
  }

  /// Ends an answer that has begun with the error; its status is sent already.
  func fail(_ failure: HTTPFailure) {
    exchange.write(failure.document(requestID: exchange.requestID) + [UInt8(ascii: "\n")])
    exchange.end()
  }

  private func send(_ line: [UInt8]) {
    guard !exchange.begin(Self.response(line)) else { return }
    guard exchange.write(line + [UInt8(ascii: "\n")]) == .full else { return }
    isFull.withLock { $0 = true }
    exchange.whenWritable { [self] in isFull.withLock { $0 = false } }
  }
}
