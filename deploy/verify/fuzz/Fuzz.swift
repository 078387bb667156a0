import CFuzzer

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `fuzz TARGET [libFuzzer's arguments]`: feeds one parser of untrusted bytes until it breaks.
///
/// A trap, a report of the address sanitizer or a broken promise of a target ends the process and
/// leaves the input behind.
@main
struct Fuzz {
  static func main() {
    guard let name = CommandLine.arguments.dropFirst().first, FuzzTarget.named(name) != nil else {
      print("usage: fuzz TARGET [ARGUMENT…]\ntargets:")
      for target in FuzzTarget.all { print("  \(target.name)") }
      exit(2)
    }
    // The arguments live as long as the process; libFuzzer may replace the vector.
    var count = CommandLine.argc - 1
    var vector = unsafe CommandLine.unsafeArgv + 1
    exit(
      unsafe withUnsafeMutablePointer(to: &vector) { vector in
        unsafe vector.withMemoryRebound(
          to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.self, capacity: 1
        ) { vector in
          // A C function captures nothing, so it asks for the target again.
          unsafe LLVMFuzzerRunDriver(&count, vector) { data, byteCount in
            unsafe Fuzz.target.run(Array(UnsafeBufferPointer(start: data, count: byteCount)))
            return 0
          }
        }
      })
  }

  /// The target that the command line names, which `main` has checked.
  private static let target: FuzzTarget = {
    guard let target = FuzzTarget.named(CommandLine.arguments[1]) else {
      preconditionFailure("no such target")
    }
    return target
  }()
}
