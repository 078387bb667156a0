package import Batching
package import HTTPServer

/// The checked configuration of one service process.
package struct ServiceConfiguration: Sendable {
  package var host: String
  package var port: Int
  /// `nil` serves the built-in model.
  package var modelRepository: String?
  /// At least one.
  package var threadCount: Int
  /// `nil` takes the widest that the processor has.
  package var instructionSet: String?
  package var maximumBodyBytes: Int
  package var admission: AdmissionLimits
  package var maximumConnections: Int
  package var maximumConnectionsPerClient: Int
  package var maximumHeaderBytes: Int
  package var headerTimeout: Duration
  package var bodyTimeout: Duration
  package var idleTimeout: Duration
  package var requestTimeout: Duration
  package var drainTimeout: Duration
  package var preDrainDelay: Duration
  /// Zero reloads on demand only.
  package var reloadInterval: Duration
  package var tls: TLSFiles?
  package var apiKeyFile: String?
  /// Zero for no limit.
  package var clientRequestsPerSecond: Int
  package var clientRequestBurst: Int
  package var allowedOrigins: Set<String>

  /// Takes the values of resolved settings and checks them against each other.
  ///
  /// - Parameters:
  ///   - settings: Each in its range.
  ///   - processorCount: The compute threads where the settings leave that open.
  /// - Throws: `ConfigurationProblem.contradiction`.
  package init(
    _ settings: ResolvedSettings, processorCount: Int
  ) throws(ConfigurationProblem) {
    host = settings.text(.host)
    port = settings.integer(.port)
    modelRepository = settings.optionalText(.modelRepository)
    let threads = settings.integer(.threads)
    threadCount = threads == 0 ? max(1, processorCount) : threads
    let isa = settings.text(.instructionSet)
    instructionSet = isa == "auto" ? nil : isa
    maximumBodyBytes = settings.integer(.maxBodyBytes)
    admission = AdmissionLimits(
      waitingRequests: settings.integer(.maxWaitingRequests),
      waitingPoints: settings.integer(.maxWaitingPoints),
      waitingBytes: settings.integer(.maxWaitingBytes),
      requestPoints: settings.integer(.maxPoints))
    maximumConnections = settings.integer(.maxConnections)
    maximumConnectionsPerClient = settings.integer(.maxConnectionsPerClient)
    maximumHeaderBytes = settings.integer(.maxHeaderBytes)
    headerTimeout = settings.duration(.headerTimeout)
    bodyTimeout = settings.duration(.bodyTimeout)
    idleTimeout = settings.duration(.idleTimeout)
    requestTimeout = settings.duration(.requestTimeout)
    drainTimeout = settings.duration(.drainTimeout)
    preDrainDelay = settings.duration(.preDrainDelay)
    reloadInterval = settings.duration(.reloadInterval)
    apiKeyFile = settings.optionalText(.apiKeys)
    clientRequestsPerSecond = settings.integer(.clientRequestsPerSecond)
    clientRequestBurst = settings.integer(.clientRequestBurst)
    allowedOrigins = Set(
      settings.text(.allowedOrigins).split(separator: ",").map { $0.filter { $0 != " " } })
    for origin in allowedOrigins where origin != "*" && !Self.isOrigin(origin) {
      throw .contradiction(
        "allowed-origins: expected * or origins such as https://maps.example, found \(origin)")
    }
    let clientCertificateAuthority = settings.optionalText(.tlsClientCertificateAuthority)
    switch (settings.optionalText(.tlsCertificate), settings.optionalText(.tlsKey)) {
    case (let certificate?, let key?):
      tls = TLSFiles(
        certificateChain: certificate, privateKey: key,
        clientAuthorities: clientCertificateAuthority)
    case (nil, nil):
      guard clientCertificateAuthority == nil else {
        throw .contradiction("tls-client-ca needs tls-certificate and tls-key")
      }
      tls = nil
    case (_?, nil): throw .contradiction("tls-certificate needs tls-key")
    case (nil, _?): throw .contradiction("tls-key needs tls-certificate")
    }
  }

  /// Whether a text is scheme://authority, as browsers write origins; with a path it never matches.
  private static func isOrigin(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 3 && parts[0].count > 1 && parts[0].hasSuffix(":") && parts[1].isEmpty
      && !parts[2].isEmpty
  }
}
