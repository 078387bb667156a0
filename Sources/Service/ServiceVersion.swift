/// The version of the program.
package enum ServiceVersion {
  package static let number = "1.0.0"
}
