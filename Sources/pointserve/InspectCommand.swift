import ArgumentParser
import Layers
import Models

/// `pointserve inspect`.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show the layers of a model: shapes, cost, regularization.",
    discussion: """
      The regularization loss is what training adds for the stored weights; it never changes an \
      answer. `pointserve inspect demo` shows the built-in model.
      """)

  @OptionGroup var directory: ModelDirectoryArgument
  @Flag(help: "Print JSON for scripts instead of a table.")
  var json = false

  func run() throws {
    let model = try directory.load()
    let report: LayerReport
    do {
      report = try model.report()
    } catch {
      throw CommandFailure.badInput("\(directory.path): \(error)")
    }
    if json {
      print(String(decoding: JSONWriter.write(report.json, indentation: 2), as: UTF8.self))
      return
    }
    print(
      """
      \(report.model) version \(report.version), products of \(report.precision.rawValue), \
      kernels for \(report.instructionSet)

      """)
    let rows = report.layers.map { layer in
      [
        layer.name, layer.className, layer.inputs.joined(separator: ", "),
        "[" + layer.outputShape.map { "\($0)" }.joined(separator: ", ") + "]",
        grouped(layer.parameters), grouped(layer.multiplyAddsPerPoint),
        layer.diagnostics.spectralNorm.map(fiveDigits) ?? "",
        layer.diagnostics.regularizationLoss.map(fiveDigits) ?? "", kernel(layer.diagnostics),
      ]
    }
    let table = TextTable(
      columns: [
        .left("layer"), .left("class"), .left("inputs"), .left("output"), .right("parameters"),
        .right("multiply-adds/point"), .right("spectral norm"), .right("regularization"),
        .left("kernel"),
      ], rows: rows)
    print(table.text)
    print(
      """

      \(grouped(report.parameters)) parameters, \
      \(grouped(report.weightsByteCount)) bytes of weights, \
      \(grouped(report.layers.reduce(0) { $0 + $1.multiplyAddsPerPoint })) multiply-adds per point
      """)
  }

  private func kernel(_ diagnostics: LayerDiagnostics) -> String {
    guard let before = diagnostics.kernelBefore, let after = diagnostics.kernelAfter else {
      return ""
    }
    let text = { (extents: [Int]) in extents.map { "\($0)" }.joined(separator: "x") }
    return before == after ? text(before) : "\(text(before)) -> \(text(after))"
  }
}

/// A whole number with its digits in groups of three.
func grouped(_ number: Int) -> String {
  let digits = Array("\(number)")
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, digit != "-", (digits.count - index) % 3 == 0, digits[index - 1] != "-" {
      text.append("_")
    }
    text.append(digit)
  }
  return text.split(separator: "_").joined(separator: " ")
}

/// A number rounded to five significant digits, as far as twelve decimals show them.
func fiveDigits(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return "\(value)" }
  var scale = 1.0
  while abs(value) * scale < 10_000, scale < 1e12 { scale *= 10 }
  return "\((value * scale).rounded() / scale)"
}
