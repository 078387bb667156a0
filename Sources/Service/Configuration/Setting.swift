/// One configurable value of the service: its name, kind, default and description.
///
/// The name is the flag without its dashes; the environment variable and the key of the
/// configuration file follow from it.
package struct Setting: Hashable, Sendable {
  /// What values a setting takes.
  package enum Kind: Hashable, Sendable {
    case text
    case path
    /// A whole number, of a unit if one is named.
    case integer(ClosedRange<Int>, unit: String? = nil)
    /// A number of bytes, optionally with a suffix `KiB`, `MiB` or `GiB`.
    case bytes(ClosedRange<Int>)
    /// A number of seconds, fractions allowed.
    case seconds(ClosedRange<Double>)
    case choice([String])
  }

  /// Such as `max-body-bytes`.
  package let name: String
  package let kind: Kind
  /// The value where nothing else is given; empty for a setting that is off by default.
  package let defaultValue: String
  package let help: String

  /// Such as `POINTSERVE_MAX_BODY_BYTES`.
  package var environmentName: String {
    "POINTSERVE_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
  }

  /// Such as `max_body_bytes`.
  package var fileKey: String { name.map { $0 == "-" ? "_" : String($0) }.joined() }

  /// What a valid value looks like, for messages.
  package var expectation: String {
    switch kind {
    case .text: "text"
    case .path: "a path"
    case .integer(let range, let unit):
      "a whole number\(unit.map { " of \($0)" } ?? "") from \(range.lowerBound) to \(range.upperBound)"
    case .bytes(let range):
      "a number of bytes from \(range.lowerBound) to \(range.upperBound), such as 64MiB"
    case .seconds(let range):
      "a number of seconds from \(range.lowerBound) to \(range.upperBound)"
    case .choice(let values): values.joined(separator: " or ")
    }
  }
}

extension Setting {
  /// Every setting, in the order of `--help` and `--print-config`.
  package static let all: [Setting] = [
    host, port, modelRepository, threads, instructionSet, logFormat, logLevel, maxBodyBytes,
    maxPoints, maxWaitingRequests, maxWaitingPoints, maxWaitingBytes, maxConnections,
    maxConnectionsPerClient, maxHeaderBytes, headerTimeout, bodyTimeout, idleTimeout,
    requestTimeout, drainTimeout, preDrainDelay, reloadInterval, tlsCertificate, tlsKey,
    tlsClientCertificateAuthority, apiKeys, clientRequestsPerSecond, clientRequestBurst,
    allowedOrigins,
  ]

  package static let host = Setting(
    name: "host", kind: .text, defaultValue: "127.0.0.1",
    help: "The address to listen on; 0.0.0.0 or :: for every interface.")
  package static let port = Setting(
    name: "port", kind: .integer(0...65535), defaultValue: "8080",
    help: "The port to listen on; 0 takes a free one.")
  package static let modelRepository = Setting(
    name: "model-repository", kind: .path, defaultValue: "",
    help: "The directory of the served models; without it the built-in model demo is served.")
  package static let threads = Setting(
    name: "threads", kind: .integer(0...1024, unit: "threads"), defaultValue: "0",
    help: "Compute threads; 0 takes one for each processor that this process may use.")
  package static let instructionSet = Setting(
    name: "isa", kind: .text, defaultValue: "auto",
    help: """
      The instruction set of the kernels: avx512_bf16, avx512, avx2, portable or reference; auto \
      takes the widest this processor has.
      """)
  package static let logFormat = Setting(
    name: "log-format", kind: .choice(["text", "json"]), defaultValue: "text",
    help: "How log lines are written.")
  package static let logLevel = Setting(
    name: "log-level",
    kind: .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
    defaultValue: "info", help: "The least severe log line that is written.")
  package static let maxBodyBytes = Setting(
    name: "max-body-bytes", kind: .bytes(1...(1 << 40)), defaultValue: "256MiB",
    help: "The largest request body, also after decompression.")
  package static let maxPoints = Setting(
    name: "max-points", kind: .integer(1...2_000_000_000, unit: "points"),
    defaultValue: "10000000", help: "The most points of one request.")
  package static let maxWaitingRequests = Setting(
    name: "max-waiting-requests", kind: .integer(1...1_000_000, unit: "requests"),
    defaultValue: "64", help: "The most requests that are admitted and not yet answered.")
  package static let maxWaitingPoints = Setting(
    name: "max-waiting-points", kind: .integer(1...4_000_000_000, unit: "points"),
    defaultValue: "20000000", help: "The most points of all admitted requests together.")
  package static let maxWaitingBytes = Setting(
    name: "max-waiting-bytes", kind: .bytes(1...(1 << 40)), defaultValue: "1GiB",
    help: "The most body bytes of all admitted requests together.")
  package static let maxConnections = Setting(
    name: "max-connections", kind: .integer(1...1_000_000, unit: "connections"),
    defaultValue: "16384", help: "The most open connections.")
  package static let maxConnectionsPerClient = Setting(
    name: "max-connections-per-client", kind: .integer(1...1_000_000, unit: "connections"),
    defaultValue: "16384", help: "The most open connections of one address.")
  package static let maxHeaderBytes = Setting(
    name: "max-header-bytes", kind: .bytes(256...(1 << 24)), defaultValue: "32KiB",
    help: "The largest request head.")
  package static let headerTimeout = Setting(
    name: "header-timeout", kind: .seconds(0.01...86400), defaultValue: "10",
    help: "How long a request head may take to arrive.")
  package static let bodyTimeout = Setting(
    name: "body-timeout", kind: .seconds(0.01...86400), defaultValue: "300",
    help: "How long a request body may take to arrive.")
  package static let idleTimeout = Setting(
    name: "idle-timeout", kind: .seconds(0.01...86400), defaultValue: "75",
    help: "How long a connection may stay idle between requests.")
  package static let requestTimeout = Setting(
    name: "request-timeout", kind: .seconds(0.001...86400), defaultValue: "300",
    help: "How long an admitted request may wait before it is answered with 504.")
  package static let drainTimeout = Setting(
    name: "drain-timeout", kind: .seconds(0...86400), defaultValue: "30",
    help: "How long requests in flight may take to finish after SIGTERM.")
  package static let preDrainDelay = Setting(
    name: "pre-drain-delay", kind: .seconds(0...3600), defaultValue: "0",
    help: "How long to go on accepting after SIGTERM while readiness already says no.")
  package static let reloadInterval = Setting(
    name: "reload-interval", kind: .seconds(0...86400), defaultValue: "0",
    help: "How often the model repository is read again; 0 only on SIGHUP.")
  package static let tlsCertificate = Setting(
    name: "tls-certificate", kind: .path, defaultValue: "",
    help: "The certificate chain (PEM); with --tls-key it turns TLS on.")
  package static let tlsKey = Setting(
    name: "tls-key", kind: .path, defaultValue: "", help: "The private key (PEM).")
  package static let tlsClientCertificateAuthority = Setting(
    name: "tls-client-ca", kind: .path, defaultValue: "",
    help: "Certificate authorities (PEM); clients must then present a certificate of theirs.")
  package static let apiKeys = Setting(
    name: "api-keys", kind: .path, defaultValue: "",
    help: "A file of hashed API keys (pointserve create-key); requests must then carry one.")
  package static let clientRequestsPerSecond = Setting(
    name: "client-requests-per-second",
    kind: .integer(0...1_000_000, unit: "requests per second"), defaultValue: "0",
    help: "How often one address may infer or segment in the long run; 0 for no limit.")
  package static let clientRequestBurst = Setting(
    name: "client-request-burst", kind: .integer(1...1_000_000, unit: "requests"),
    defaultValue: "20", help: "How often one address may infer or segment at once.")
  package static let allowedOrigins = Setting(
    name: "allowed-origins", kind: .text, defaultValue: "",
    help: "Web pages of these origins may read answers, separated by commas; * for all.")
}
