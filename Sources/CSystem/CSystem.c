#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "CSystem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

int csystem_close(int descriptor) {
  // Linux has released the descriptor even when close reports EINTR: never close twice.
  return close(descriptor) < 0 && errno != EINTR ? -1 : 0;
}

static int closing(int descriptor) {
  int error = errno;
  (void)csystem_close(descriptor);
  errno = error;
  return -1;
}

#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>

int csystem_poller_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int csystem_poller_add(int poller, int descriptor, uint64_t token) {
  struct epoll_event event = {0};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = token;
  return epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event);
}

int csystem_poller_remove(int poller, int descriptor) {
  struct epoll_event event = {0};
  return epoll_ctl(poller, EPOLL_CTL_DEL, descriptor, &event);
}

int csystem_bell_create(int poller, uint64_t token) {
  int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell < 0) return -1;
  // Edge-triggered: each ring is one event, and nobody needs to read the counter.
  struct epoll_event event = {0};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = token;
  if (epoll_ctl(poller, EPOLL_CTL_ADD, bell, &event) < 0) return closing(bell);
  return bell;
}

void csystem_bell_ring(int bell) {
  uint64_t one = 1;
  // A full counter has rung already.
  ssize_t written = write(bell, &one, sizeof one);
  (void)written;
}

int csystem_poller_poll(int poller, struct csystem_event *events, int capacity,
                        int milliseconds) {
  struct epoll_event found[256];
  if (capacity > 256) capacity = 256;
  int count;
  do {
    count = epoll_wait(poller, found, capacity, milliseconds);
  } while (count < 0 && errno == EINTR);
  for (int i = 0; i < count; i++) {
    uint32_t all = found[i].events, seen = 0;
    if (all & EPOLLIN) seen |= CSYSTEM_READABLE;
    if (all & EPOLLOUT) seen |= CSYSTEM_WRITABLE;
    if (all & EPOLLRDHUP) seen |= CSYSTEM_READABLE | CSYSTEM_PEER_CLOSED;
    if (all & (EPOLLERR | EPOLLHUP)) seen |= CSYSTEM_BROKEN;
    events[i].token = found[i].data.u64;
    events[i].events = seen;
  }
  return count;
}

#else
#include <sys/event.h>

int csystem_poller_create(void) {
  int poller = kqueue();
  if (poller >= 0) (void)fcntl(poller, F_SETFD, FD_CLOEXEC);
  return poller;
}

int csystem_poller_add(int poller, int descriptor, uint64_t token) {
  struct kevent changes[2];
  EV_SET(&changes[0], descriptor, EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0, (void *)(uintptr_t)token);
  EV_SET(&changes[1], descriptor, EVFILT_WRITE, EV_ADD | EV_CLEAR, 0, 0, (void *)(uintptr_t)token);
  return kevent(poller, changes, 2, NULL, 0, NULL);
}

int csystem_poller_remove(int poller, int descriptor) {
  struct kevent changes[2];
  EV_SET(&changes[0], descriptor, EVFILT_READ, EV_DELETE, 0, 0, NULL);
  EV_SET(&changes[1], descriptor, EVFILT_WRITE, EV_DELETE, 0, 0, NULL);
  // A listening socket has no write filter, so the second deletion may find nothing.
  return kevent(poller, changes, 2, NULL, 0, NULL) < 0 && errno != ENOENT ? -1 : 0;
}

int csystem_bell_create(int poller, uint64_t token) {
  struct kevent change;
  EV_SET(&change, 0, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, (void *)(uintptr_t)token);
  // A copy, so that the caller can close the bell like a descriptor of its own.
  return kevent(poller, &change, 1, NULL, 0, NULL) < 0 ? -1 : dup(poller);
}

void csystem_bell_ring(int bell) {
  struct kevent change;
  EV_SET(&change, 0, EVFILT_USER, 0, NOTE_TRIGGER, 0, NULL);
  (void)kevent(bell, &change, 1, NULL, 0, NULL);
}

int csystem_poller_poll(int poller, struct csystem_event *events, int capacity,
                        int milliseconds) {
  struct kevent found[256];
  struct timespec limit = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
  if (capacity > 256) capacity = 256;
  int count;
  do {
    count = kevent(poller, NULL, 0, found, capacity, &limit);
  } while (count < 0 && errno == EINTR);
  for (int i = 0; i < count; i++) {
    uint32_t seen = 0;
    if (found[i].filter == EVFILT_USER) {
      seen = 0;
    } else if (found[i].filter == EVFILT_READ) {
      seen |= CSYSTEM_READABLE;
      if (found[i].flags & EV_EOF) seen |= CSYSTEM_PEER_CLOSED;
    } else {
      seen |= CSYSTEM_WRITABLE;
      if (found[i].flags & EV_EOF) seen |= CSYSTEM_BROKEN;
    }
    events[i].token = (uint64_t)(uintptr_t)found[i].udata;
    events[i].events = seen;
  }
  return count;
}
#endif

static void describe(const struct sockaddr_storage *storage, struct csystem_address *address) {
  memset(address, 0, sizeof *address);
  if (storage->ss_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)storage;
    inet_ntop(AF_INET, &in->sin_addr, address->host, sizeof address->host);
    address->port = ntohs(in->sin_port);
  } else if (storage->ss_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)storage;
    // A dual-stack listener reports IPv4 clients as ::ffff:a.b.c.d; one client, one name.
    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
      inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], address->host, sizeof address->host);
    } else {
      inet_ntop(AF_INET6, &in6->sin6_addr, address->host, sizeof address->host);
    }
    address->port = ntohs(in6->sin6_port);
  }
}

static int set_flags(int descriptor) {
  int status = fcntl(descriptor, F_GETFL);
  if (status < 0 || fcntl(descriptor, F_SETFL, status | O_NONBLOCK) < 0) return -1;
  return fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

static struct addrinfo *resolve(const char *host, uint16_t port, int flags) {
  char service[8];
  struct addrinfo hints = {0}, *found = NULL;
  snprintf(service, sizeof service, "%u", (unsigned)port);
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  if (getaddrinfo(host, service, &hints, &found) != 0 || found == NULL) {
    errno = EADDRNOTAVAIL;
    return NULL;
  }
  return found;
}

int csystem_listen(const char *host, uint16_t port, int backlog) {
  struct addrinfo *found = resolve(host, port, AI_PASSIVE);
  if (found == NULL) return -1;
  int descriptor = -1;
  for (struct addrinfo *each = found; each != NULL && descriptor < 0; each = each->ai_next) {
    descriptor = socket(each->ai_family, SOCK_STREAM, 0);
    if (descriptor < 0) continue;
    int on = 1, off = 0;
    if (each->ai_family == AF_INET6) {
      setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        set_flags(descriptor) < 0 || bind(descriptor, each->ai_addr, each->ai_addrlen) < 0 ||
        listen(descriptor, backlog) < 0) {
      descriptor = closing(descriptor);
    }
  }
  int error = errno;
  freeaddrinfo(found);
  errno = error;
  return descriptor;
}

int csystem_connect(const char *host, uint16_t port) {
  struct addrinfo *found = resolve(host, port, 0);
  if (found == NULL) return -1;
  int descriptor = -1, on = 1;
  for (struct addrinfo *each = found; each != NULL && descriptor < 0; each = each->ai_next) {
    descriptor = socket(each->ai_family, SOCK_STREAM, 0);
    if (descriptor >= 0 && connect(descriptor, each->ai_addr, each->ai_addrlen) < 0) {
      descriptor = closing(descriptor);
    }
  }
  if (descriptor >= 0) setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int error = errno;
  freeaddrinfo(found);
  errno = error;
  return descriptor;
}

int csystem_set_receive_timeout(int descriptor, int64_t milliseconds) {
  struct timeval timeout = {milliseconds / 1000, (milliseconds % 1000) * 1000};
  return setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
}

int csystem_accept(int listener, struct csystem_address *peer) {
  struct sockaddr_storage storage = {0};
  socklen_t length = sizeof storage;
  int descriptor;
  do {
    length = sizeof storage;
#if defined(__linux__)
    descriptor = accept4(listener, (struct sockaddr *)&storage, &length,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
    descriptor = accept(listener, (struct sockaddr *)&storage, &length);
    if (descriptor >= 0 && set_flags(descriptor) < 0) descriptor = closing(descriptor);
#endif
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) return -1;
  int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#if defined(SO_NOSIGPIPE)
  setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  describe(&storage, peer);
  return descriptor;
}

int csystem_local_address(int descriptor, struct csystem_address *address) {
  struct sockaddr_storage storage = {0};
  socklen_t length = sizeof storage;
  if (getsockname(descriptor, (struct sockaddr *)&storage, &length) < 0) return -1;
  describe(&storage, address);
  return 0;
}

ssize_t csystem_send(int descriptor, const void *first, size_t first_count, const void *second,
                     size_t second_count) {
  struct iovec pieces[2] = {{(void *)first, first_count}, {(void *)second, second_count}};
  struct msghdr message = {0};
  message.msg_iov = pieces;
  message.msg_iovlen = 2;
#if defined(MSG_NOSIGNAL)
  int flags = MSG_NOSIGNAL;
#else
  int flags = 0;
#endif
  ssize_t count;
  do {
    // The kernel takes one piece more quickly without a list of it.
    count = second_count > 0 ? sendmsg(descriptor, &message, flags)
                             : send(descriptor, first, first_count, flags);
  } while (count < 0 && errno == EINTR);
  return count;
}

ssize_t csystem_receive(int descriptor, void *buffer, size_t capacity) {
  ssize_t count;
  do {
    count = recv(descriptor, buffer, capacity, 0);
  } while (count < 0 && errno == EINTR);
  return count;
}

int csystem_finish_sending(int descriptor) { return shutdown(descriptor, SHUT_WR); }

int csystem_reset_when_closed(int descriptor) {
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  return setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

int csystem_reserve_descriptor(void) { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

void csystem_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }

int64_t csystem_monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
