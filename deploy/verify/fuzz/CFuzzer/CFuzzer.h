#pragma once

#include <stddef.h>
#include <stdint.h>

// The entry point of libFuzzer for programs that bring their own `main`
// (https://llvm.org/docs/LibFuzzer.html, "Using libFuzzer as a library").
int LLVMFuzzerRunDriver(
    int *_Nonnull argc, char *_Nullable *_Nonnull *_Nonnull argv,
    int (*_Nonnull run)(const uint8_t *_Nullable data, size_t byte_count));
