#include "CDemoModel.h"

static const uint8_t manifest[] = {
#embed "model/model.json"
};

static const uint8_t weights[] = {
#embed "model/weights.safetensors"
};

const uint8_t *cdemomodel_manifest(size_t *byteCount) {
  *byteCount = sizeof manifest;
  return manifest;
}

const uint8_t *cdemomodel_weights(size_t *byteCount) {
  *byteCount = sizeof weights;
  return weights;
}
