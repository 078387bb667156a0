import COpenSSL

/// One API key as it rests in a file: its owner, its scopes, and a salted hash of it.
///
/// A key is 32 random bytes in hexadecimal digits, so one round of HMAC-SHA-256 is enough: there
/// is nothing to guess that a slow hash would protect, and an event loop has no time for one.
struct APIKeyEntry: Sendable, Equatable {
  static let saltByteCount = 16
  static let hashByteCount = 32
  static let keyByteCount = 32

  let principal: HTTPPrincipal
  let salt: [UInt8]
  let hash: [UInt8]

  /// Parses `name:scope,scope:salt:hash`, salt and hash in hexadecimal digits.
  ///
  /// - Throws: ``Malformed`` with the reason.
  init(line: Substring) throws(Malformed) {
    let parts = line.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 4 else {
      throw Malformed(reason: "expected name:scopes:salt:hash, found \(parts.count) parts")
    }
    let scopes = parts[1].split(separator: ",").map(String.init)
    guard Self.isName(parts[0]), !scopes.isEmpty, scopes.allSatisfy({ Self.isName($0[...]) }) else {
      throw Malformed(reason: "names and scopes are made of letters, digits, - and _")
    }
    guard let salt = Hexadecimal.bytes(parts[2]), salt.count == Self.saltByteCount else {
      throw Malformed(reason: "the salt is not \(Self.saltByteCount) bytes in hexadecimal")
    }
    guard let hash = Hexadecimal.bytes(parts[3]), hash.count == Self.hashByteCount else {
      throw Malformed(reason: "the hash is not \(Self.hashByteCount) bytes in hexadecimal")
    }
    principal = HTTPPrincipal(name: String(parts[0]), scopes: Set(scopes))
    self.salt = salt
    self.hash = hash
  }

  /// What is wrong with a line.
  struct Malformed: Error, Equatable { let reason: String }

  private static let nameBytes = ByteSet(alphanumericsAnd: "-_")

  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(nameBytes.contains)
  }

  /// Whether a key is this one.
  ///
  /// Takes the same time whatever the key.
  func matches(_ key: [UInt8]) -> Bool {
    guard let found = Self.hash(key, salt: salt), found.count == hash.count else { return false }
    // Both arrays have the same number of bytes.
    return unsafe CRYPTO_memcmp(found, hash, hash.count) == 0
  }

  /// HMAC-SHA-256 of a key under a salt; nil when OpenSSL fails.
  static func hash(_ key: [UInt8], salt: [UInt8]) -> [UInt8]? {
    var hash = [UInt8](repeating: 0, count: hashByteCount)
    var count: UInt32 = 0
    // SHA-256 writes as many bytes as `hash` has.
    let result = unsafe HMAC(
      EVP_sha256(), salt, Int32(clamping: salt.count), key, key.count, &hash, &count)
    guard unsafe result != nil, Int(count) == hashByteCount else { return nil }
    return hash
  }
}

/// Bytes as hexadecimal digits.
enum Hexadecimal {
  /// The bytes; nil when a character is no digit or their number is odd.
  static func bytes(_ text: Substring) -> [UInt8]? {
    let digits = text.utf8.map(PercentEncoding.hexDigitValue)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  /// The digits, small letters.
  static func text(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
