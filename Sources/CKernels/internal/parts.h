#ifndef CKERNELS_INTERNAL_PARTS_H
#define CKERNELS_INTERNAL_PARTS_H

#include "../include/CKernels.h"

/// Runs `part` for every number below `count`; without a runner on this thread alone. False when some
/// were left out, because nobody wants the result any more.
static inline bool ckernels_run_parts(const ckernels_part_runner *runner, size_t count,
                                      void (*part)(void *work, size_t number), void *work) {
  if (runner && count > 1) return runner->run(runner->context, count, part, work);
  for (size_t number = 0; number < count; number++) part(work, number);
  return true;
}

#endif
