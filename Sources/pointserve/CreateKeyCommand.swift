import ArgumentParser
import HTTPServer

/// `pointserve create-key`.
struct CreateKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create-key", abstract: "Make an API key.",
    discussion: """
      Prints the line to append to the file of --api-keys, which holds only a salted hash, on \
      standard output, and the key itself, which rests nowhere, on standard error:

        pointserve create-key alice --scopes infer,metrics >> keys

      Send SIGHUP to a running service to let it read the file again.
      """)

  /// What a key may do.
  enum Scope: String, CaseIterable {
    case infer, admin, metrics
  }

  @Argument(help: "The owner: letters, digits, - and _.")
  var name: String
  @Option(help: "What the key may do, separated by commas: infer, admin, metrics.")
  var scopes = "infer"

  func run() throws {
    let scopes = self.scopes.split(separator: ",").map(String.init)
    for scope in scopes where Scope(rawValue: scope) == nil {
      throw CommandFailure.badCommandLine(
        "--scopes: expected \(Scope.allCases.map(\.rawValue).joined(separator: ", ")), found \(scope)"
      )
    }
    guard !scopes.isEmpty, let (key, line) = APIKeys.make(name: name, scopes: scopes) else {
      throw CommandFailure.badCommandLine(
        "expected a name of letters, digits, - and _ and at least one scope, found \(name)")
    }
    print(line)
    writeError("key of \(name): \(key)\n")
  }
}
