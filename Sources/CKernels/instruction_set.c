#include "include/CKernelsInstructionSet.h"

#include <stdatomic.h>
#include <string.h>

#include "internal/variant.h"

typedef struct candidate {
  const ckernels_variant *variant;
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

static bool has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

// The fastest first.
static const candidate candidates[] = {
#if defined(__x86_64__)
    {&ckernels_variant_avx512, has_avx512},
    {&ckernels_variant_avx2, has_avx2},
#endif
    {&ckernels_variant_portable, always},
    {&ckernels_variant_reference, always},
};

enum { candidate_count = sizeof candidates / sizeof candidates[0] };

static _Atomic(const ckernels_variant *) selected;
static _Thread_local const ckernels_variant *selected_for_thread;

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

const char *ckernels_available_isa_name(size_t index) { return available(index)->variant->name; }

const ckernels_variant *ckernels_current_variant(void) {
  if (selected_for_thread) return selected_for_thread;
  const ckernels_variant *variant = atomic_load_explicit(&selected, memory_order_relaxed);
  return variant ? variant : available(0)->variant;
}

const char *ckernels_isa_name(void) { return ckernels_current_variant()->name; }

static const ckernels_variant *available_named(const char *name) {
  for (size_t i = 0; i < candidate_count; i++)
    if (!strcmp(candidates[i].variant->name, name) && candidates[i].is_available())
      return candidates[i].variant;
  return NULL;
}

bool ckernels_select_isa(const char *name) {
  const ckernels_variant *variant = available_named(name);
  if (variant) atomic_store_explicit(&selected, variant, memory_order_relaxed);
  return variant;
}

bool ckernels_select_isa_for_thread(const char *name) {
  const ckernels_variant *variant = name ? available_named(name) : NULL;
  if (variant || !name) selected_for_thread = variant;
  return variant || !name;
}
