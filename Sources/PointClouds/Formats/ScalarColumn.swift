import Batching

/// Numbers of one type that lie at equal distances in a binary file.
struct ScalarColumn: Sendable {
  let type: ScalarType
  let order: ByteOrder
  /// How many numbers there are.
  let count: Int
  /// The offset of the first number; the caller has checked that all lie within the file.
  let start: Int
  /// From one number to the next, bytes.
  let step: Int

  /// Reads the numbers.
  ///
  /// Throws `CloudError.abandoned`.
  func values(_ bytes: [UInt8], on sharing: WorkSharing) throws(CloudError) -> [Double] {
    try CloudError.unlessAbandoned { () throws(WorkAbandoned) in
      try sharing.rows(count, grain: 1 << 14) { rows, values in
        for (place, row) in rows.enumerated() {
          values[place] = type.value(bytes, at: start + row * step, order)
        }
      }
    }
  }
}
