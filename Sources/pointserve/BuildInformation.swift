import CBuildInformation
import HTTPServer
import Layers
import Service

/// What `--version` prints.
enum BuildInformation {
  static var description: String {
    let libraries = LinkedLibraries.versions.joined(separator: ", ")
    return """
      pointserve \(ServiceVersion.number)
      commit     \(unsafe String(cString: cbuildinformation_revision))
      compiler   \(unsafe String(cString: cbuildinformation_compiler))
      runtime    Swift \(_SwiftStdlibVersion.current)
      libraries  \(libraries)
      kernels    \(InstructionSet.name)
      """
  }
}
