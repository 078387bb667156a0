/// The owner of an API key.
package struct HTTPPrincipal: Sendable, Equatable {
  /// The key's name in the key file; never the key.
  package let name: String
  /// What the key may do, for example `infer`, `admin`, `metrics`.
  package let scopes: Set<String>

  package init(name: String, scopes: Set<String>) {
    self.name = name
    self.scopes = scopes
  }
}
