// Counts the heap allocations of a program that it is loaded in front of (LD_PRELOAD), for
// `pointserve bench`, which finds the counter by its name. GNU libc only.
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

void *__libc_malloc(size_t count);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t count);
void *__libc_memalign(size_t alignment, size_t count);

static atomic_uint_fast64_t allocations;

uint64_t pointserve_allocation_count(void) {
  return atomic_load_explicit(&allocations, memory_order_relaxed);
}

static void note(void) { atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed); }

void *malloc(size_t count) {
  note();
  return __libc_malloc(count);
}

void *calloc(size_t count, size_t size) {
  note();
  return __libc_calloc(count, size);
}

void *realloc(void *block, size_t count) {
  note();
  return __libc_realloc(block, count);
}

void *aligned_alloc(size_t alignment, size_t count) {
  note();
  return __libc_memalign(alignment, count);
}

void *memalign(size_t alignment, size_t count) {
  note();
  return __libc_memalign(alignment, count);
}

int posix_memalign(void **block, size_t alignment, size_t count) {
  note();
  if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
  void *found = __libc_memalign(alignment, count);
  if (!found) return ENOMEM;
  *block = found;
  return 0;
}
