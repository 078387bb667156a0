#!/usr/bin/env python3
"""SIGTERM at random moments under load, again and again: every request that the server took is
answered, whole and right, and it exits with 0."""
import random
import threading
import time

from harness import (
    SEGMENT, TEXT, Load, Promises, Server, arguments, cloud, percentile, post, read_response)

CLIENTS = 6


class Client:
    """Asks on a connection kept alive, and on new ones, until nobody listens."""

    def __init__(self, server, promises, bodies, expected, counts, turn):
        self.server, self.promises = server, promises
        self.bodies, self.expected, self.counts = bodies, expected, counts
        self.turn, self.link, self.is_fresh = turn, None, True

    def step(self):
        self.turn += 1
        number = self.turn % len(self.bodies)
        try:
            if self.link is None:
                self.link, self.is_fresh = self.server.connect(timeout=60), True
        except OSError:
            self.counts["nobody listens"] += 1
            time.sleep(0.01)
            return
        try:
            self.link.sendall(post(SEGMENT, self.bodies[number], *TEXT))
            status, head, answer, _ = read_response(self.link)
        except OSError as error:
            # Never taken: a connection that the kernel held, or one that was idle too long.
            self.counts["turned away"] += 1
            partial = "closed within" in str(error) and "b''" not in str(error)
            self.promises.check(not partial, f"an answer was cut off: {error}")
            self.drop()
            return
        self.is_fresh = False
        if status == 503:
            self.counts["refused"] += 1
        else:
            self.counts["answered"] += 1
            self.promises.check(
                status == 200 and answer == self.expected[number], f"{status}: another answer")
        if b"connection: close" in head.lower():
            self.drop()

    def drop(self):
        self.link.close()
        self.link = None


def main():
    options = arguments(
        __doc__, count=(50, "how many times"), seed=(1, "seed of the moments"))
    promises = Promises("drain")
    source = random.Random(options.seed)
    bodies = [cloud(count, count) for count in [10, 300, 3000]]
    expected = []
    with Server() as server:
        for body in bodies:
            link = server.connect(timeout=60)
            link.sendall(post(SEGMENT, body, *TEXT))
            expected.append(read_response(link)[2])
            link.close()
    counts = dict.fromkeys(["answered", "refused", "turned away", "nobody listens"], 0)
    times = []
    for index in range(options.count):
        with Server() as server:
            loads = [
                Load(Client(server, promises, bodies, expected, counts, turn).step)
                for turn in range(CLIENTS)]
            for load in loads:
                load.start()
            time.sleep(0.02 + source.random() * 0.5)
            start = time.monotonic()
            code = server.stop(40)
            times.append(time.monotonic() - start)
            Load.stop(loads)
            promises.check(code == 0, f"run {index}: exit code {code}")
            promises.check(
                '"complete": "false"' not in server.text(), f"run {index}: {server.text()[-200:]}")
    promises.say(f"{options.count} times SIGTERM: " + ", ".join(
        f"{count} {name}" for name, count in counts.items()))
    promises.say(f"from SIGTERM to exit p50 {percentile(times, 0.5):.2f} s, "
                 f"at most {max(times):.2f} s")
    promises.check(counts["answered"] > options.count, "there was no load")
    promises.check(counts["turned away"] == 0, f"{counts['turned away']} requests got no answer")
    promises.finish()


if __name__ == "__main__":
    main()
