import Service

/// What `--version` prints.
enum BuildInformation {
  static var description: String { "pointserve \(ServiceVersion.number)" }
}
