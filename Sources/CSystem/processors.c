#define _GNU_SOURCE
#include "CSystem.h"

#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

int csystem_usable_processor_count(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
  }
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}
