import CDemoModel

/// The files of the model that is part of the program.
package enum BuiltInModel {
  package static let name = "demo"

  package static var manifest: [UInt8] {
    var byteCount = 0
    // The bytes are constants of the program and as many as the function says.
    return unsafe Array(
      UnsafeBufferPointer(start: cdemomodel_manifest(&byteCount), count: byteCount))
  }

  package static var weights: [UInt8] {
    var byteCount = 0
    // The bytes are constants of the program and as many as the function says.
    return unsafe Array(
      UnsafeBufferPointer(start: cdemomodel_weights(&byteCount), count: byteCount))
  }
}
