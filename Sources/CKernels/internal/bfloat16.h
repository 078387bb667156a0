#ifndef CKERNELS_INTERNAL_BFLOAT16_H
#define CKERNELS_INTERNAL_BFLOAT16_H

#include <stdint.h>
#include <string.h>

/// The upper half of a float32, rounded to the nearest, ties to even, as VCVTNEPS2BF16 does it: what
/// is subnormal becomes zero of the same sign, NaN stays NaN.
static inline uint16_t ckernels_bfloat16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
  if (magnitude < 0x00800000) return (uint16_t)(bits >> 16 & 0x8000);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// A value rounded to bfloat16, as float32 again.
static inline float ckernels_rounded_to_bfloat16(float value) {
  const uint32_t bits = (uint32_t)ckernels_bfloat16(value) << 16;
  memcpy(&value, &bits, sizeof value);
  return value;
}

#endif
