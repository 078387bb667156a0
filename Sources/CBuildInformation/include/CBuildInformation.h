#ifndef CBUILDINFORMATION_H
#define CBUILDINFORMATION_H

/// The commit that was built, or "unknown" where the sources were no checkout.
extern const char *const cbuildinformation_revision;

#endif
