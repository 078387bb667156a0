import CKernels
import Testing

struct InstructionSetTests {
  @Test func `portable code and the reference run everywhere`() {
    #expect(InstructionSet.names.suffix(2) == ["portable", "reference"])
  }

  @Test func `an unknown name selects nothing`() throws {
    try InstructionSet.with("portable") {
      #expect(unsafe !ckernels_select_isa("sse9"))
      #expect(unsafe !ckernels_select_isa_for_thread("sse9"))
      #expect(unsafe String(cString: ckernels_isa_name()) == "portable")
    }
  }

  @Test func `every instruction set measures a rate of multiply-adds`() throws {
    for isa in InstructionSet.names {
      for precision in [CKERNELS_PRECISION_FLOAT32, CKERNELS_PRECISION_BFLOAT16] {
        for clock in [CKERNELS_CLOCK_WALL, CKERNELS_CLOCK_THREAD] {
          let rate = try InstructionSet.with(isa) {
            ckernels_measure_fma_peak(precision, clock, 0.001)
          }
          #expect(rate > 0.01 && rate < 100_000, "\(isa)")
        }
      }
    }
  }
}
