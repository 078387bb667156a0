import Locking

/// A line in a terminal that shows how far long work has come.
final class ProgressBar: Sendable {
  private static let width = 40

  private let label: String
  private let isShown: Bool
  /// The percentage on the screen.
  private let shown = Lock(-1)

  init(label: String, isShown: Bool) {
    self.label = label
    self.isShown = isShown
  }

  /// Redraws the line if the percentage has grown; may be called by any thread.
  func show(_ done: Int, of total: Int) {
    guard isShown, total > 0 else { return }
    let percentage = 100 * done / total
    shown.withLock { shown in
      guard percentage > shown else { return }
      shown = percentage
      let filled = Self.width * done / total
      let bar =
        String(repeating: "#", count: filled)
        + String(repeating: ".", count: Self.width - filled)
      writeError("\r\(label) [\(bar)] \(percentage) %")
    }
  }

  /// Removes the line.
  func end() {
    if isShown { writeError("\r\u{1B}[K") }
  }
}
