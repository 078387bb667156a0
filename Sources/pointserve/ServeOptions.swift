import ArgumentParser
import Service

/// The settings of the service as flags; every value is checked in one place, wherever it is from.
struct ServeOptions: ParsableArguments {
  @Option(help: ArgumentHelp(String(Setting.host), valueName: "address"))
  var host: String?
  @Option(help: .init(Setting.port))
  var port: String?
  @Option(help: ArgumentHelp(String(Setting.modelRepository), valueName: "directory"))
  var modelRepository: String?
  @Option(help: .init(Setting.threads))
  var threads: String?
  @Option(help: .init(Setting.instructionSet))
  var isa: String?
  @Option(help: .init(Setting.logFormat))
  var logFormat: String?
  @Option(help: .init(Setting.logLevel))
  var logLevel: String?
  @Option(help: .init(Setting.maxBodyBytes))
  var maxBodyBytes: String?
  @Option(help: .init(Setting.maxPoints))
  var maxPoints: String?
  @Option(help: .init(Setting.maxWaitingRequests))
  var maxWaitingRequests: String?
  @Option(help: .init(Setting.maxWaitingPoints))
  var maxWaitingPoints: String?
  @Option(help: .init(Setting.maxWaitingBytes))
  var maxWaitingBytes: String?
  @Option(help: .init(Setting.maxConnections))
  var maxConnections: String?
  @Option(help: .init(Setting.maxConnectionsPerClient))
  var maxConnectionsPerClient: String?
  @Option(help: .init(Setting.maxHeaderBytes))
  var maxHeaderBytes: String?
  @Option(help: .init(Setting.headerTimeout))
  var headerTimeout: String?
  @Option(help: .init(Setting.bodyTimeout))
  var bodyTimeout: String?
  @Option(help: .init(Setting.idleTimeout))
  var idleTimeout: String?
  @Option(help: .init(Setting.requestTimeout))
  var requestTimeout: String?
  @Option(help: .init(Setting.drainTimeout))
  var drainTimeout: String?
  @Option(help: .init(Setting.preDrainDelay))
  var preDrainDelay: String?
  @Option(help: .init(Setting.reloadInterval))
  var reloadInterval: String?
  @Option(help: ArgumentHelp(String(Setting.tlsCertificate), valueName: "file"))
  var tlsCertificate: String?
  @Option(help: ArgumentHelp(String(Setting.tlsKey), valueName: "file"))
  var tlsKey: String?
  @Option(
    name: .customLong("tls-client-ca"),
    help: ArgumentHelp(String(Setting.tlsClientCertificateAuthority), valueName: "file"))
  var tlsClientCertificateAuthority: String?
  @Option(help: ArgumentHelp(String(Setting.apiKeys), valueName: "file"))
  var apiKeys: String?
  @Option(help: .init(Setting.clientRequestsPerSecond))
  var clientRequestsPerSecond: String?
  @Option(help: .init(Setting.clientRequestBurst))
  var clientRequestBurst: String?
  @Option(help: .init(Setting.allowedOrigins))
  var allowedOrigins: String?
  @Option(
    help: ArgumentHelp(
      """
      A file of settings, {"port": 8080, "max_points": 2000000, …}. Flags go over environment \
      variables (POINTSERVE_PORT, …), those over this file, this over the defaults.
      """, valueName: "file"))
  var config: String?

  /// The flags that were given.
  var given: [Setting: String] {
    let pairs: [(Setting, String?)] = [
      (.host, host), (.port, port), (.modelRepository, modelRepository), (.threads, threads),
      (.instructionSet, isa), (.logFormat, logFormat), (.logLevel, logLevel),
      (.maxBodyBytes, maxBodyBytes), (.maxPoints, maxPoints),
      (.maxWaitingRequests, maxWaitingRequests), (.maxWaitingPoints, maxWaitingPoints),
      (.maxWaitingBytes, maxWaitingBytes), (.maxConnections, maxConnections),
      (.maxConnectionsPerClient, maxConnectionsPerClient), (.maxHeaderBytes, maxHeaderBytes),
      (.headerTimeout, headerTimeout), (.bodyTimeout, bodyTimeout), (.idleTimeout, idleTimeout),
      (.requestTimeout, requestTimeout), (.drainTimeout, drainTimeout),
      (.preDrainDelay, preDrainDelay), (.reloadInterval, reloadInterval),
      (.tlsCertificate, tlsCertificate), (.tlsKey, tlsKey),
      (.tlsClientCertificateAuthority, tlsClientCertificateAuthority), (.apiKeys, apiKeys),
      (.clientRequestsPerSecond, clientRequestsPerSecond),
      (.clientRequestBurst, clientRequestBurst), (.allowedOrigins, allowedOrigins),
    ]
    var given: [Setting: String] = [:]
    for (setting, text) in pairs { given[setting] = text }
    return given
  }
}

extension ArgumentHelp {
  /// The help of a setting with its default.
  fileprivate init(_ setting: Setting) {
    self.init(String(setting))
  }
}

extension String {
  /// The help of a setting with its unit or choices and its default.
  fileprivate init(_ setting: Setting) {
    var notes: [String] = []
    switch setting.kind {
    case .seconds: notes.append("seconds")
    case .choice(let values): notes.append(values.joined(separator: ", "))
    case .text, .path, .integer, .bytes: break
    }
    if !setting.defaultValue.isEmpty { notes.append("default: \(setting.defaultValue)") }
    self = notes.isEmpty ? setting.help : "\(setting.help) (\(notes.joined(separator: "; ")))"
  }
}
