import COpenSSL

/// The hash function SHA-256, FIPS 180-4.
package enum SHA256 {
  /// The digest of a message as 64 lower-case hexadecimal digits.
  package static func hexadecimal(of message: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    // The digest has room for what the function writes, and both arrays outlive the call.
    let isDone = unsafe message.withUnsafeBufferPointer { message in
      unsafe digest.withUnsafeMutableBufferPointer { digest in
        unsafe EVP_Digest(
          message.baseAddress, message.count, digest.baseAddress, nil, EVP_sha256(), nil)
      }
    }
    precondition(isDone == 1, "SHA-256 needs nothing but a little memory")
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
