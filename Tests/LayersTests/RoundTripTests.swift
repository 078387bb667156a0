import Layers
import Testing

/// Random configurations of every kind, decoded, written and decoded again.
struct RoundTripTests {
  @Test(arguments: LayerRegistry.kinds.map { $0.className })
  func `a configuration is written as it was read`(_ className: String) throws {
    var random = RandomConfig(seed: className.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    for _ in 0..<40 {
      let generated = random.config(of: className)
      let config = try #require(generated, "no generator for \(className)")
      let first = try LayerRegistry.decode(className: className, config: config)
      #expect(first.config == config)
      let second = try LayerRegistry.decode(className: className, config: first.config)
      #expect(AnyHashable(second) == AnyHashable(first))
      #expect(second.config == config)
    }
  }
}
