#!/usr/bin/env python3
"""Clients that send or read as slowly as they can: each is cut off at its deadline, and the health
of the server is asked for beside them without delay."""
import select
import threading
import time

from harness import SEGMENT, TEXT, Promises, Server, arguments, percentile, post

HEADER_TIMEOUT, BODY_TIMEOUT = 5, 10
# Built-in limits: a write stall of 30 s, a rate of 1 KiB/s judged every 10 s.
READER_TIMEOUT = 45


class SlowClient:
    def __init__(self, server, kind):
        self.kind = kind
        self.link = server.connect(receive_buffer=4096 if kind == "reader" else None)
        self.started = time.monotonic()
        self.ended = None
        self.sent = 0
        if kind == "header":
            self.data = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 1000
        elif kind == "body":
            whole = post(SEGMENT, b"0 0 0\n" * 1000, *TEXT)
            head = whole.index(b"\r\n\r\n") + 4
            self.link.sendall(whole[:head])
            self.data = whole[head:]
        else:
            # More than the socket buffers hold, so that the server must wait for the reader.
            self.data = b""
            request = b"GET /openapi.yaml HTTP/1.1\r\nHost: localhost\r\n\r\n"
            self.link.setblocking(False)
            try:
                self.link.send(request * 400)
            except BlockingIOError:
                pass
        self.link.setblocking(False)

    def step(self):
        """Sends one byte, or notices the end."""
        if self.ended:
            return
        try:
            if self.kind != "reader":
                if select.select([self.link], [], [], 0)[0]:
                    self.finish()
                    return
                self.link.send(self.data[self.sent:self.sent + 1])
                self.sent += 1
            else:
                # Reading nothing, the end shows as an error only.
                poll = select.poll()
                poll.register(self.link, 0)
                if any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0)):
                    self.finish()
        except BlockingIOError:
            pass
        except OSError:
            self.finish()

    def finish(self):
        self.ended = time.monotonic()
        self.link.close()


def main():
    options = arguments(__doc__, count=(999, "slow clients"))
    promises = Promises("slowloris")
    latencies = []
    ends = threading.Event()
    flags = ["--header-timeout", f"{HEADER_TIMEOUT}", "--body-timeout", f"{BODY_TIMEOUT}"]
    with Server(*flags) as server:
        before = server.usage()

        def ask():
            while not ends.is_set():
                start = time.monotonic()
                status, _ = server.get("/health/live")
                latencies.append((time.monotonic() - start) * 1000)
                promises.check(status == 200, f"health: {status}")
                time.sleep(0.02)

        clients = []
        for index in range(options.count):
            clients.append(SlowClient(server, ["header", "body", "reader"][index % 3]))
        asking = threading.Thread(target=ask)
        asking.start()
        peak = before
        end = time.monotonic() + READER_TIMEOUT + 10
        while time.monotonic() < end and not all(client.ended for client in clients):
            for client in clients:
                client.step()
            peak = max(peak, server.usage(), key=lambda usage: usage["memory"])
            time.sleep(0.5)
        ends.set()
        asking.join()
        for kind, limit in [("header", HEADER_TIMEOUT), ("body", BODY_TIMEOUT + 2),
                            ("reader", READER_TIMEOUT)]:
            group = [client for client in clients if client.kind == kind]
            lasted = [client.ended - client.started for client in group if client.ended]
            promises.say(
                f"{len(lasted)} of {len(group)} slow {kind}s cut off after "
                f"{min(lasted, default=0):.1f} to {max(lasted, default=0):.1f} s")
            promises.check(len(lasted) == len(group), f"slow {kind}s stay connected")
            promises.check(
                max(lasted, default=0) < limit + 5, f"slow {kind}s last longer than {limit} s")
        promises.say(
            f"health beside them, {len(latencies)} times: p50 {percentile(latencies, 0.5):.1f} ms, "
            f"p99 {percentile(latencies, 0.99):.1f} ms; memory {before['memory'] >> 10} to "
            f"{peak['memory'] >> 10} MiB")
        promises.check(percentile(latencies, 0.99) < 50, "health p99 is 50 ms or more")
        promises.check(server.stop() == 0, "exit code")
    promises.finish()


if __name__ == "__main__":
    main()
