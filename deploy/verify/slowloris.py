#!/usr/bin/env python3
"""Clients that send or read as slowly as they can: each is cut off at its deadline, and the health
of the server is asked for beside them without delay."""
import multiprocessing
import select
import time

from harness import (
    SEGMENT, TEXT, Promises, Server, allowed, arguments, health_latencies, percentile, post)

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
        # Who reads nothing learns of the end by a reset alone.
        poll = select.poll()
        poll.register(self.link, 0 if self.kind == "reader" else select.POLLIN)
        try:
            if poll.poll(0):
                self.finish()
                return
            if self.kind == "reader":
                return
            self.link.send(self.data[self.sent:self.sent + 1])
            self.sent += 1
        except BlockingIOError:
            pass
        except OSError:
            self.finish()

    def finish(self):
        self.ended = time.monotonic()
        self.link.close()


def ask(server, ends, answers):
    """Asks for the health, in a process of its own so that nothing here delays it."""
    answers.put(health_latencies(server, ends))


def main():
    options = arguments(__doc__, count=(999, "slow clients"))
    promises = Promises("slowloris")
    flags = ["--header-timeout", f"{HEADER_TIMEOUT}", "--body-timeout", f"{BODY_TIMEOUT}"]
    with Server(*flags) as server:
        undisturbed = percentile(health_latencies(server, count=300), 0.99)
        before = peak = server.usage()
        clients = [
            SlowClient(server, ["header", "body", "reader"][index % 3])
            for index in range(options.count)]
        ends, answers = multiprocessing.Event(), multiprocessing.Queue()
        asking = multiprocessing.Process(target=ask, args=(server, ends, answers))
        asking.start()
        started = time.monotonic()
        while time.monotonic() < started + READER_TIMEOUT + 10:
            for client in clients:
                client.step()
            peak = max(peak, server.usage(), key=lambda usage: usage["memory"])
            if all(client.ended for client in clients):
                break
            time.sleep(0.5)
        ends.set()
        latencies = answers.get()
        asking.join()
        for kind, limit in [("header", HEADER_TIMEOUT), ("body", BODY_TIMEOUT + 2),
                            ("reader", READER_TIMEOUT)]:
            group = [client for client in clients if client.kind == kind]
            lasted = [client.ended - client.started for client in group if client.ended]
            promises.say(
                f"slow {kind}: {len(lasted)} of {len(group)} cut off after "
                f"{min(lasted, default=0):.1f} to {max(lasted, default=0):.1f} s")
            promises.check(len(lasted) == len(group), f"slow {kind}: some stay connected")
            promises.check(
                max(lasted, default=0) < limit + 5, f"slow {kind}: longer than {limit} s")
        promises.say(
            f"health beside them, {len(latencies)} times: p50 {percentile(latencies, 0.5):.1f} ms, "
            f"p99 {percentile(latencies, 0.99):.1f} ms (without them {undisturbed:.1f} ms); memory {before['memory'] >> 10} to "
            f"{peak['memory'] >> 10} MiB")
        promises.check(
            percentile(latencies, 0.99) < allowed(50, undisturbed), "health p99 is 50 ms or more")
        promises.check(server.stop() == 0, "exit code")
    promises.finish()


if __name__ == "__main__":
    main()
