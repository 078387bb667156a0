/// A parser of untrusted bytes and what must hold of it for any input.
struct FuzzTarget: Sendable {
  /// The name on the command line and of the directory of seeds.
  let name: String
  /// Must return; a broken promise is a failed precondition.
  let run: @Sendable (_ input: [UInt8]) -> Void

  static let all: [FuzzTarget] =
    [.http, .chunked, .content, .json, .safetensors, .manifest, .infer, .config] + clouds

  static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
