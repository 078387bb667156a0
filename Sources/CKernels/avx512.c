// AVX-512: vectors of 16 floats.
#if defined(__x86_64__)

#include <immintrin.h>

#include "vector/prelude.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2"))), \
    apply_to = function)

#define VARIANT ckernels_variant_avx512

#include "vector/avx512.h"

#include "vector/kernels.h"

#pragma clang attribute pop

#endif
