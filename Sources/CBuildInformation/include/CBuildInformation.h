#ifndef CBUILDINFORMATION_H
#define CBUILDINFORMATION_H

/// The commit that was built, with "-dirty" where files differed from it, or "unknown".
extern const char *const cbuildinformation_revision;

/// The version of the toolchain's clang, with its commit.
extern const char *const cbuildinformation_compiler;

#endif
