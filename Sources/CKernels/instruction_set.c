#include "include/CKernelsInstructionSet.h"

#include <stdatomic.h>
#include <string.h>

#include "internal/variant.h"

typedef struct candidate {
  const char *name;
  /// For everything but products of bfloat16.
  const ckernels_variant *variant;
  const ckernels_variant *bfloat16_variant;
  bool (*is_available)(void);
} candidate;

static bool always(void) { return true; }

#if defined(__x86_64__)
// Each checks every feature that the target attribute of its file names.
static bool has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi2");
}

static bool has_avx512_bf16(void) {
  return has_avx512() && __builtin_cpu_supports("avx512bf16");
}

static bool has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

// The fastest first.
static const candidate candidates[] = {
#if defined(__x86_64__)
    {"avx512_bf16", &ckernels_variant_avx512, &ckernels_variant_avx512_bf16, has_avx512_bf16},
    {"avx512", &ckernels_variant_avx512, &ckernels_variant_avx512, has_avx512},
    {"avx2", &ckernels_variant_avx2, &ckernels_variant_avx2, has_avx2},
#endif
    {"portable", &ckernels_variant_portable, &ckernels_variant_portable, always},
    {"reference", &ckernels_variant_reference, &ckernels_variant_reference, always},
};

enum { candidate_count = sizeof candidates / sizeof candidates[0] };

static _Atomic(const candidate *) selected;
static _Thread_local const candidate *selected_for_thread;

static const candidate *available(size_t index) {
  for (size_t i = 0; i < candidate_count; i++)
    if (candidates[i].is_available() && index-- == 0) return &candidates[i];
  return NULL;
}

size_t ckernels_available_isa_count(void) {
  size_t count = 0;
  while (available(count)) count++;
  return count;
}

const char *ckernels_available_isa_name(size_t index) { return available(index)->name; }

static const candidate *current(void) {
  if (selected_for_thread) return selected_for_thread;
  const candidate *chosen = atomic_load_explicit(&selected, memory_order_relaxed);
  return chosen ? chosen : available(0);
}

const ckernels_variant *ckernels_current_variant(void) { return current()->variant; }

const ckernels_variant *ckernels_variant_for(ckernels_precision precision) {
  const candidate *chosen = current();
  return precision == CKERNELS_PRECISION_BFLOAT16 ? chosen->bfloat16_variant : chosen->variant;
}

const char *ckernels_isa_name(void) { return current()->name; }

static const candidate *available_named(const char *name) {
  for (size_t i = 0; i < candidate_count; i++)
    if (!strcmp(candidates[i].name, name) && candidates[i].is_available()) return &candidates[i];
  return NULL;
}

bool ckernels_select_isa(const char *name) {
  const candidate *chosen = available_named(name);
  if (chosen) atomic_store_explicit(&selected, chosen, memory_order_relaxed);
  return chosen;
}

bool ckernels_select_isa_for_thread(const char *name) {
  const candidate *chosen = name ? available_named(name) : NULL;
  if (chosen || !name) selected_for_thread = chosen;
  return chosen || !name;
}
