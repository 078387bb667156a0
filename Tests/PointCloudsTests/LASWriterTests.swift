import PointClouds
import Testing

struct LASWriterTests {
  private func format() throws -> CloudFormat { try LASReaderTests.format() }

  @Test(arguments: Fixture.lasNames)
  func `the same classes give the same file, byte for byte`(name: String) throws {
    let file = try Fixture.bytes(name)
    let decoded = try format().decode(file)
    let classes = try #require(decoded.cloud.attributes.classification)
    let encoded = try format().encode(ClassifiedCloud(decoded, classes: classes))
    #expect(encoded.bytes == file)
    #expect(encoded.substitutedClassCount == 0)
  }

  @Test(arguments: Fixture.lasNames)
  func `other classes change the bits of the class alone`(name: String) throws {
    let file = try Fixture.bytes(name)
    let decoded = try format().decode(file)
    let classes: [UInt8] = [2, 6, 31, 0, 5, 14, 15]
    let written = try format().encode(ClassifiedCloud(decoded, classes: classes)).bytes
    #expect(try format().decode(written).cloud.attributes.classification == classes)

    let start = file.number(UInt32.self, at: 96)
    let length = file.number(UInt16.self, at: 105)
    let isLegacy = file[104] < 6
    var masked = (file, written)
    for point in 0..<7 {
      let position = start + point * length + (isLegacy ? 15 : 16)
      masked.0[position] &= isLegacy ? 0xE0 : 0
      masked.1[position] &= isLegacy ? 0xE0 : 0
    }
    #expect(masked.0 == masked.1)
  }

  @Test func `a class that five bits cannot hold becomes unclassified and is counted`() throws {
    let decoded = try format().decode(Fixture.bytes("format_3.las"))
    let classes: [UInt8] = [64, 6, 32, 31, 255, 2, 0]
    let encoded = try format().encode(ClassifiedCloud(decoded, classes: classes))
    #expect(encoded.substitutedClassCount == 3)
    #expect(
      try format().decode(encoded.bytes).cloud.attributes.classification == [1, 6, 1, 31, 1, 2, 0])
  }

  @Test func `formats from 6 on hold every class`() throws {
    let decoded = try format().decode(Fixture.bytes("format_8.las"))
    let classes: [UInt8] = [64, 6, 32, 31, 255, 2, 0]
    let encoded = try format().encode(ClassifiedCloud(decoded, classes: classes))
    #expect(encoded.substitutedClassCount == 0)
    #expect(try format().decode(encoded.bytes).cloud.attributes.classification == classes)
  }

  /// The parts of a file that a new dimension must not change.
  struct Parts: Equatable {
    var header: [UInt8]
    var records: [[UInt8]]
    var points: [[UInt8]]
    var tail: [UInt8]

    /// Splits a file; `recordLength` bytes of each point are taken.
    init(_ file: [UInt8], recordLength: Int) {
      let headerSize = file.number(UInt16.self, at: 94)
      let start = file.number(UInt32.self, at: 96)
      let stride = file.number(UInt16.self, at: 105)
      header = Array(file[..<headerSize])
      // Sizes, counts and offsets that a new dimension changes.
      for range in [96..<104, 105..<107, 235..<243] where range.upperBound <= headerSize {
        for offset in range { header[offset] = 0 }
      }
      records = []
      var position = headerSize
      for _ in 0..<file.number(UInt32.self, at: 100) {
        let end = position + 54 + file.number(UInt16.self, at: position + 20)
        records.append(Array(file[position..<end]))
        position = end
      }
      points = (0..<7).map { Array(file[start + $0 * stride..<start + $0 * stride + recordLength]) }
      tail = Array(file[(start + 7 * stride)...])
    }
  }

  @Test(arguments: Fixture.lasNames)
  func `confidence is appended, registered, and leaves everything else alone`(name: String) throws {
    let file = try Fixture.bytes(name)
    let decoded = try format().decode(file)
    let classes = try #require(decoded.cloud.attributes.classification)
    let confidence: [Float] = [0, 0.25, 0.5, 0.75, 1, 0.1, 0.9]
    let written = try format().encode(
      ClassifiedCloud(decoded, classes: classes, confidence: confidence)
    ).bytes

    let length = file.number(UInt16.self, at: 105)
    #expect(written.number(UInt16.self, at: 105) == length + 4)
    let (before, after) = (
      Parts(file, recordLength: length), Parts(written, recordLength: length)
    )
    #expect(after.header == before.header)
    #expect(after.points == before.points)
    #expect(after.tail == before.tail)
    #expect(try format().decode(written).cloud == decoded.cloud)

    let appended = Parts(written, recordLength: length + 4).points.map { $0.suffix(4) }
    #expect(appended.map { Array($0) } == confidence.map { .init(littleEndian: $0.bitPattern) })
    let extraBytes = try #require(after.records.first { $0[18...19] == [4, 0] })
    let descriptor = Array(extraBytes.suffix(192))
    #expect(descriptor[2] == 9)
    #expect(String(decoding: descriptor[4..<14], as: UTF8.self) == "confidence")
    #expect(
      after.records.filter { $0[18...19] != [4, 0] }
        == before.records.filter { $0[18...19] != [4, 0] })
    if file.number(UInt16.self, at: 94) == 375, file.number(UInt32.self, at: 243) > 0 {
      #expect(
        written.count - written.number(UInt64.self, at: 235) == file.count
          - file.number(UInt64.self, at: 235))
    }
  }

  @Test func `confidence that a file already has is overwritten`() throws {
    let classes = [UInt8](repeating: 2, count: 7)
    let decoded = try format().decode(Fixture.bytes("extra_bytes.las"))
    let first = try format().encode(
      ClassifiedCloud(decoded, classes: classes, confidence: .init(repeating: 0.25, count: 7)))
    let second = try format().encode(
      ClassifiedCloud(
        format().decode(first.bytes), classes: classes, confidence: .init(repeating: 0.75, count: 7)
      ))
    let direct = try format().encode(
      ClassifiedCloud(decoded, classes: classes, confidence: .init(repeating: 0.75, count: 7)))
    #expect(second.bytes == direct.bytes)
  }

  @Test func `bytes that nobody registered are described before the new dimension`() throws {
    // Format 0 read as if its records were shorter leaves a tail of unregistered bytes.
    let file = try Fixture.bytes("format_1.las").replacing(at: 104, with: [0])
    let decoded = try format().decode(file)
    let written = try format().encode(
      ClassifiedCloud(
        decoded, classes: .init(repeating: 2, count: 7), confidence: .init(repeating: 1, count: 7))
    ).bytes
    let record = try #require(
      Parts(written, recordLength: 28).records.first { $0[18...19] == [4, 0] })
    #expect(record.count == 54 + 2 * 192)
    #expect(record[54 + 2] == 0)
    #expect(record[54 + 3] == 8)
    #expect(record[54 + 192 + 2] == 9)
  }

  @Test func `waveform data behind the points move along`() throws {
    let file = try Fixture.bytes("format_4.las")
    let end = UInt64(file.count)
    let decoded = try format().decode(file.replacing(at: 227, with: .init(littleEndian: end)))
    let written = try format().encode(
      ClassifiedCloud(
        decoded, classes: .init(repeating: 2, count: 7), confidence: .init(repeating: 1, count: 7))
    ).bytes
    #expect(written.number(UInt64.self, at: 227) == written.count)
  }

  @Test func `a cloud from elsewhere becomes LAS 1.4`() throws {
    let cloud = try PointCloud(
      positions: [770_500.1234, 6_277_500.5, -3.25, 770_549.5, 6_277_548.0625, 60.5],
      attributes: PointAttributes(
        intensity: [7.4, 1e9], returnNumber: [1, 2], numberOfReturns: [2, 3],
        colors: [1, 2, 3, 65535, 5, 6]))
    let encoded = try format().encode(
      ClassifiedCloud(DecodedCloud(cloud), classes: [64, 2], confidence: [0.5, 1]))
    let read = try format().decode(encoded.bytes).cloud
    for (found, expected) in zip(read.positions, cloud.positions) {
      #expect(abs(found - expected) <= 0.5001e-4)
    }
    #expect(read.attributes.classification == [64, 2])
    #expect(read.attributes.intensity == [7, 65535])
    #expect(read.attributes.returnNumber == [1, 2])
    #expect(read.attributes.numberOfReturns == [2, 3])
    #expect(read.attributes.colors == [1, 2, 3, 65535, 5, 6])
  }

  @Test(arguments: [1e-6, 1, 1e5, 1e9, 1e37])
  func `stored integers suit the extent of the cloud`(extent: Double) throws {
    let positions = [0, 0, 0, extent, extent / 3, extent / 7]
    let decoded = DecodedCloud(try PointCloud(positions: positions))
    let encoded = try format().encode(ClassifiedCloud(decoded, classes: [2, 2]))
    let read = try format().decode(encoded.bytes).cloud
    let tolerance = max(extent * 1e-6, extent < 1 ? 1e-9 : 0)
    for (found, expected) in zip(read.positions, positions) {
      #expect(abs(found - expected) <= tolerance)
    }
  }

  @Test func `an extent beyond all numbers is refused`() throws {
    let far = Double.greatestFiniteMagnitude
    let decoded = DecodedCloud(try PointCloud(positions: [-far, 0, 0, far, 0, 0]))
    #expect(throws: CloudError.self) {
      try format().encode(ClassifiedCloud(decoded, classes: [2, 2]))
    }
  }
}
