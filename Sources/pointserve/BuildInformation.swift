import CBuildInformation
import HTTPServer
import Layers
import Service

/// What `--version` prints.
enum BuildInformation {
  /// The minor release of the Swift runtime, which does not know its patch release.
  private static var runtime: String {
    "\(_SwiftStdlibVersion.current)".split(separator: ".").prefix(2).joined(separator: ".")
  }

  static var description: String {
    let libraries = LinkedLibraries.versions.joined(separator: ", ")
    return """
      pointserve \(ServiceVersion.number)
      commit     \(unsafe String(cString: cbuildinformation_revision))
      compiler   \(unsafe String(cString: cbuildinformation_compiler))
      runtime    Swift \(runtime)
      libraries  \(libraries)
      kernels    \(InstructionSet.name)
      """
  }
}
