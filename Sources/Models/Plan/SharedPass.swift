import Layers
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Threads that may help with a pass over the layers.
package struct PassHelpers {
  /// The most that come, at least one.
  let count: Int
  let invite: (@escaping @Sendable () -> Bool) -> Void

  /// Helpers that are not there yet.
  ///
  /// - Parameters:
  ///   - count: The most that come, at least one.
  ///   - invite: Lets threads call a function until it returns `false`; does not wait for them. They
  ///     may come late or not at all.
  package init(count: Int, invite: @escaping (@escaping @Sendable () -> Bool) -> Void) {
    precondition(count > 0)
    self.count = min(count, SharedPass.slotLimit - 1)
    self.invite = invite
  }
}

/// The layers of one pass as tiles of rows that several threads take one after the other.
///
/// Tiles are numbered through all layers and phases and handed out in order. A tile waits until all
/// of the phases before its own are done; these were handed out before, to threads that run, so the
/// wait ends. Rows do not depend on how they are divided into tiles, so neither does the result.
///
/// `@unchecked Sendable`: the memory belongs to the thread that leads the pass, which `finish` holds
/// until no other thread is inside `runNext`, and which none enters afterwards. Inside, each thread
/// has scratch memory of its own by its slot, and each tile writes rows of its own, which others read
/// only after `doneCount` says so.
@safe final class SharedPass: @unchecked Sendable {
  /// The most threads of a pass: slots are bits of a word.
  static let slotLimit = 64
  /// About how many multiply-adds make a tile: far more than taking it costs.
  private static let tileMultiplyAdds = 4 << 20
  /// What an element of a result costs at least, as much time as so many multiply-adds take: layers
  /// that compute little move their rows.
  private static let multiplyAddsPerElement = 16
  /// Rows of a tile are a multiple of this, as kernels compute several rows at a time.
  private static let rowGrain = 48
  /// The fewest multiply-adds of a pass that others are asked to help with.
  static let fewestMultiplyAdds = 4 * tileMultiplyAdds
  /// How often a thread looks before it lets others run.
  private static let spinCount = 64

  private struct Phase {
    let step: Int
    let phase: Int
    let rowCount: Int
    let rowsPerTile: Int
    let firstTile: Int
  }

  private let plan: ExecutablePlan
  /// What each step reads and writes.
  private let operands: [Operands]
  private let phases: [Phase]
  private let tileCount: Int
  /// Each slot's scratch memory.
  private let scratch: [UnsafeMutableBufferPointer<Float>]
  private let nextTile = Atomic<Int>(0)
  private let doneCount = Atomic<Int>(0)
  /// Bits of the slots that are taken, and of those that do not exist.
  private let slots: Atomic<UInt64>
  /// Nobody but the leading thread, whose slot is 0.
  private let leaderAlone: UInt64

  /// Divides a pass into tiles.
  ///
  /// - Parameters:
  ///   - plan: what is computed.
  ///   - operands: what each step reads and writes; the memory is valid until `finish` returns.
  ///   - scratch: memory for each thread, the leading one first; at most `slotLimit`.
  init(
    _ plan: ExecutablePlan, operands: [Operands], scratch: [UnsafeMutableBufferPointer<Float>]
  ) {
    precondition(operands.count == plan.steps.count)
    precondition(unsafe (1...Self.slotLimit).contains(scratch.count))
    self.plan = plan
    self.operands = operands
    unsafe self.scratch = scratch
    var phases: [Phase] = []
    var tileCount = 0
    for (index, step) in plan.steps.enumerated() {
      let rowCount = operands[index].rows.count
      let perRow = max(
        1, step.layerOperator.multiplyAddsPerPoint / step.layerOperator.phaseCount,
        Self.multiplyAddsPerElement * plan.rowWidths[index])
      let rows = max(Self.tileMultiplyAdds / perRow, 1)
      let rowsPerTile = (rows + Self.rowGrain - 1) / Self.rowGrain * Self.rowGrain
      for phase in 0..<step.layerOperator.phaseCount {
        phases.append(
          Phase(
            step: index, phase: phase, rowCount: rowCount, rowsPerTile: rowsPerTile,
            firstTile: tileCount))
        tileCount += (rowCount + rowsPerTile - 1) / rowsPerTile
      }
    }
    self.phases = phases
    self.tileCount = tileCount
    let slotCount = unsafe scratch.count
    leaderAlone = slotCount == Self.slotLimit ? 1 : ~0 << UInt64(slotCount) | 1
    slots = Atomic(leaderAlone)
  }

  /// Computes the next tile, on any thread; `false` when there is none left to take, or enough threads
  /// are at it.
  func runNext() -> Bool {
    var taken = slots.load(ordering: .relaxed)
    while taken != .max {
      let slot = (~taken).trailingZeroBitCount
      let (isMine, found) = slots.compareExchange(
        expected: taken, desired: taken | 1 << UInt64(slot), ordering: .acquiring)
      guard isMine else {
        taken = found
        continue
      }
      defer { slots.bitwiseAnd(~(1 << UInt64(slot)), ordering: .releasing) }
      return runTile(slot: slot)
    }
    return false
  }

  /// Computes tiles on the leading thread until all are done and every other thread has left.
  func finish() {
    while runTile(slot: 0) {}
    wait { doneCount.load(ordering: .acquiring) == tileCount }
    wait {
      slots.compareExchange(
        expected: leaderAlone, desired: .max, ordering: .acquiringAndReleasing
      ).exchanged
    }
  }

  private func runTile(slot: Int) -> Bool {
    let tile = nextTile.add(1, ordering: .relaxed).oldValue
    guard tile < tileCount else { return false }
    let phase = phase(ofTile: tile)
    wait { doneCount.load(ordering: .acquiring) >= phase.firstTile }
    let first = (tile - phase.firstTile) * phase.rowsPerTile
    var operands = operands[phase.step]
    operands.rows = first..<min(first + phase.rowsPerTile, phase.rowCount)
    operands.phase = phase.phase
    unsafe operands.scratch = scratch[slot]
    plan.steps[phase.step].layerOperator.forward(operands)
    doneCount.add(1, ordering: .releasing)
    return true
  }

  /// The last phase that begins with this tile or before it; phases without rows have no tiles.
  private func phase(ofTile tile: Int) -> Phase {
    var low = 0
    var high = phases.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if phases[middle].firstTile <= tile { low = middle } else { high = middle }
    }
    return phases[low]
  }

  private func wait(until condition: () -> Bool) {
    var turns = 0
    while !condition() {
      turns += 1
      if turns.isMultiple(of: Self.spinCount) { sched_yield() }
    }
  }
}
