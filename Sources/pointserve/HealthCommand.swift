import ArgumentParser
import CSystem

/// `pointserve health`: the health check of a container without a shell.
struct HealthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "Ask a running service whether it is ready.",
    discussion: "Exit code 0 if it is; 1, with the reason on standard error, if not.")

  @Option(help: "The numeric address of the service.")
  var host = "127.0.0.1"
  @Option(help: "The port of the service (default: POINTSERVE_PORT, or 8080).")
  var port: UInt16?
  @Flag(help: "Ask whether it lives, not whether it is ready.")
  var live = false

  /// How long the service may take to answer, in milliseconds.
  private static let timeout: Int64 = 3000

  func run() throws {
    let port = self.port ?? Environment.variables["POINTSERVE_PORT"].flatMap { UInt16($0) } ?? 8080
    let answer = try ask(live ? "/health/live" : "/health/ready", port: port)
    guard answer.hasPrefix("HTTP/1.1 200") else {
      let body = answer.split(separator: "\r\n", omittingEmptySubsequences: false).last ?? ""
      throw CommandFailure.badInput(body.isEmpty ? "no answer" : String(body))
    }
  }

  /// Sends one request and reads until the server closes the connection.
  private func ask(_ path: String, port: UInt16) throws -> String {
    let unreachable = CommandFailure.badInput("nobody answers at \(host):\(port)")
    let descriptor = unsafe csystem_connect(host, port)
    guard descriptor >= 0 else { throw unreachable }
    defer { csystem_close(descriptor) }
    csystem_set_receive_timeout(descriptor, Self.timeout)
    let request = Array(
      "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
    let sent = unsafe request.withUnsafeBytes {
      unsafe csystem_send(descriptor, $0.baseAddress, $0.count, nil, 0)
    }
    guard sent == request.count else { throw unreachable }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while answer.count < 1 << 16 {
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe csystem_receive(descriptor, $0.baseAddress, $0.count)
      }
      guard count > 0 else { break }
      answer.append(contentsOf: buffer.prefix(count))
    }
    return String(decoding: answer, as: UTF8.self)
  }
}
