import Layers
import Models
import Testing

@Suite struct SafetensorsTests {
  /// A file with this header and so many bytes of data.
  private static func file(_ header: String, dataByteCount: Int = 0) -> [UInt8] {
    let text = Array(header.utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(text.count) >> ($0 * 8)) }
    return length + text + Array(repeating: 0, count: dataByteCount)
  }

  private static func entry(
    _ name: String, _ datatype: String = "F32", _ shape: String = "[2]", _ offsets: String
  ) -> String {
    #""\#(name)":{"dtype":"\#(datatype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  @Test func `what the writer lays out reads back equal`() throws {
    let tensors = [
      "layer/kernel": HostTensor(shape: [2, 3], values: .float32([1, -2, 0.5, .pi, 0, 1e-30])),
      "layer/indices": HostTensor(shape: [2], values: .int32([.min, .max])),
      "empty": HostTensor(shape: [0, 4], values: .float32([])),
    ]
    let file = try SafetensorsFile(
      parsing: SafetensorsWriter.write(tensors, metadata: ["made by": "a \"test\""]))
    #expect(file.names == tensors.keys.sorted())
    #expect(file.metadata == ["made by": "a \"test\""])
    for (name, tensor) in tensors { #expect(try file.tensor(named: name) == tensor) }
  }

  @Test(arguments: [
    ("{", 0, "header: byte 1: expected a key in quotation marks, found the end of the text"),
    ("[]", 0, "header: key (top level): expected an object, found an array of 0"),
    (
      "{" + entry("a", "[0,8]") + "," + entry("a", "[8,16]") + "}", 16,
      "header: byte 54: expected each key once in an object, found \"a\" again"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2]}}"#, 8,
      "header: key \"a\": expected an object with just dtype, shape and data_offsets, "
        + "found an object with 2 keys"
    ),
    (
      "{" + entry("a", "F31", "[0,8]") + "}", 8,
      "tensor \"a\": expected a dtype of safetensors, found \"F31\""
    ),
    (
      "{" + entry("a", "F32", "[-2]", "[0,8]") + "}", 8,
      "header: key \"a\".shape: expected an array of integers from 0, found -2"
    ),
    (
      "{" + entry("a", "F32", "[2.0]", "[0,8]") + "}", 8,
      "header: key \"a\".shape: expected an array of integers from 0, found 2.0"
    ),
    (
      "{" + entry("a", "F32", "[4611686018427387904,4]", "[0,8]") + "}", 8,
      "tensor \"a\": expected a shape that fits into memory, found [4611686018427387904, 4]"
    ),
    (
      "{" + entry("a", "F64", "[2305843009213693952]", "[0,8]") + "}", 8,
      "tensor \"a\": expected a shape that fits into memory, found [2305843009213693952]"
    ),
    (
      "{" + entry("a", "[8,0]") + "}", 8,
      "header: key \"a\".data_offsets: expected [begin, end] in ascending order, found [8, 0]"
    ),
    (
      "{" + entry("a", "[0,8,9]") + "}", 8,
      "header: key \"a\".data_offsets: expected [begin, end] in ascending order, found [0, 8, 9]"
    ),
    (
      "{" + entry("a", "[0,12]") + "}", 12,
      "tensor \"a\": expected 8 bytes as its shape says, found 12"
    ),
    (
      "{" + entry("a", "[0,8]") + "}", 7,
      "tensor \"a\": expected to end within 7 bytes of data, found 8"
    ),
    ("{" + entry("a", "[0,8]") + "}", 9, "data: expected 8 bytes as the tensors say, found 9"),
    (
      "{" + entry("a", "[0,8]") + "," + entry("b", "[12,20]") + "}", 20,
      "tensor \"b\": expected to begin at data byte 8, found 12, a hole"
    ),
    (
      "{" + entry("a", "[0,8]") + "," + entry("b", "[4,12]") + "}", 12,
      "tensor \"b\": expected to begin at data byte 8, found 4, an overlap"
    ),
    (
      "{" + entry("a", "[4,12]") + "}", 12,
      "tensor \"a\": expected to begin at data byte 0, found 4, a hole"
    ),
    (
      #"{"__metadata__":{"a":1}}"#, 0,
      "header: key __metadata__.a: expected a string, found 1"
    ),
  ])
  func `a file with a fault is refused with what was expected and found`(
    header: String, dataByteCount: Int, message: String
  ) {
    let error = #expect(throws: SafetensorsError.self) {
      try SafetensorsFile(parsing: Self.file(header, dataByteCount: dataByteCount))
    }
    #expect(error?.description == message)
  }

  private static func entry(_ name: String, _ offsets: String) -> String {
    entry(name, "F32", "[2]", offsets)
  }

  private static func entry(_ name: String, _ datatype: String, _ offsets: String) -> String {
    entry(name, datatype, "[2]", offsets)
  }

  @Test(arguments: [UInt64(33 << 20), 1 << 63, .max])
  func `a header longer than the limit is refused before it is looked for`(length: UInt64) {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
    #expect(throws: SafetensorsError.headerTooLarge(limit: 32 << 20, found: length)) {
      try SafetensorsFile(parsing: bytes)
    }
  }

  @Test func `a file cut at any byte is refused`() throws {
    let whole = SafetensorsWriter.write([
      "a": HostTensor(shape: [3], values: .float32([1, 2, 3])),
      "b": HostTensor(shape: [1], values: .int32([4])),
    ])
    for count in whole.indices {
      #expect(throws: SafetensorsError.self) {
        try SafetensorsFile(parsing: Array(whole[..<count]))
      }
    }
  }

  @Test func `a flipped bit is refused or leaves every data byte in just one tensor`() throws {
    let whole = SafetensorsWriter.write([
      "a": HostTensor(shape: [2, 1], values: .float32([1, 2])),
      "b": HostTensor(shape: [1], values: .int32([4])),
    ])
    for bit in 0..<(whole.count * 8) {
      var flipped = whole
      flipped[bit / 8] ^= 1 << (bit % 8)
      do throws(SafetensorsError) {
        let file = try SafetensorsFile(parsing: flipped)
        let elementCounts = file.names.compactMap { file.shape(of: $0)?.reduce(1, *) }
        #expect(file.dataByteCount == 12 && elementCounts.reduce(0, +) <= 12)
        #expect(bit >= 64, "the header's length was flipped")
        for name in file.names { _ = try file.tensor(named: name) }
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }

  @Test(
    arguments: [
      ("F16", [0x00, 0x3C, 0x01, 0x00], [Float(1), 0x1p-24]),
      ("F16", [0xFF, 0x7B, 0x00, 0xC0], [65504, -2]),
      ("BF16", [0x80, 0x3F, 0x20, 0xC1], [1, -10]),
      ("F32", [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC1], [1, -10]),
      (
        "F64", [0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F],
        [1, 0.1]
      ),
    ] as [(String, [UInt8], [Float])])
  func `weights of every floating type become float32`(
    datatype: String, data: [UInt8], values: [Float]
  ) throws {
    let header = "{" + Self.entry("w", datatype, "[0,\(data.count)]") + "}"
    let file = try SafetensorsFile(parsing: Self.file(header) + data)
    #expect(try file.weight(named: "w").values == values)
  }

  @Test(
    arguments: [
      ("F32", [0, 0, 0x80, 0x7F, 0, 0, 0, 0], "inf at element 0"),
      ("F32", [0, 0, 0, 0, 0, 0, 0xC0, 0x7F], "nan at element 1"),
      ("F16", [0, 0, 0, 0xFC], "-inf at element 1"),
      (
        "F64", [0, 0, 0, 0, 0, 0, 0, 0, 0x3C, 0xE4, 0x37, 0x7E, 0, 0x88, 0x3C, 0x7E],
        "inf at element 1"
      ),
    ] as [(String, [UInt8], String)])
  func `weights that are not finite as float32 are refused`(
    datatype: String, data: [UInt8], found: String
  ) throws {
    let header = "{" + Self.entry("w", datatype, "[0,\(data.count)]") + "}"
    let file = try SafetensorsFile(parsing: Self.file(header) + data)
    let error = #expect(throws: SafetensorsError.self) { try file.weight(named: "w") }
    #expect(error?.description == "tensor \"w\": expected finite float32 values, found \(found)")
  }

  @Test func `integers are no weights, and indices beyond int32 no indices`() throws {
    let data: [UInt8] = [0, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]
    let file = try SafetensorsFile(
      parsing: Self.file("{" + Self.entry("w", "I64", "[0,16]") + "}") + data)
    #expect(
      throws: SafetensorsError.wrongDatatype(
        tensor: "w", expected: "F32, F64, F16 or BF16", found: "I64")
    ) { try file.weight(named: "w") }
    #expect(throws: SafetensorsError.outOfRange(tensor: "w", index: 0, found: 1 << 32)) {
      try file.tensor(named: "w")
    }
  }

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 64),
      "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"
    ),
  ])
  func `SHA-256 gives the digests of FIPS 180-4`(message: String, digest: String) {
    #expect(SHA256.hexadecimal(of: Array(message.utf8)) == digest)
  }
}
