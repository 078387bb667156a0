import COpenSSL
import CZlib

/// The system libraries that the server is linked with.
package enum LinkedLibraries {
  /// Their names and versions, as they are at run time.
  package static var versions: [String] {
    [
      unsafe String(cString: OpenSSL_version(OPENSSL_VERSION)),
      unsafe "zlib \(String(cString: zlibVersion()))",
    ]
  }
}
