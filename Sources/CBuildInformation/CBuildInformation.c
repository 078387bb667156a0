#include "CBuildInformation.h"

const char *const cbuildinformation_revision = BUILD_REVISION;
