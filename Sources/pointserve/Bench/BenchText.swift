import Layers
import Models

/// How measurements are written.
enum BenchText {
  static func json(_ value: ConfigValue) -> String {
    String(decoding: JSONWriter.write(value, indentation: 2), as: UTF8.self)
  }

  /// A number with a fixed number of decimals.
  static func fixed(_ value: Double, _ decimals: Int = 2) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
    var scale = 1
    for _ in 0..<decimals { scale *= 10 }
    let units = Int((abs(value) * Double(scale)).rounded())
    let whole = "\(units / scale)"
    let sign = value < 0 && units > 0 ? "-" : ""
    guard decimals > 0 else { return sign + whole }
    let fraction = "\(units % scale)"
    return sign + whole + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }

  static func percent(_ share: Double) -> String { fixed(share * 100, 1) + " %" }
}
