/// Threads that help with one long piece of work, and whether anybody still wants its result.
///
/// The calling thread cuts the work into parts and takes parts itself; free threads of a pool take
/// parts as well. They do so as tasks at the end of the pool's queue and step back after each part
/// for whatever waits there, so that a long piece of work does not hold up the short ones. The caller
/// waits only for parts that somebody has begun, so it may itself run on the pool.
package struct WorkSharing: Sendable {
  private let pool: TaskPool?
  private let helperCount: Int
  private let isWanted: @Sendable () -> Bool

  /// The calling thread alone, for work that is always wanted.
  package static let alone = WorkSharing(pool: nil, helperCount: 0) { true }

  /// Shares work with the threads of a pool.
  ///
  /// - Parameters:
  ///   - pool: The caller counts as one of its threads: one fewer of them help.
  ///   - isWanted: Asked before each part, by any thread; must not block.
  package init(pool: TaskPool, isWanted: @escaping @Sendable () -> Bool = { true }) {
    self.init(pool: pool, helperCount: pool.threadCount - 1, isWanted: isWanted)
  }

  private init(pool: TaskPool?, helperCount: Int, isWanted: @escaping @Sendable () -> Bool) {
    self.pool = pool
    self.helperCount = helperCount
    self.isWanted = isWanted
  }

  /// Ends work that nobody wants any more.
  package func checkpoint() throws(WorkAbandoned) {
    guard isWanted() else { throw WorkAbandoned() }
  }

  /// Runs `part` for each number below `count`, in any order and on several threads.
  ///
  /// - Parameters:
  ///   - count: The number of parts.
  ///   - part: Gives the result of a part; it must not depend on other parts.
  /// - Returns: The results, in the order of the parts.
  /// - Throws: ``WorkAbandoned`` when nobody wants the result any more.
  package func map<Result: Sendable>(
    _ count: Int, _ part: @escaping @Sendable (Int) -> Result
  ) throws(WorkAbandoned) -> [Result] {
    let parts = SharedParts(count: count, isWanted: isWanted, part)
    invite(min(helperCount, count - 1)) { parts.runNext() }
    while parts.runNext() {}
    return try parts.results()
  }

  /// Makes an array of rows that several threads fill, each a range of rows at a time.
  ///
  /// - Parameters:
  ///   - count: The number of rows.
  ///   - width: Elements of a row.
  ///   - of: The type of an element.
  ///   - grain: About how many rows one part fills.
  ///   - fill: Fills the rows of a range; the span holds exactly these, all zero.
  /// - Returns: `[rows, width]`.
  /// - Throws: ``WorkAbandoned`` when nobody wants the result any more.
  package func rows<Element: Numeric & BitwiseCopyable & Sendable>(
    _ count: Int, width: Int = 1, of: Element.Type = Element.self, grain: Int,
    _ fill: @escaping @Sendable (Range<Int>, inout MutableSpan<Element>) -> Void
  ) throws(WorkAbandoned) -> [Element] {
    var abandonment: WorkAbandoned?
    let partCount = (count + grain - 1) / grain
    // Each part initializes and fills its own rows, and all have ended when `map` returns.
    let array = unsafe [Element](unsafeUninitializedCapacity: count * width) { buffer, filled in
      let whole = unsafe SharedBuffer(buffer)
      do throws(WorkAbandoned) {
        _ = try map(partCount) { part in
          let rows = (part * grain)..<min((part + 1) * grain, count)
          let own = unsafe UnsafeMutableBufferPointer(
            rebasing: whole.elements[(rows.lowerBound * width)..<(rows.upperBound * width)])
          // Numbers of all types are zero where all their bits are.
          unsafe UnsafeMutableRawBufferPointer(own).initializeMemory(as: UInt8.self, repeating: 0)
          var span = unsafe own.mutableSpan
          fill(rows, &span)
        }
        filled = count * width
      } catch {
        abandonment = error
      }
    }
    if let abandonment { throw abandonment }
    return array
  }

  /// Lets free threads of the pool run the parts of some work, without waiting for them.
  ///
  /// - Parameters:
  ///   - count: The most threads.
  ///   - runNext: Runs one part; `false` when there is none left.
  package func invite(_ count: Int, _ runNext: @escaping @Sendable () -> Bool) {
    guard let pool else { return }
    for _ in 0..<max(0, count) { Self.help(on: pool, runNext) }
  }

  private static func help(on pool: TaskPool, _ runNext: @escaping @Sendable () -> Bool) {
    do {
      try pool.submit {
        while runNext() {
          guard pool.pendingCount == 0 else {
            help(on: pool, runNext)
            return
          }
        }
      }
    } catch {
      // A pool that has finished helps nobody; the caller does all parts.
    }
  }
}

/// Memory that the parts of one work fill.
///
/// `@unchecked Sendable`: `WorkSharing.rows` gives each part a range of its own, and the memory
/// outlives the parts.
@unsafe private struct SharedBuffer<Element>: @unchecked Sendable {
  let elements: UnsafeMutableBufferPointer<Element>

  init(_ elements: UnsafeMutableBufferPointer<Element>) { unsafe self.elements = elements }
}
