import Locking

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The API keys of a file, which can be loaded again while the server runs.
///
/// A line is `name:scope,scope:salt:hash`; empty lines and those that start with `#` do not count.
package final class APIKeys: Sendable {
  /// Keys of a file; each request is compared with all of them.
  package static let maximumCount = 1000

  private let file: String
  private let entries: Lock<[APIKeyEntry]>

  /// Loads a file.
  ///
  /// - Throws: ``APIKeyError``, naming the file and the line.
  package init(file: String) throws(APIKeyError) {
    self.file = file
    entries = Lock(try Self.load(file))
  }

  /// Loads the file again.
  ///
  /// - Throws: ``APIKeyError``; the keys in use stay.
  package func reload() throws(APIKeyError) {
    let loaded = try Self.load(file)
    entries.withLock { $0 = loaded }
  }

  private static func load(_ file: String) throws(APIKeyError) -> [APIKeyEntry] {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw .unreadable(file: file)
    }
    var entries: [APIKeyEntry] = []
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() {
      let content = line.trimmingOptionalWhitespace
      guard !content.isEmpty, !content.hasPrefix("#") else { continue }
      guard entries.count < maximumCount else {
        throw .tooManyKeys(file: file, limit: maximumCount)
      }
      do {
        entries.append(try APIKeyEntry(line: content))
      } catch {
        throw .malformed(file: file, line: index + 1, reason: error.reason)
      }
    }
    return entries
  }

  /// The owner of a key; nil for none.
  ///
  /// Compares with every key, so that the time tells nothing.
  package func principal(of key: String) -> HTTPPrincipal? {
    let bytes = Array(key.utf8)
    var found: HTTPPrincipal?
    for entry in entries.withLock({ $0 }) where entry.matches(bytes) { found = entry.principal }
    return found
  }

  /// Makes a key and the line that a file keeps of it.
  ///
  /// - Parameters:
  ///   - name: of its owner; letters, digits, `-` and `_`.
  ///   - scopes: what it may do.
  /// - Returns: the key, which rests nowhere, and the line; nil when the name or a scope is
  ///   malformed.
  package static func make(
    name: String, scopes: [String]
  ) -> (key: String, line: String)? {
    var generator = SystemRandomNumberGenerator()
    func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in generator.next() } }
    let key = Hexadecimal.text(random(APIKeyEntry.keyByteCount))
    let salt = random(APIKeyEntry.saltByteCount)
    guard let hash = APIKeyEntry.hash(Array(key.utf8), salt: salt) else { return nil }
    let line =
      "\(name):\(scopes.joined(separator: ",")):\(Hexadecimal.text(salt)):\(Hexadecimal.text(hash))"
    guard (try? APIKeyEntry(line: line[...])) != nil else { return nil }
    return (key, line)
  }
}
