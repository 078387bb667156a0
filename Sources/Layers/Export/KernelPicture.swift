/// A picture of a kernel: where its points lie, shell by shell, and how large its weights are.
struct KernelPicture {
  private let kernel: KernelRepresentation
  /// Margin around everything, in pixels.
  private let margin = 24.0
  private let plotSize = 300.0
  private let heatMapWidth = 640.0

  init(_ kernel: KernelRepresentation) { self.kernel = kernel }

  /// The whole picture.
  var svg: String {
    var canvas = SVGCanvas()
    canvas.text(x: margin, y: margin + 12, kernel.title, size: 18)
    canvas.text(
      x: margin, y: margin + 32,
      "\(kernel.kernelPoints.shape[0]) kernel points in \(kernel.kernelPoints.shape[1]) dimensions,"
        + " influence distance \(SVGCanvas.number(kernel.influenceDistance))", size: 12)
    var y = margin + 56
    y = drawPoints(&canvas, top: y)
    var maps = kernel.maps(of: kernel.weights, title: "Weights")
    if let difference = kernel.difference {
      maps += kernel.maps(of: difference, title: "Change since the past weights")
    }
    for map in maps { y = drawHeatMap(&canvas, top: y, map) }
    return canvas.document(width: margin * 2 + 60 + heatMapWidth + 110, height: y + margin)
  }

  // MARK: Points

  /// Shell of each kernel point, 0 for a kernel without shells.
  private var shellOfPoint: [Int] {
    let shells = kernel.shells.enumerated().flatMap { index, shell in
      Array(repeating: index, count: shell.pointCount)
    }
    return shells.isEmpty ? Array(repeating: 0, count: kernel.kernelPoints.shape[0]) : shells
  }

  private static let shellColors = [
    "#222222", "#1b6ca8", "#c0392b", "#2e7d32", "#8e44ad", "#b9770e", "#117a65",
  ]

  private func color(ofShell shell: Int) -> String {
    Self.shellColors[shell % Self.shellColors.count]
  }

  private func drawPoints(_ canvas: inout SVGCanvas, top: Double) -> Double {
    let dimensionCount = kernel.kernelPoints.shape[1]
    let views =
      dimensionCount >= 3
      ? [("From above (x, y)", 0, 1), ("From the side (x, z)", 0, 2)]
      : [("Kernel points (x, y)", 0, dimensionCount >= 2 ? 1 : 0)]
    var x = margin
    for (title, horizontal, vertical) in views {
      drawView(
        &canvas, left: x, top: top, title: title, horizontal: horizontal, vertical: vertical)
      x += plotSize + margin
    }
    drawShellLegend(&canvas, left: x, top: top + 24)
    return top + plotSize + 56
  }

  /// Pixels per unit of the kernel points' coordinates.
  private var plotScale: Double {
    let largest = kernel.kernelPoints.values.map { Double(abs($0)) }.max() ?? 0
    let reach = 1.15 * max(largest, kernel.shells.map(\.radius).max() ?? 0, 1e-6)
    return plotSize / 2 / reach
  }

  /// A bar as long as a kernel point's influence reaches, where it fits into the plot.
  private func drawInfluence(_ canvas: inout SVGCanvas, left: Double, bottom: Double) {
    let length = kernel.influenceDistance * plotScale
    guard length.isFinite, length > 0, length < plotSize - 24 else { return }
    let y = bottom - 10
    canvas.line(x1: left + 12, y1: y, x2: left + 12 + length, y2: y, stroke: "#222222")
    for end in [left + 12, left + 12 + length] {
      canvas.line(x1: end, y1: y - 4, x2: end, y2: y + 4, stroke: "#222222")
    }
    canvas.text(x: left + 12, y: y - 7, "influence distance", size: 9)
  }

  private func coordinate(_ point: Int, _ axis: Int) -> Double {
    Double(kernel.kernelPoints.values[point * kernel.kernelPoints.shape[1] + axis])
  }

  private func drawView(
    _ canvas: inout SVGCanvas, left: Double, top: Double, title: String, horizontal: Int,
    vertical: Int
  ) {
    let scale = plotScale
    let centerX = left + plotSize / 2
    let centerY = top + 16 + plotSize / 2
    canvas.text(x: left, y: top + 8, title, size: 13)
    canvas.rectangle(
      x: left, y: top + 16, width: plotSize, height: plotSize, fill: "#fbfbfb", stroke: "#cccccc")
    for (index, shell) in kernel.shells.enumerated() where shell.radius > 0 {
      canvas.circle(
        x: centerX, y: centerY, radius: shell.radius * scale, fill: "none",
        stroke: color(ofShell: index), dashed: true)
    }
    drawInfluence(&canvas, left: left, bottom: top + 16 + plotSize)
    for (point, shell) in shellOfPoint.enumerated() {
      let x = centerX + coordinate(point, horizontal) * scale
      let y = centerY - coordinate(point, vertical) * scale
      canvas.circle(x: x, y: y, radius: 5, fill: color(ofShell: shell), stroke: "#ffffff")
      canvas.text(x: x + 6, y: y - 5, "\(point)", size: 9, color: color(ofShell: shell))
    }
  }

  private func drawShellLegend(_ canvas: inout SVGCanvas, left: Double, top: Double) {
    var y = top
    canvas.text(x: left, y: y, "Shells", size: 13)
    for (index, shell) in kernel.shells.enumerated() {
      y += 20
      canvas.circle(
        x: left + 6, y: y - 4, radius: 5, fill: color(ofShell: index), stroke: "#ffffff")
      canvas.text(
        x: left + 18, y: y,
        "\(shell.pointCount) \(shell.pointCount == 1 ? "point" : "points") at radius "
          + SVGCanvas.number(shell.radius), size: 12)
      y += 15
      canvas.text(
        x: left + 18, y: y,
        "mean |weight| \(SVGCanvas.number(meanMagnitude(ofShell: index)))", size: 11,
        color: "#666666")
    }
    if kernel.shells.isEmpty {
      canvas.text(x: left, y: y + 20, "none: points in a ball", size: 12)
    }
  }

  /// The mean |w| over a shell's kernel points, of all blocks and channels.
  private func meanMagnitude(ofShell shell: Int) -> Double {
    let points = shellOfPoint.indices.filter { shellOfPoint[$0] == shell }
    var sum = 0.0
    var count = 0
    for map in kernel.maps(of: kernel.weights, title: "") {
      for point in points {
        for column in 0..<map.columnCount {
          sum += Double(abs(map.values[point * map.columnCount + column]))
          count += 1
        }
      }
    }
    return count == 0 ? 0 : sum / Double(count)
  }

  // MARK: Weights

  private func drawHeatMap(
    _ canvas: inout SVGCanvas, top: Double, _ map: KernelRepresentation.Map
  ) -> Double {
    let (rows, columns) = (kernel.kernelPoints.shape[0], map.columnCount)
    let left = margin + 60
    let cellWidth = heatMapWidth / Double(max(1, columns))
    let cellHeight = rows <= 40 ? 14.0 : max(2, 560 / Double(rows))
    let largest = map.values.map { abs($0) }.max() ?? 0
    let gridTop = top + 24
    canvas.text(x: margin, y: top + 10, map.title, size: 13)
    for row in 0..<rows {
      let rowTop = gridTop + Double(row) * cellHeight
      for column in 0..<columns {
        let value = map.values[row * columns + column]
        canvas.rectangle(
          x: left + Double(column) * cellWidth, y: rowTop, width: cellWidth, height: cellHeight,
          fill: Self.heat(largest > 0 ? Double(value / largest) : 0), stroke: nil)
      }
      if cellHeight >= 10 {
        let shell = kernel.shells.isEmpty ? 0 : shellOfPoint[row]
        canvas.text(
          x: left - 8, y: rowTop + cellHeight - 3, "\(row)", size: 10, color: color(ofShell: shell),
          anchor: "end")
      }
    }
    drawShellBorders(&canvas, left: left, top: gridTop, cellHeight: cellHeight)
    let bottom = gridTop + Double(rows) * cellHeight
    // About eight numbered columns, a power of two apart.
    var step = 1
    while step * 8 < columns { step *= 2 }
    for column in stride(from: 0, to: columns, by: step) {
      canvas.text(
        x: left + (Double(column) + 0.5) * cellWidth, y: bottom + 12, "\(column)", size: 9,
        anchor: "middle")
    }
    canvas.text(
      x: left, y: bottom + 28,
      "rows: kernel points\(kernel.shells.isEmpty ? "" : ", colored by shell")"
        + " · columns: \(columns) channels", size: 11)
    canvas.rectangle(
      x: left, y: gridTop, width: heatMapWidth, height: bottom - gridTop, fill: "none",
      stroke: "#cccccc")
    drawScale(
      &canvas, left: left + heatMapWidth + 16, top: gridTop, height: max(90, bottom - gridTop),
      largest: Double(largest))
    return max(bottom, gridTop + 90) + 52
  }

  /// A line between the rows of one shell and those of the next.
  private func drawShellBorders(
    _ canvas: inout SVGCanvas, left: Double, top: Double, cellHeight: Double
  ) {
    var row = 0
    for shell in kernel.shells.dropLast() {
      row += shell.pointCount
      let y = top + Double(row) * cellHeight
      canvas.line(x1: left - 4, y1: y, x2: left + heatMapWidth, y2: y, stroke: "#222222")
    }
  }

  private func drawScale(
    _ canvas: inout SVGCanvas, left: Double, top: Double, height: Double, largest: Double
  ) {
    let steps = 40
    let height = min(height, 200)
    for step in 0..<steps {
      let value = 1 - 2 * Double(step) / Double(steps - 1)
      canvas.rectangle(
        x: left, y: top + Double(step) * height / Double(steps), width: 14,
        height: height / Double(steps) + 0.5, fill: Self.heat(value), stroke: nil)
    }
    for (value, y) in [(largest, top + 9), (0, top + height / 2 + 4), (-largest, top + height)] {
      canvas.text(x: left + 20, y: y, SVGCanvas.number(value), size: 11)
    }
  }

  /// Blue for −1, white for 0, red for 1.
  private static func heat(_ value: Double) -> String {
    let strength = min(1, abs(value.isFinite ? value : 0))
    let far = value >= 0 ? (178.0, 24.0, 43.0) : (33.0, 102.0, 172.0)
    let channels = [far.0, far.1, far.2].map { Int((255 + (($0 - 255) * strength)).rounded()) }
    return "rgb(\(channels.map(String.init).joined(separator: ",")))"
  }
}
