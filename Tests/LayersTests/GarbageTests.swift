import GoldenFiles
import Layers
import RandomNumbers
import Testing

/// Whatever a file says, a layer is made or refused, and the process lives.
struct GarbageTests {
  private static let values: [ConfigValue] = [
    .null, .bool(true), .integer(0), .integer(-1), .integer(.max), .integer(.min),
    .integer(1 << 20), .number(.nan), .number(.infinity), .number(-0.5), .number(1e300),
    .number(1e-300), .string(""), .string("relu"), .string("same"), .array([]),
    .integers(0, 0), .integers(.max, .max), .integers(1 << 20, 1 << 20),
    .array([.number(1e300), .number(.nan)]), .object([:]),
    .object(["class_name": .string("LeakyReLU"), "config": .object(["alpha": .number(1e300)])]),
    .object([
      "class_name": .string("KernelLengthRegularizer"),
      "config": .object([
        "kernel_size": .integers(1024, 1024), "poly_exp": .number(-1e300),
        "window_scale": .number(.infinity),
      ]),
    ]),
    .object(["class_name": .string("KernelLengthRegularizer"), "config": .null]),
    .object(["class_name": .string("L2"), "config": .object(["l2": .string("x")])]),
  ]

  private static let extents: [Int?] = [nil, 0, 1, 2, 3, 5, 1 << 20, 1 << 40, .max, -1, .min]

  @Test(arguments: LayerRegistry.kinds.map { $0.className })
  func `garbage is refused without harm`(_ className: String) throws {
    let seed = className.utf8.reduce(UInt64(3)) { $0 &* 31 &+ UInt64($1) }
    var random = RandomConfig(seed: seed)
    var generator = SeededGenerator(seed: seed &+ 1)
    var keys: Set<String> = []
    for _ in 0..<40 {
      let generated = random.config(of: className)
      keys.formUnion(try #require(generated).keys)
    }
    var refusals = 0
    for _ in 0..<200 {
      let generated = random.config(of: className)
      var config = try #require(generated)
      for key in keys.sorted() where Int.random(in: 0..<4, using: &generator) == 0 {
        config[key] = Self.values.randomElement(using: &generator)
      }
      do throws(ConfigurationError) {
        let configuration = try LayerRegistry.decode(className: className, config: config)
        refusals += attempt(configuration, &generator)
      } catch {
        #expect(!error.description.isEmpty)
        refusals += 1
      }
    }
    #expect(refusals > 0)
  }

  /// Makes an operator from inputs and weights of random shapes; one for a refusal.
  private func attempt(
    _ configuration: any LayerConfiguration, _ generator: inout SeededGenerator
  ) -> Int {
    let inputs = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
      TensorSpec(
        Bool.random(using: &generator) ? .float32 : .int32,
        extents: (0..<Int.random(in: 0...5, using: &generator)).map { _ in
          Self.extents.randomElement(using: &generator) ?? nil
        })
    }
    var tensors: [String: LayerWeights.Tensor] = [:]
    for name in ["kernel", "bias", "W", "W1", "W2", "Phi", "filters", "centroids", "gamma"]
    where Bool.random(using: &generator) {
      let shape = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        Int.random(in: 0...3, using: &generator)
      }
      tensors[name] = .init(
        shape: shape, values: Array(repeating: 0.5, count: shape.reduce(1, *)))
    }
    var refusals = 0
    var weights = LayerWeights(tensors)
    do throws(LayerError) {
      let layer = try configuration.makeOperator(inputs: inputs, weights: &weights)
      #expect(layer.multiplyAddsPerPoint >= 0)
    } catch {
      #expect(!error.description.isEmpty)
      refusals += 1
    }
    weights = LayerWeights(tensors)
    do throws(LayerError) { _ = try configuration.diagnostics(weights: &weights) } catch {
      refusals += 1
    }
    return min(1, refusals)
  }
}
