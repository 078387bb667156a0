import ArgumentParser
import Benchmarks
import Service

/// `pointserve bench serve`.
struct BenchServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Measure a service: throughput, latency, and errors under load.",
    discussion: """
      Without --url a service with the built-in model is started in this process, which also tells \
      the processor time that the server takes for each answer. Without --rate each connection \
      sends its next request when the last is answered; with it, requests are due at fixed moments \
      and latency counts from there.

        pointserve bench serve
        pointserve bench serve --points 20000 --connections 4 --seconds 10 --json
        pointserve bench serve --url http://127.0.0.1:8080 --rate 500 --csv
        pointserve bench serve --body tile.las --path /v2/models/demo/segment
      """)

  @Option(help: "A running service, such as http://127.0.0.1:8080; the address is numeric.")
  var url: String?
  @Option(help: "Connections, each with one request at a time.")
  var connections = 8
  @Option(help: "How long requests are begun, in seconds.")
  var seconds = 5.0
  @Option(help: "Requests that are due each second.")
  var rate: Double?
  @Option(help: "What is asked for (default: /health/live; with a body, the built-in model).")
  var path: String?
  @Option(help: "Segment a synthetic cloud of so many points with each request.")
  var points: Int?
  @Option(help: ArgumentHelp("Send this file with each request.", valueName: "file"))
  var body: String?
  @Option(help: "The media type of --body.")
  var contentType = "application/octet-stream"
  @Option(help: "The media type to ask for.")
  var accept = "*/*"
  @Option(help: "Compute threads of a service in this process; 0 takes one for each processor.")
  var threads = 0
  @Flag(help: "Print one line of values below their names, with commas between.")
  var csv = false
  @OptionGroup var options: BenchOptions

  private static let segmentPath = "/v2/models/demo/segment"

  func validate() throws {
    guard points == nil || body == nil else {
      throw ValidationError("--points and --body exclude each other")
    }
    guard !csv || !options.json else {
      throw ValidationError("--csv and --json exclude each other")
    }
  }

  func run() throws {
    try requireRange("--connections", connections, 1...4096)
    try requireRange("--threads", threads, 0...1024)
    if let points { try requireRange("--points", points, 1...1 << 24) }
    try requireRange("--seconds", seconds, 0.01...86_400)
    if let rate { try requireRange("--rate", rate, 0.001...1e7) }
    if let path { try requirePath(path) }
    try requireMediaType("--content-type", contentType)
    try requireMediaType("--accept", accept)
    try options.selectInstructionSet()
    let request = try request()
    let result = try measuring { () throws(BenchmarkError) in
      var server: InProcessServer?
      let target: LoadTarget
      if let url {
        target = try LoadTarget(url: url)
      } else {
        let started = try InProcessServer(
          [.threads: "\(threads)"], processorCount: Environment.processorCount)
        server = started
        target = started.target
      }
      var benchmark = LoadBenchmark(target: target, request: request)
      benchmark.connectionCount = connections
      benchmark.seconds = seconds
      benchmark.rate = rate
      benchmark.isServerInProcess = server != nil
      return try withExtendedLifetime(server) { () throws(BenchmarkError) in try benchmark.run() }
    }
    if options.json { return options.print(json: result.json) }
    if csv { return print(result.csv) }
    print(text(result, request))
    if result.latency == nil {
      throw CommandFailure.badInput("no request was answered with success")
    }
  }

  private func text(_ result: LoadResult, _ request: LoadRequest) -> String {
    var rows = result.fields.compactMap { field in
      field.value.map { [field.name, BenchText.fixed($0, 2)] }
    }
    rows += result.statuses.sorted { $0.key < $1.key }.map {
      ["status \($0.key)", grouped($0.value)]
    }
    rows.append(["unanswered", grouped(result.failureCount)])
    return """
      \(request.method) \(request.path), \(grouped(request.body.count)) bytes, \
      \(connections) connections, \(rate == nil ? "closed" : "open") loop
      \(TextTable(columns: [.left("what"), .right("value")], rows: rows).text)
      """
  }

  private func request() throws -> LoadRequest {
    if let points {
      return .segmentation(pointCount: points, path: path ?? Self.segmentPath)
    }
    guard let body else {
      return LoadRequest(method: "GET", path: path ?? "/health/live")
    }
    return LoadRequest(
      method: "POST", path: path ?? Self.segmentPath,
      headers: [("Content-Type", contentType), ("Accept", accept)], body: try Files.read(body))
  }

  private func requirePath(_ path: String) throws {
    guard path.hasPrefix("/"), path.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw CommandFailure.badCommandLine(
        "--path: expected a path that begins with / and has no space, found \(path)")
    }
  }

  private func requireMediaType(_ option: String, _ value: String) throws {
    guard value.contains("/"), value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw CommandFailure.badCommandLine("\(option): expected a media type, found \(value)")
    }
  }
}
