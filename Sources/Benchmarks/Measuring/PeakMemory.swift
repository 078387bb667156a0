import FoundationEssentials

/// The most memory that the process has held at once, as Linux counts it (proc(5)).
package enum PeakMemory {
  /// Lets the count begin anew with what is held now; where that is refused, it stays as it was.
  package static func reset() {
    let file = "/proc/self/clear_refs"
    guard FileManager.default.isWritableFile(atPath: file) else { return }
    try? Data("5".utf8).write(to: URL(filePath: file))
  }

  /// Bytes; `nil` where the system does not tell.
  package static var byteCount: Int? { field("VmHWM") }

  /// Bytes held now; `nil` where the system does not tell.
  package static var currentByteCount: Int? { field("VmRSS") }

  private static func field(_ name: String) -> Int? {
    guard let text = try? String(contentsOf: URL(filePath: "/proc/self/status"), encoding: .utf8)
    else { return nil }
    return kibibytes(name, in: text).map { $0 * 1024 }
  }

  /// The number behind a name in lines such as "VmHWM:     1234 kB".
  package static func kibibytes(_ name: String, in text: String) -> Int? {
    for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
      let words = line.split { $0 == " " || $0 == "\t" }
      return words.count == 3 && words[2] == "kB" ? Int(words[1]) : nil
    }
    return nil
  }
}
