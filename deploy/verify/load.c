// Sends one request over and over again to a server on this machine and tells how it was answered.
//
//   load PORT REQUEST SECONDS rate PER_SECOND SEED    Poisson arrivals, which wait for no answer
//   load PORT REQUEST SECONDS clients COUNT 0         so many clients, each of which sends again
//                                                     once it has its answer
//
// REQUEST is a file of the bytes to send. Latency counts from the moment a request was due, so that
// neither a slow server nor a late generator can hide what it delays. One thread and epoll: what it
// takes from the server's processors is little, and printed. The last line is one JSON object.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_CAPACITY = 4096, CONNECTION_LIMIT = 16384, TIMER = -1 };

// A connection that keeps alive, with at most one request on it.
struct connection {
  int descriptor;  // -1: none
  bool is_busy;
  int64_t due;
  size_t sent;
  char head[HEAD_CAPACITY + 1];
  size_t head_size;
  int64_t body_left;  // -1: the head is not complete
  int status;
  bool closes;
};

// Nanoseconds, one for each answer of a kind or request.
struct samples {
  int64_t *values;
  size_t count, capacity;
};

static struct sockaddr_in server;
static char *request;
static size_t request_size;
static int poller;
static struct connection *connections;
static int connection_count;
static int free_list[CONNECTION_LIMIT], free_count;
static int open_count, open_peak;

static struct samples accepted, refused, lateness;
static long sent_count, other_count, failed_count, without_retry_count;
static int64_t last_accepted;
static bool is_closed_loop;
static int64_t window_end;

static _Noreturn void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(2);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void add(struct samples *samples, int64_t value) {
  if (samples->count == samples->capacity) {
    samples->capacity = samples->capacity ? 2 * samples->capacity : 1024;
    samples->values = realloc(samples->values, samples->capacity * sizeof *samples->values);
    if (!samples->values) die("memory");
  }
  samples->values[samples->count++] = value;
}

static int ascending(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

// How many samples there are, and the milliseconds that shares of them do not exceed.
static void print_quantiles(const char *name, struct samples *samples) {
  printf("\"%s\": {\"count\": %zu", name, samples->count);
  if (samples->count > 0) {
    qsort(samples->values, samples->count, sizeof *samples->values, ascending);
    const char *names[] = {"p50", "p99", "max"};
    double shares[] = {0.5, 0.99, 1};
    for (int i = 0; i < 3; i++) {
      size_t place = (size_t)(shares[i] * (double)(samples->count - 1) + 0.5);
      printf(", \"%s\": %.3f", names[i], (double)samples->values[place] / 1e6);
    }
  }
  printf("}, ");
}

// --- Connections

static void disconnect(struct connection *connection) {
  if (connection->descriptor < 0) return;
  close(connection->descriptor);
  connection->descriptor = -1;
  open_count--;
}

static void release(struct connection *connection) {
  connection->is_busy = false;
  free_list[free_count++] = (int)(connection - connections);
}

static bool open_connection(struct connection *connection) {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
  event.data.u64 = (uint64_t)(connection - connections);
  bool failed = connect(descriptor, (struct sockaddr *)&server, sizeof server) < 0 &&
                errno != EINPROGRESS;
  if (failed || epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) < 0) {
    close(descriptor);
    return false;
  }
  connection->descriptor = descriptor;
  if (++open_count > open_peak) open_peak = open_count;
  return true;
}

static void begin(int64_t due);

// The request of a connection has come to its end.
static void finish(struct connection *connection, bool answered) {
  int64_t time = now();
  if (!answered) {
    failed_count++;
    disconnect(connection);
  } else {
    int64_t elapsed = time - connection->due;
    if (connection->status == 200) {
      add(&accepted, elapsed);
      last_accepted = time;
    } else if (connection->status == 503 || connection->status == 429) {
      add(&refused, elapsed);
      if (!strcasestr(connection->head, "\r\nretry-after:")) without_retry_count++;
    } else {
      other_count++;
    }
    // What is not sent in full can be followed by nothing.
    if (connection->closes || connection->sent < request_size) disconnect(connection);
  }
  release(connection);
  if (is_closed_loop && time < window_end) begin(time);
}

static void take_head(struct connection *connection) {
  const char *length = strcasestr(connection->head, "\r\ncontent-length:");
  if (strncmp(connection->head, "HTTP/1.1 ", 9) != 0 || !length) {
    fprintf(stderr, "load: an answer without status or length: %.200s\n", connection->head);
    exit(2);
  }
  connection->status = atoi(connection->head + 9);
  connection->body_left = atoll(length + strlen("\r\ncontent-length:"));
  connection->closes = strcasestr(connection->head, "\r\nconnection: close") != NULL;
}

// Takes bytes of an answer; true when it is complete.
static bool take(struct connection *connection, const char *bytes, size_t count) {
  if (connection->body_left < 0) {
    // The head and as much of the body as is copied beside it.
    size_t room = HEAD_CAPACITY - connection->head_size;
    size_t part = count < room ? count : room;
    memcpy(connection->head + connection->head_size, bytes, part);
    size_t before = connection->head_size;
    connection->head_size += part;
    connection->head[connection->head_size] = 0;
    char *end = strstr(connection->head, "\r\n\r\n");
    if (!end) {
      if (part < count) die("an answer's head is too long");
      return false;
    }
    end[2] = 0;
    size_t used = (size_t)(end + 4 - connection->head) - before;
    take_head(connection);
    count -= used;
  }
  connection->body_left -= (int64_t)count;
  return connection->body_left <= 0;
}

// Sends what can be sent and reads what is there.
static void advance(struct connection *connection) {
  static char buffer[1 << 18];
  while (connection->is_busy && connection->sent < request_size) {
    ssize_t count = send(connection->descriptor, request + connection->sent,
                         request_size - connection->sent, MSG_NOSIGNAL);
    // An answer may lie before the failure; reading tells.
    if (count < 0) break;
    connection->sent += (size_t)count;
  }
  while (connection->descriptor >= 0) {
    ssize_t count = recv(connection->descriptor, buffer, sizeof buffer, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0 || !connection->is_busy) {
      if (connection->is_busy) finish(connection, false);
      else disconnect(connection);
      return;
    }
    if (take(connection, buffer, (size_t)count)) {
      finish(connection, true);
      return;
    }
    if ((size_t)count < sizeof buffer) return;
  }
}

// Sends a request that was due at a moment, on a free connection or a new one.
static void begin(int64_t due) {
  struct connection *connection;
  sent_count++;
  if (free_count > 0) {
    connection = &connections[free_list[--free_count]];
  } else if (connection_count < CONNECTION_LIMIT) {
    connection = &connections[connection_count++];
    connection->descriptor = -1;
  } else {
    failed_count++;
    return;
  }
  connection->is_busy = true;
  connection->due = due;
  connection->sent = 0;
  connection->head_size = 0;
  connection->body_left = -1;
  if (connection->descriptor < 0 && !open_connection(connection)) {
    finish(connection, false);
    return;
  }
  add(&lateness, now() - due);
  advance(connection);
}

// --- Arrivals

static uint64_t random_state;

// Uniform in (0, 1] (SplitMix64).
static double uniform(void) {
  uint64_t mixed = random_state += UINT64_C(0x9E3779B97F4A7C15);
  mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
  mixed ^= mixed >> 31;
  return (double)((mixed >> 11) + 1) / 9007199254740992.0;
}

static void read_request(const char *path) {
  int file = open(path, O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) < 0) die(path);
  request_size = (size_t)status.st_size;
  request = malloc(request_size + 1);
  if (!request || read(file, request, request_size) != (ssize_t)request_size) die(path);
  close(file);
}

static double seconds_of(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int count, char **values) {
  if (count != 7) {
    fprintf(stderr, "usage: load PORT REQUEST SECONDS rate|clients NUMBER SEED\n");
    return 2;
  }
  server.sin_family = AF_INET;
  server.sin_port = htons((uint16_t)atoi(values[1]));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  read_request(values[2]);
  double seconds = atof(values[3]), number = atof(values[5]);
  is_closed_loop = strcmp(values[4], "clients") == 0;
  random_state = (uint64_t)atoll(values[6]);
  if (seconds <= 0 || number <= 0) {
    fprintf(stderr, "load: SECONDS and NUMBER are positive\n");
    return 2;
  }
  connections = calloc(CONNECTION_LIMIT, sizeof *connections);
  poller = epoll_create1(EPOLL_CLOEXEC);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  struct epoll_event timer_event = {.events = EPOLLIN, .data.u64 = (uint64_t)TIMER};
  if (!connections || poller < 0 || timer < 0 ||
      epoll_ctl(poller, EPOLL_CTL_ADD, timer, &timer_event) < 0) {
    die("setting up");
  }

  int64_t start = now();
  window_end = start + (int64_t)(seconds * 1e9);
  // The last answers may take as long again as a request may wait.
  int64_t patience_end = window_end + INT64_C(60000000000);
  int64_t due = start;
  if (is_closed_loop) {
    for (int i = 0; i < (int)number; i++) begin(now());
  } else {
    due += (int64_t)(-log(uniform()) / number * 1e9);
  }
  while (true) {
    int64_t time = now();
    while (!is_closed_loop && due <= time && due < window_end) {
      begin(due);
      due += (int64_t)(-log(uniform()) / number * 1e9);
      time = now();
    }
    bool sends = is_closed_loop ? time < window_end : due < window_end;
    if ((!sends && free_count == connection_count) || time > patience_end) break;
    int64_t wake = sends && !is_closed_loop ? due : sends ? window_end : patience_end;
    struct itimerspec at = {.it_value = {wake / 1000000000, wake % 1000000000}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
    struct epoll_event events[256];
    int found = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < found; i++) {
      if (events[i].data.u64 == (uint64_t)TIMER) continue;
      advance(&connections[events[i].data.u64]);
    }
  }

  int64_t end = last_accepted > window_end ? last_accepted : window_end;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  failed_count += connection_count - free_count;
  printf("{");
  print_quantiles("accepted", &accepted);
  print_quantiles("refused", &refused);
  print_quantiles("lateness", &lateness);
  printf("\"sent\": %ld, \"other\": %ld, \"failed\": %ld, \"without_retry_after\": %ld, ",
         sent_count, other_count, failed_count, without_retry_count);
  printf("\"connections\": %d, \"seconds\": %.6f, \"answering_seconds\": %.6f, ", open_peak,
         seconds, (double)(end - start) / 1e9);
  printf("\"window_end\": %.6f, \"user_seconds\": %.3f, \"system_seconds\": %.3f}\n",
         (double)window_end / 1e9, seconds_of(usage.ru_utime), seconds_of(usage.ru_stime));
  return 0;
}
