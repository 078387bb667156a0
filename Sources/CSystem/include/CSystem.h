// The few system calls that Swift's Glibc module lacks, or whose C types it cannot express
// (unions in epoll_event, variadic fcntl, msghdr), behind the same names on Linux and macOS.
#ifndef CSYSTEM_H
#define CSYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What a poller reports about one descriptor. Reports are edge-triggered: each says that
// something changed since the last one, so the receiver reads or writes until EAGAIN.
enum {
  CSYSTEM_READABLE = 1,
  CSYSTEM_WRITABLE = 2,
  // The peer has finished sending (FIN): no byte follows those that are already here.
  CSYSTEM_PEER_CLOSED = 4,
  // The connection is gone both ways (reset or error).
  CSYSTEM_BROKEN = 8,
};

struct csystem_event {
  uint64_t token;
  uint32_t events;
};

// All return -1 and set errno on failure, and retry nothing but EINTR.

// A new epoll (Linux) or kqueue (macOS) descriptor, close-on-exec.
int csystem_poller_create(void);
// Watches `descriptor` for everything above; `token` comes back with each event.
int csystem_poller_add(int poller, int descriptor, uint64_t token);
// Stops watching. Call it before the descriptor is closed.
int csystem_poller_remove(int poller, int descriptor);
// Events that are waiting, at most `capacity`; waits for the first one up to `milliseconds`.
int csystem_poller_poll(int poller, struct csystem_event *events, int capacity, int milliseconds);
// Gives the poller a bell under a token; returns what csystem_bell_ring takes.
int csystem_bell_create(int poller, uint64_t token);
// Ends the poller's present or next wait; any thread may.
void csystem_bell_ring(int bell);

// A peer or local address as text.
struct csystem_address {
  char host[64];
  uint16_t port;
};

// Binds and listens on a numeric address or host name; port 0 takes a free one. The descriptor
// does not block and is closed on exec. On failure of name resolution errno is EADDRNOTAVAIL.
int csystem_listen(const char *host, uint16_t port, int backlog);
// Connects, blocking, to a numeric address or the first address of a host name that answers; for
// clients and tests. On failure of name resolution errno is EADDRNOTAVAIL.
int csystem_connect(const char *host, uint16_t port);
// How long a blocking receive waits before it fails with EAGAIN; for clients and tests.
int csystem_set_receive_timeout(int descriptor, int64_t milliseconds);
// One waiting connection, not blocking, closed on exec, with TCP_NODELAY.
int csystem_accept(int listener, struct csystem_address *peer);
int csystem_local_address(int descriptor, struct csystem_address *address);
// Up to two pieces in one system call, without SIGPIPE.
ssize_t csystem_send(int descriptor, const void *first, size_t first_count, const void *second,
                     size_t second_count);
ssize_t csystem_receive(int descriptor, void *buffer, size_t capacity);
// No more bytes will be sent (FIN).
int csystem_finish_sending(int descriptor);
// Closing drops what waits to be sent and tells the peer so (RST).
int csystem_reset_when_closed(int descriptor);
int csystem_close(int descriptor);
// A descriptor held back for the day when there are none left.
int csystem_reserve_descriptor(void);
// Writes to closed sockets are answered by EPIPE, not by the process's end.
void csystem_ignore_sigpipe(void);
// Nanoseconds on a clock that nobody sets.
int64_t csystem_monotonic_nanoseconds(void);

// The processors that this process may use, at least 1; a container's CPU set is respected.
int csystem_usable_processor_count(void);

// Has all threads share so many of the GNU C library's arenas, and has blocks of so many bytes or
// more go back to the system when they are freed; what the environment says about either stands.
// Call it before the first thread starts.
void csystem_limit_heap(int arena_count, int mapped_byte_count);

// Lets the process open as many descriptors as the system allows it; returns how many these are.
int64_t csystem_raise_descriptor_limit(void);

#endif
