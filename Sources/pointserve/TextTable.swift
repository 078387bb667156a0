/// A table for people: columns as wide as their widest cell; columns without any cell left out.
struct TextTable {
  /// The heading of a column and the side its cells lean to.
  enum Column {
    case left(String)
    case right(String)

    var heading: String {
      switch self {
      case .left(let heading), .right(let heading): heading
      }
    }
  }

  let columns: [Column]
  let rows: [[String]]

  /// The lines, without a line feed at the end.
  var text: String {
    let shown = columns.indices.filter { index in rows.contains { !$0[index].isEmpty } }
    let lines = [columns.map(\.heading)] + rows
    let widths = shown.map { index in lines.map { $0[index].count }.max() ?? 0 }
    return lines.map { line in
      var text = zip(shown, widths).map { index, width in
        let padding = String(repeating: " ", count: width - line[index].count)
        switch columns[index] {
        case .left: return line[index] + padding
        case .right: return padding + line[index]
        }
      }.joined(separator: "  ")
      while text.last == " " { text.removeLast() }
      return text
    }.joined(separator: "\n")
  }
}
