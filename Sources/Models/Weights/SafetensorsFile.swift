import Layers

/// A validated safetensors file in private memory.
///
/// Layout: eight bytes with the header's length, little-endian; the header, JSON that gives each
/// tensor's `dtype`, `shape` and `data_offsets` from the header's end; the data. Every byte is
/// accounted for: offsets stay inside the file, match the shapes, and neither overlap nor leave a
/// hole. (https://github.com/huggingface/safetensors, section "Format")
package struct SafetensorsFile: Sendable {
  /// Where a tensor lies and what it is.
  struct Entry: Sendable, Hashable {
    let datatype: SafetensorsDatatype
    let shape: [Int]
    let elementCount: Int
    /// Offsets from the beginning of the data.
    let begin: Int
    let end: Int
  }

  /// A header of a hundred thousand tensors is far below this.
  package static let defaultMaximumHeaderByteCount = 32 << 20

  /// The `__metadata__` of the file.
  package let metadata: [String: String]
  let entries: [String: Entry]
  private let bytes: [UInt8]
  private let dataStart: Int

  private static let lengthByteCount = 8

  /// Validates a whole file.
  ///
  /// - Parameters:
  ///   - bytes: the content of the file.
  ///   - maximumHeaderByteCount: the longest header that is looked at.
  /// - Throws: `SafetensorsError` naming the tensor, what was expected and what was found.
  package init(
    parsing bytes: [UInt8], maximumHeaderByteCount: Int = defaultMaximumHeaderByteCount
  ) throws(SafetensorsError) {
    guard bytes.count >= Self.lengthByteCount else {
      throw .truncatedHeader(expected: Self.lengthByteCount, found: bytes.count)
    }
    let length = bytes[..<Self.lengthByteCount].reversed()
      .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let headerByteCount = Int(exactly: length), headerByteCount <= maximumHeaderByteCount
    else {
      throw .headerTooLarge(limit: maximumHeaderByteCount, found: length)
    }
    dataStart = Self.lengthByteCount + headerByteCount
    guard bytes.count >= dataStart else {
      throw .truncatedHeader(expected: dataStart, found: bytes.count)
    }
    let header: ConfigValue
    do {
      header = try JSONReader.read(bytes[Self.lengthByteCount..<dataStart], maximumDepth: 4)
    } catch {
      throw .headerJSON(error)
    }
    (metadata, entries) = try SafetensorsHeader.read(header)
    self.bytes = bytes
    try Self.requireFullCoverage(entries, dataByteCount: bytes.count - dataStart)
  }

  /// In ascending order.
  package var names: [String] { entries.keys.sorted() }

  package func shape(of name: String) -> [Int]? { entries[name]?.shape }

  /// Bytes of all tensors together.
  package var dataByteCount: Int { bytes.count - dataStart }

  /// The bytes of an entry that this file's own header gave.
  func data(of entry: Entry) -> ArraySlice<UInt8> {
    bytes[(dataStart + entry.begin)..<(dataStart + entry.end)]
  }

  private static func requireFullCoverage(
    _ entries: [String: Entry], dataByteCount: Int
  ) throws(SafetensorsError) {
    let ordered = entries.sorted {
      ($0.value.begin, $0.value.end, $0.key) < ($1.value.begin, $1.value.end, $1.key)
    }
    var position = 0
    for (name, entry) in ordered {
      guard entry.end <= dataByteCount else {
        throw .outOfBounds(tensor: name, end: entry.end, available: dataByteCount)
      }
      guard entry.begin <= position else {
        throw .hole(tensor: name, expected: position, found: entry.begin)
      }
      guard entry.begin == position else {
        throw .overlap(tensor: name, expected: position, found: entry.begin)
      }
      position = entry.end
    }
    guard position == dataByteCount else {
      throw .trailingBytes(expected: position, found: dataByteCount)
    }
  }
}
