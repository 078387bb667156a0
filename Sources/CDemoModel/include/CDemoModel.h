#ifndef CDEMOMODEL_H
#define CDEMOMODEL_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// The files of the built-in model, part of the program: valid for its whole life.
///
/// Each function sets `byteCount` to the length of what it returns.
const uint8_t *cdemomodel_manifest(size_t *byteCount);
const uint8_t *cdemomodel_weights(size_t *byteCount);

#pragma clang assume_nonnull end

#endif
