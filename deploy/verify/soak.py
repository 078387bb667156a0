#!/usr/bin/env python3
"""Mixed load for a while: good clouds, bad input, aborted clients, new connections. Prints the
slopes of memory, descriptors and threads, and fails when one of them grows or an answer changes."""
import random
import threading
import time

from harness import (
    SEGMENT, TEXT, TEXT_FIELDS, Load, Promises, Server, arguments, cloud, post, read_response,
    reset, slope)


class Mix:
    """What the clients do, one method a step; counts by name."""

    def __init__(self, server, promises, seed):
        self.server, self.promises = server, promises
        self.random = random.Random(seed)
        self.bodies = [cloud(count, count) for count in [3, 60, 500, 2500]]
        self.answers = {}
        self.counts = {}
        self.lock = threading.Lock()
        self.local = threading.local()

    def count(self, name):
        with self.lock:
            self.counts[name] = self.counts.get(name, 0) + 1

    def good(self):
        client = getattr(self.local, "client", None)
        if client is None:
            client = self.local.client = self.server.client()
        number = self.random.randrange(len(self.bodies))
        client.request("POST", SEGMENT, self.bodies[number], TEXT_FIELDS)
        response = client.getresponse()
        answer = response.read()
        if response.status == 503:
            self.count("busy")
            return
        expected = self.answers.setdefault(number, answer)
        self.promises.check(
            response.status == 200 and answer == expected,
            f"cloud {number}: {response.status}, not the answer of before")
        self.count("good")

    def bad(self):
        data, wanted = self.random.choice([
            (post(SEGMENT, b"0 0 nan\n", *TEXT), 422), (post(SEGMENT, b"no", *TEXT), 400),
            (post(SEGMENT, bytes(400), "Content-Type: application/vnd.las"), 400),
            (post("/v2/models/demo/infer", b'{"inputs": [', "Content-Type: application/json"), 400),
            (post("/v2/models/none/infer", b"{}"), 404), (b"GET /v2 HTTP/1.1\r\n\r\n", 400),
            (b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n" % (b"%x" % self.random.getrandbits(64)), 404),
        ])
        link = self.server.connect(timeout=60)
        link.sendall(data)
        status, _, _, _ = read_response(link)
        link.close()
        self.promises.check(status in (wanted, 503), f"bad input: {wanted} became {status}")
        self.count("bad")
        time.sleep(0.01)

    def aborted(self):
        whole = post(SEGMENT, self.bodies[3], *TEXT)
        link = self.server.connect(timeout=60)
        cut = len(whole) if self.random.random() < 0.3 else self.random.randrange(len(whole))
        link.sendall(whole[:cut])
        time.sleep(self.random.random() * 0.05)
        if self.random.random() < 0.5:
            reset(link)
        link.close()
        self.count("aborted")

    def scrape(self):
        self.server.get("/metrics")
        self.count("scrapes")
        time.sleep(0.2)


def main():
    options = arguments(
        __doc__, seconds=(300, "duration"), seed=(1, "seed of the mix"))
    promises = Promises("soak")
    with Server() as server:
        # The first requests open what stays open, such as the timer of the event loops.
        time.sleep(1)
        idle = server.usage()
        mix = Mix(server, promises, options.seed)
        loads = [Load(step) for step in [mix.good] * 3 + [mix.bad, mix.aborted, mix.scrape]]
        for load in loads:
            load.start()
        started = time.monotonic()
        samples = []
        while (now := time.monotonic() - started) < options.seconds and server.is_alive:
            samples.append((now, server.usage()))
            time.sleep(0.5)
        promises.check(all(load.is_alive() for load in loads), "a client gave up")
        Load.stop(loads)
        promises.check(server.is_alive, "the server ended: " + server.text()[-500:])
        promises.say(f"{options.seconds} s: " + ", ".join(
            f"{count} {name}" for name, count in sorted(mix.counts.items())))
        # The first part warms up: arenas grow to the largest request.
        samples = [sample for sample in samples if sample[0] > options.seconds * 0.4]
        duration = options.seconds * 0.6
        for name, unit, allowance in [
            # One thread that starts in the middle tilts the line by one and a half.
            ("memory", "KiB", 8192), ("descriptors", "", 4), ("threads", "", 1.6)
        ]:
            rate = slope([(when, usage[name]) for when, usage in samples])
            values = [usage[name] for _, usage in samples]
            promises.say(
                f"{name}: {rate * 60:+.2f} {unit}/min, {min(values)} to {max(values)} {unit}")
            promises.check(rate * duration <= allowance, f"{name} grow: {rate * 60:.2f} a minute")
        end = time.monotonic() + 10
        while time.monotonic() < end and server.usage()["descriptors"] > idle["descriptors"]:
            time.sleep(0.1)
        rest = server.usage()
        promises.say(f"idle before: {idle}; after: {rest}")
        promises.check(rest["descriptors"] <= idle["descriptors"], "descriptors stay open")
        # The first requests start threads that stay, such as those of the dispatch queues.
        promises.check(rest["threads"] <= idle["threads"] + 8, "threads stay")
        code = server.stop()
        promises.check(code == 0, f"exit code {code}")
    promises.finish()


if __name__ == "__main__":
    main()
