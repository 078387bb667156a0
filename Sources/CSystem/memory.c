#include "CSystem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>

static bool is_set(const char *variable, const char *tunable) {
  const char *tunables = getenv("GLIBC_TUNABLES");
  return getenv(variable) != NULL || (tunables != NULL && strstr(tunables, tunable) != NULL);
}
#endif

void csystem_limit_heap(int arena_count, int mapped_byte_count) {
#ifdef __GLIBC__
  if (!is_set("MALLOC_ARENA_MAX", "glibc.malloc.arena_max")) mallopt(M_ARENA_MAX, arena_count);
  if (!is_set("MALLOC_MMAP_THRESHOLD_", "glibc.malloc.mmap_threshold")) {
    mallopt(M_MMAP_THRESHOLD, mapped_byte_count);
  }
#else
  (void)arena_count, (void)mapped_byte_count;
#endif
}
