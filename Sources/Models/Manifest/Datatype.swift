/// The element type of a tensor, as the Open Inference Protocol names it.
package enum Datatype: String, Sendable, Hashable, CaseIterable {
  case float32 = "FP32"
  case int32 = "INT32"
  /// Row indices of clients that only have 64-bit integers; narrowed before they are checked.
  case int64 = "INT64"
}
