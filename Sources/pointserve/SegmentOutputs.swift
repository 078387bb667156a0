import Models
import PointClouds

/// Where the labeled clouds of a command go, settled before any of them is computed.
struct SegmentOutputs {
  /// One for each input; without a format the cloud is written as its own one is.
  let files: [(path: String, format: CloudFormat?)]

  /// Finds the files to write.
  ///
  /// - Parameters:
  ///   - input: the clouds, at least one; `-` is standard input.
  ///   - output: a file, a folder that exists, `-` for standard output, or `nil` for a file beside
  ///     each input.
  /// - Throws: `CommandFailure` where a file can't be written as it is called, would replace an
  ///   input, or is the same for two inputs.
  init(input: [String], output: String?) throws {
    let inputSignatures = Set(input.compactMap { FileSystem.signature(of: $0) })
    var inputOfOutput: [String: String] = [:]
    files = try input.map { path in
      let file = try Self.path(for: path, output: output, inputCount: input.count)
      guard file != Files.standardStream else { return (file, nil) }
      guard let format = CloudFormat.format(path: file), format.canEncode else {
        let known = CloudFormat.all.filter(\.canEncode).flatMap(\.fileExtensions)
        throw CommandFailure.badCommandLine(
          "--output \(file): expected one of the extensions \(known.joined(separator: ", "))")
      }
      if let signature = FileSystem.signature(of: file), inputSignatures.contains(signature) {
        throw CommandFailure.badCommandLine("--output: \(file) would replace an input")
      }
      if let other = inputOfOutput.updateValue(path, forKey: file) {
        throw CommandFailure.badCommandLine("\(other) and \(path) would both become \(file)")
      }
      return (file, format)
    }
  }

  private static func path(
    for input: String, output: String?, inputCount: Int
  ) throws -> String {
    if input == Files.standardStream {
      // It can't be read twice, and has no name to give to a file in a folder.
      guard inputCount == 1 else {
        throw CommandFailure.badCommandLine("-: expected standard input as the only input")
      }
      guard let output else { return Files.standardStream }
      guard !FileSystem.isDirectory(output) else {
        throw CommandFailure.badCommandLine(
          "--output \(output): expected a file, for standard input")
      }
    }
    guard let output else { return writable(input, suffix: ".classified") }
    if inputCount == 1, output == Files.standardStream { return output }
    if FileSystem.isDirectory(output) {
      let name = input.split(separator: "/").last.map(String.init) ?? input
      return output + (output.hasSuffix("/") ? "" : "/") + writable(name, suffix: "")
    }
    guard inputCount == 1, !output.hasSuffix("/") else {
      throw CommandFailure.badCommandLine(
        "--output \(output): expected a folder that exists"
          + (inputCount > 1 ? ", for \(inputCount) inputs" : ""))
    }
    return output
  }

  /// A path with a suffix before its extension, which becomes another where it names a format that
  /// cannot be written, or none.
  private static func writable(_ path: String, suffix: String) -> String {
    guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else {
      return path + suffix + ".csv"
    }
    let format = CloudFormat.format(path: path)
    let isWritable = format?.canEncode ?? false
    let other = format?.written.fileExtensions.first ?? "csv"
    return path[..<dot] + suffix + (isWritable ? path[dot...] : ".\(other)")
  }
}

extension CloudFormat {
  /// The format that the extension of a path names.
  static func format(path: String) -> CloudFormat? {
    guard let dot = path.lastIndex(of: ".") else { return nil }
    return format(fileExtension: String(path[path.index(after: dot)...]))
  }
}
