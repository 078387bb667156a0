import ArgumentParser

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The command line: one binary, one subcommand for each job.
@main
struct Pointserve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pointserve",
    abstract: "Segments point clouds with neural networks on CPUs.",
    discussion: """
      Start the service with the built-in model and classify a tile:

        pointserve serve
        curl --data-binary @tile.las -H 'Accept: application/vnd.las' \\
          localhost:8080/v2/models/demo/segment -o classified.las

      The same pipeline without a server:

        pointserve segment tile.las --output classified.las

      Exit codes: 0 done, 1 the input is bad, 2 the command line is bad, 70 a fault of ours.
      """,
    version: BuildInformation.description,
    subcommands: [
      ServeCommand.self, SegmentCommand.self, InspectCommand.self, ValidateCommand.self,
      HealthCommand.self, CreateKeyCommand.self, ExportRepresentationCommand.self,
      FitOrthonormCommand.self,
      BenchCommand.self,
    ])

  /// Parses, runs, and turns what was thrown into the exit codes that scripts rely on.
  static func main() {
    do {
      do {
        var command = try parseAsRoot()
        try command.run()
      } catch let error where exitCode(for: error).isSuccess {
        // What --help and --version ask for is thrown.
        print(fullMessage(for: error))
      }
      try finishOutput()
    } catch let failure as CommandFailure {
      writeError("pointserve: \(failure.message)\n")
      endProcess(failure.exitCode)
    } catch {
      writeError(fullMessage(for: error) + "\n")
      let kind: CommandFailure.Kind =
        exitCode(for: error) == .validationFailure ? .badCommandLine : .internalFault
      endProcess(kind.rawValue)
    }
  }

  /// Writes what was printed and is not written yet; `print` says nothing of a full disk.
  private static func finishOutput() throws {
    guard fflush(nil) == 0 else {
      throw CommandFailure.badInput(
        "cannot write to standard output: \(Files.text(ofError: errno))")
    }
  }
}

/// A command that could not do its job, and the exit code that says whose fault it was.
struct CommandFailure: Error {
  /// Who has to change something.
  enum Kind: Int32 {
    case badInput = 1
    case badCommandLine = 2
    case internalFault = 70
  }

  let kind: Kind
  let message: String

  var exitCode: Int32 { kind.rawValue }

  static func badInput(_ message: String) -> CommandFailure {
    CommandFailure(kind: .badInput, message: message)
  }

  static func badCommandLine(_ message: String) -> CommandFailure {
    CommandFailure(kind: .badCommandLine, message: message)
  }
}

/// Writes text to standard error.
func writeError(_ text: String) { _ = writeAll(Array(text.utf8), to: STDERR_FILENO) }

/// Writes all bytes to a descriptor; false, with the reason in `errno`, where that can't be done.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = unsafe rest.withUnsafeBytes {
      unsafe write(descriptor, $0.baseAddress, $0.count)
    }
    if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return false }
  }
  return true
}

/// Reads a descriptor to its end; `nil`, with the reason in `errno`, where that can't be done.
func readAll(from descriptor: Int32) -> [UInt8]? {
  var status = stat()
  let isFile =
    unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  // A file may state any length, whatever the disk holds of it.
  guard !isFile || status.st_size < sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
  else {
    errno = EFBIG
    return nil
  }
  // One byte more than a file is long, so that its end is seen without another piece; some files that
  // the system makes up state no length.
  let capacity = max(isFile ? Int(status.st_size) + 1 : 0, 1 << 16)
  var bytes: [UInt8] = []
  while true {
    guard let piece = readPiece(from: descriptor, capacity: capacity) else { return nil }
    if bytes.isEmpty { bytes = piece } else { bytes += piece }
    if piece.count < capacity { return bytes }
  }
}

/// Reads so many bytes of a descriptor, or fewer to its end; `nil`, with the reason in `errno`, where
/// that can't be done.
private func readPiece(from descriptor: Int32, capacity: Int) -> [UInt8]? {
  var isWhole = true
  let piece = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, filled in
    while filled < capacity {
      // filled < capacity, so the rest begins inside the buffer.
      let rest = unsafe UnsafeMutableBufferPointer(rebasing: buffer[filled..<capacity])
      let count = unsafe read(descriptor, rest.baseAddress, rest.count)
      if count > 0 { filled += count }
      if count == 0 { return }
      if count < 0, errno != EINTR {
        isWhole = false
        return
      }
    }
  }
  return isWhole ? piece : nil
}

/// Ends the process; `exit` alone would name a method of every command.
func endProcess(_ code: Int32) -> Never { exit(code) }
