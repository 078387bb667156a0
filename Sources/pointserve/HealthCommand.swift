import ArgumentParser
import FoundationEssentials
import HTTPServer
import Service

/// `pointserve health`: the health check of a container without a shell.
struct HealthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "Ask a running service whether it is ready.",
    discussion: """
      Finds the service as the environment variables of `pointserve serve` and the file that \
      POINTSERVE_CONFIG names describe it. Where POINTSERVE_TLS_CERTIFICATE is set it asks through \
      TLS: without --host and --url the service of this machine, whatever certificate it shows, and \
      with them only one that shows that very certificate. No API key is needed.

      Exit code 0 if it is ready; 1, with the reason on standard error, if not.
      """)

  @Option(help: "The address of the service (default: POINTSERVE_HOST, or 127.0.0.1).")
  var host: String?
  @Option(help: "The port of the service (default: POINTSERVE_PORT, or 8080).")
  var port: String?
  @Option(help: "Both and the scheme at once, such as https://localhost:8443.")
  var url: String?
  @Option(
    help: ArgumentHelp(
      "Authorities (PEM) to which the service's certificate must lead; turns TLS on.",
      valueName: "file"))
  var ca: String?
  @Flag(help: "Believe any certificate; turns TLS on.")
  var insecure = false
  @Flag(help: "Ask whether it lives, not whether it is ready.")
  var live = false

  func validate() throws {
    if url != nil, host != nil || port != nil {
      throw ValidationError("--url: expected no --host and no --port beside it")
    }
    if ca != nil, insecure { throw ValidationError("--ca: expected no --insecure beside it") }
  }

  func run() throws {
    let probe = try makeProbe()
    let answer: HTTPProbe.Answer
    do {
      answer = try probe.get(live ? "/health/live" : "/health/ready")
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
    guard answer.status == 200 else {
      throw CommandFailure.badInput(
        answer.body.isEmpty ? "the answer is \(answer.status)" : answer.body)
    }
  }

  /// The question's address and security, from the flags and the settings of the service.
  private func makeProbe() throws -> HTTPProbe {
    let settings: ResolvedSettings
    do throws(ConfigurationProblem) {
      var flags: [Setting: String] = [:]
      flags[.host] = host
      flags[.port] = port
      settings = try ResolvedSettings(
        flags: flags, environment: Environment.variables,
        file: try Self.configurationFile())
    } catch {
      throw CommandFailure.badCommandLine("\(error)")
    }
    if let url { return try makeProbe(url: url, settings) }
    let isSecure = settings.optionalText(.tlsCertificate) != nil || ca != nil || insecure
    guard let port = UInt16(exactly: settings.integer(.port)), port > 0 else {
      throw CommandFailure.badCommandLine("--port: the service took a free one, name it")
    }
    // Where the service listens on every interface, the nearest one will do.
    let wildcards = ["0.0.0.0": "127.0.0.1", "::": "::1"]
    let host = settings.text(.host)
    return HTTPProbe(
      host: wildcards[host] ?? host, port: port, tls: isSecure ? security(settings) : nil)
  }

  private static func configurationFile() throws(ConfigurationProblem) -> (
    path: String, values: [String: String]
  )? {
    guard let path = Environment.variables["POINTSERVE_CONFIG"] else { return nil }
    return (path, try ConfigurationFile.read(path: path))
  }

  private func makeProbe(url text: String, _ settings: ResolvedSettings) throws -> HTTPProbe {
    guard let url = URL(string: text), let scheme = url.scheme?.lowercased(),
      ["http", "https"].contains(scheme), let host = url.host(percentEncoded: false), !host.isEmpty,
      ["", "/"].contains(url.path), url.query == nil,
      let port = UInt16(exactly: url.port ?? (scheme == "https" ? 443 : 80)), port > 0
    else {
      throw CommandFailure.badCommandLine(
        "--url: expected http:// or https://, a host and perhaps a port, found \(text)")
    }
    guard scheme == "https" || (ca == nil && !insecure) else {
      throw CommandFailure.badCommandLine("--url: expected https:// beside --ca or --insecure")
    }
    return HTTPProbe(host: host, port: port, tls: scheme == "https" ? security(settings) : nil)
  }

  /// Whom to believe, and who asks.
  ///
  /// To a service that demands certificates of its clients, its own is shown.
  private func security(_ settings: ResolvedSettings) -> ProbeTLS {
    var identity: (certificateChain: String, privateKey: String)?
    if settings.optionalText(.tlsClientCertificateAuthority) != nil,
      let certificate = settings.optionalText(.tlsCertificate),
      let key = settings.optionalText(.tlsKey)
    {
      identity = (certificate, key)
    }
    let trust: ProbeTLS.Trust =
      if insecure {
        .anyone
      } else if ca == nil, let file = settings.optionalText(.tlsCertificate) {
        // Nobody between this machine and itself has to be found out, and a service that has refused
        // new files is ready with the old ones.
        host == nil && url == nil ? .anyone : .certificate(file: file)
      } else {
        .authorities(file: ca)
      }
    return ProbeTLS(trust: trust, identity: identity)
  }
}
