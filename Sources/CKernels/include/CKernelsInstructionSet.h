#ifndef CKERNELS_INSTRUCTION_SET_H
#define CKERNELS_INSTRUCTION_SET_H

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

/// The number of instruction sets that this processor can run; at least two ("portable" and
/// "reference").
size_t ckernels_available_isa_count(void);

/// The name of an available instruction set, the fastest first.
///
/// `index` is less than `ckernels_available_isa_count()`.
const char *ckernels_available_isa_name(size_t index);

/// The name of the instruction set in use: the fastest available one unless another was selected.
const char *ckernels_isa_name(void);

/// Selects the instruction set of all objects created and all plain functions called from now on.
///
/// Objects keep the instruction set that they were created with. Returns false, and changes nothing,
/// when the name is unknown or the processor lacks a feature that it needs.
bool ckernels_select_isa(const char *name);

/// The same for what the calling thread alone creates and calls from now on; NULL gives it back the
/// selection of the process. For comparisons while other threads are at work.
bool ckernels_select_isa_for_thread(const char *_Nullable name);

#pragma clang assume_nonnull end

#endif
