import Foundation

@testable import HTTPServer

/// A directory with an authority and the certificates it signs, made by the openssl command.
final class CertificateFactory {
  enum Failure: Error { case openssl(status: Int32, arguments: [String]) }

  let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "pointserve-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    try run(
      [
        "req", "-x509", "-subj", "/CN=test authority", "-days", "2", "-keyout", path("ca.key"),
        "-out", path("ca.pem"),
      ] + Self.newKey)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  private static let newKey = [
    "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
  ]

  func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

  /// Makes `name.pem` and `name.key`, signed by the authority, for numeric addresses.
  func issue(_ name: String, days: Int = 2, addresses: [String] = []) throws {
    let names = addresses.flatMap { ["-addext", "subjectAltName=IP:\($0)"] }
    try run(
      [
        "req", "-subj", "/CN=\(name)", "-keyout", path("\(name).key"), "-out",
        path("\(name).csr"),
      ] + names + Self.newKey)
    try run([
      "x509", "-req", "-copy_extensions", "copy", "-in", path("\(name).csr"), "-CA", path("ca.pem"),
      "-CAkey", path("ca.key"),
      "-set_serial", "\(Int.random(in: 1...Int.max))", "-days", "\(days)", "-out",
      path("\(name).pem"),
    ])
  }

  /// The files of a server by the name of its certificate.
  func files(_ name: String, clientAuthorities: Bool = false) -> TLSFiles {
    TLSFiles(
      certificateChain: path("\(name).pem"), privateKey: path("\(name).key"),
      clientAuthorities: clientAuthorities ? path("ca.pem") : nil)
  }

  private func run(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure.openssl(status: process.terminationStatus, arguments: arguments)
    }
  }
}
