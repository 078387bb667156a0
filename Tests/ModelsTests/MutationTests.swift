import Layers
import Models
import TestModels
import Testing

@Suite struct MutationTests {
  private static let strangeValues: [ConfigValue] = [
    .null, .bool(true), .integer(0), .integer(-1), .integer(1), .integer(3), .integer(.max),
    .integer(.min), .integer(1 << 31), .integer(1 << 40), .number(0), .number(-1.5),
    .number(1e300), .number(.leastNonzeroMagnitude), .string(""), .string("relu"), .string("x"),
    .array([]),
    .array([.integer(1 << 62), .integer(4)]), .array([.integer(-1), .integer(-1)]), .object([:]),
  ]

  /// The value with one value somewhere inside replaced, removed or doubled.
  private static func mutated(
    _ value: ConfigValue, _ numbers: inout SeededNumbers
  ) -> ConfigValue {
    switch value {
    case .array(var elements) where !elements.isEmpty && numbers.index(below: 12) > 0:
      let index = numbers.index(below: elements.count)
      switch numbers.index(below: 12) {
      case 0: elements.remove(at: index)
      case 1: elements.append(elements[index])
      default: elements[index] = mutated(elements[index], &numbers)
      }
      return .array(elements)
    case .object(var members) where !members.isEmpty && numbers.index(below: 12) > 0:
      let key = members.keys.sorted()[numbers.index(below: members.count)]
      let inside = members[key] ?? .null
      members[key] = numbers.index(below: 12) == 0 ? nil : mutated(inside, &numbers)
      return .object(members)
    default:
      return strangeValues[numbers.index(below: strangeValues.count)]
    }
  }

  /// Loads a model and runs one request; each stage may refuse.
  private static func attempt(_ manifest: ConfigValue, _ weights: SafetensorsFile) -> String {
    do {
      let manifest = try ModelManifest(parsing: JSONWriter.write(manifest))
      let plan = ExecutablePlan(try ModelGraph(manifest, weights: weights))
      var numbers = SeededNumbers(seed: 1)
      let request = plan.inputs.map { input in
        let shape = input.spec.extents.map { min($0 ?? 4, 64) }
        return input.spec.elementType == .float32
          ? numbers.floats(shape) : numbers.indices(shape, below: 4)
      }
      try plan.validate(request)
      var workspace = Workspace()
      return "\(plan.run([request], in: &workspace)[0].map(\.shape))"
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    "e2e_with_upsampling", "local_conv2d_stride2_pad1", "klr_hann_7x5", "strided_kpconv",
    "orthonorm_20x3",
  ])
  func `a manifest with strange values is refused or answers, and never ends the process`(
    name: String
  ) throws {
    let golden = try GoldenModel(case: name)
    let weights = try SafetensorsFile(parsing: SafetensorsWriter.write(golden.model.weights))
    var numbers = SeededNumbers(seed: 20)
    var outcomes: Set<String> = []
    for _ in 0..<150 {
      let manifest = Self.mutated(golden.model.manifest, &numbers)
      outcomes.insert(Self.attempt(manifest, weights))
    }
    #expect(outcomes.count > 20)
  }
}
