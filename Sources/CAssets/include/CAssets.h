#ifndef CASSETS_H
#define CASSETS_H

#include <stddef.h>
#include <stdint.h>

/// openapi.yaml of the project's top level.
extern const uint8_t *_Nonnull const cassets_openapi;
extern const size_t cassets_openapi_size;

/// The page for people.
extern const uint8_t *_Nonnull const cassets_page;
extern const size_t cassets_page_size;

#endif
