#ifndef CKERNELS_VECTOR_PRELUDE_H
#define CKERNELS_VECTOR_PRELUDE_H

// What the vector kernels need from outside, included before any instruction set is chosen: nothing
// declared here may be compiled for a processor that need not be there.

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../internal/knn.h"
#include "../internal/memory.h"
#include "../internal/objects.h"
#include "../reference/reference.h"

#define INLINE static inline __attribute__((always_inline))
#define SEPARATE static __attribute__((noinline))
#define UNROLL _Pragma("clang loop unroll(full)")

#endif
