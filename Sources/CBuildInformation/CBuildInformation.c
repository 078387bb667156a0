#include "CBuildInformation.h"

const char *const cbuildinformation_revision = BUILD_REVISION;
const char *const cbuildinformation_compiler = __VERSION__;
