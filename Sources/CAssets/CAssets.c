#include "CAssets.h"

static const uint8_t openapi[] = {
#embed "../../openapi.yaml"
};

static const uint8_t page[] = {
#embed "page.html"
};

const uint8_t *const cassets_openapi = openapi;
const size_t cassets_openapi_size = sizeof openapi;
const uint8_t *const cassets_page = page;
const size_t cassets_page_size = sizeof page;
