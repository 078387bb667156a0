#ifndef CKERNELS_H
#define CKERNELS_H

// Compute kernels in C: float32, row-major, indices int32.
//
// An operation with weights is an opaque object. `_create` copies the unpacked weights it is given
// and packs them for the instruction set selected at that moment; it returns NULL when memory runs
// out or a size overflows. `_run` allocates nothing, touches no global state and may be called from
// any number of threads on one object; `_scratch_bytes` tells how much scratch memory, aligned to
// 64 bytes, each concurrent call needs. `_destroy` accepts NULL.
//
// Inputs and outputs need the alignment of a float only. An output never overlaps an input unless
// said otherwise. Sizes, and indices in particular, are the caller's to check: an index out of range
// is undefined behavior.
//
// The result for a row depends on that row's own operands alone: bit for bit the same in any batch,
// tile or position. Results of different instruction sets differ by rounding.

#include "CKernelsActivation.h"
#include "CKernelsConvolution.h"
#include "CKernelsDense.h"
#include "CKernelsInstructionSet.h"
#include "CKernelsMeasurement.h"
#include "CKernelsNearestNeighbors.h"
#include "CKernelsNeighbors.h"
#include "CKernelsPointConvolution.h"
#include "CKernelsPrecision.h"
#include "CKernelsRaster.h"
#include "CKernelsRows.h"

#endif
