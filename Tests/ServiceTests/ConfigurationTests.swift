import Testing

@testable import Service

@Suite struct ConfigurationTests {
  @Test func `flags go over the environment, that over the file, this over the defaults`() throws {
    let settings = try ResolvedSettings(
      flags: [.port: "1"],
      environment: ["POINTSERVE_PORT": "2", "POINTSERVE_HOST": "::1", "PATH": "/bin"],
      file: ("settings.json", ["port": "3", "host": "::", "threads": "4"]))
    #expect(settings.integer(.port) == 1)
    #expect(settings.text(.host) == "::1")
    #expect(settings.integer(.threads) == 4)
    #expect(settings.integer(.maxBodyBytes) == 256 << 20)
    #expect(settings.summary.contains("threads"))
    #expect(settings.summary.contains("(file settings.json)"))
  }

  @Test(arguments: [
    ("port", "65536"), ("port", "-1"), ("port", "+5"), ("port", ""), ("max-body-bytes", "1TiB"),
    ("max-body-bytes", "99999999999GiB"), ("header-timeout", "nan"), ("header-timeout", "0"),
    ("log-format", "xml"), ("threads", "two"),
  ])
  func `a value that its setting does not take is refused, wherever it is from`(
    name: String, text: String
  ) throws {
    let setting = try #require(Setting.all.first { $0.name == name })
    #expect(throws: ConfigurationProblem.self) {
      _ = try ResolvedSettings(flags: [setting: text], environment: [:], file: nil)
    }
    #expect(throws: ConfigurationProblem.self) {
      _ = try ResolvedSettings(
        flags: [:], environment: [setting.environmentName: text], file: nil)
    }
  }

  @Test(arguments: [
    ("", true), ("*", true), ("https://a.example, http://localhost:3000", true),
    ("a.example", false), ("https://a.example/", false), ("https://a.example/map", false),
    ("https://", false), ("null", false),
  ])
  func `allowed origins are written as browsers write them`(text: String, isValid: Bool) throws {
    let settings = try ResolvedSettings(
      flags: text.isEmpty ? [:] : [.allowedOrigins: text], environment: [:], file: nil)
    do throws(ConfigurationProblem) {
      _ = try ServiceConfiguration(settings, processorCount: 1)
      #expect(isValid)
    } catch {
      #expect(!isValid && error.description.contains("allowed-origins"), "\(error)")
    }
  }

  @Test func `an unknown key names the nearest known one`() {
    #expect(
      throws: ConfigurationProblem.unknownKey(
        key: "max_point", origin: "settings.json", nearest: "max_points")
    ) {
      _ = try ResolvedSettings(
        flags: [:], environment: [:], file: ("settings.json", ["max_point": "1"]))
    }
    #expect(
      throws: ConfigurationProblem.unknownKey(
        key: "POINTSERVE_PROT", origin: "the environment", nearest: "POINTSERVE_PORT")
    ) {
      _ = try ResolvedSettings(
        flags: [:], environment: ["POINTSERVE_PROT": "1"], file: nil)
    }
  }

  @Test func `what Kubernetes sets beside a service of our name is no setting`() throws {
    let settings = try ResolvedSettings(
      flags: [:],
      environment: [
        "POINTSERVE_PORT": "tcp://10.0.0.1:80", "POINTSERVE_SERVICE_HOST": "10.0.0.1",
        "POINTSERVE_PORT_80_TCP_PORT": "80",
      ], file: nil)
    #expect(settings.integer(.port) == 8080)
  }

  @Test func `a certificate needs its key`() throws {
    let settings = try ResolvedSettings(
      flags: [.tlsCertificate: "a.pem"], environment: [:], file: nil)
    #expect(throws: ConfigurationProblem.self) {
      _ = try ServiceConfiguration(settings, processorCount: 1)
    }
  }
}
