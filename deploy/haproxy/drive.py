#!/usr/bin/env python3
"""Sends point clouds without a pause and judges every answer, until standard input ends.

Each client posts one cloud after another and never tries one again; an answer counts as wrong if
it is not byte for byte the first one to the same cloud, and as failed if it is none. Every line
read from standard input names the scenario that begins; its figures are printed when it ends.

Usage: drive.py URL CLIENTS CLOUD…
"""

import hashlib
import http.client
import itertools
import pathlib
import sys
import threading
import time
import urllib.parse

TYPES = {".las": "application/vnd.las", ".xyz": "text/plain"}


class Tally:
    """What became of the requests of one scenario."""

    def __init__(self, name):
        self.name = name
        self.seconds = []
        self.points = 0
        self.failed = []
        self.wrong = 0

    def __str__(self):
        times = sorted(self.seconds) or [0.0]
        median, tail = times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)]
        return (
            f"{self.name}: {len(self.seconds)} answers, {len(self.failed)} failed, "
            f"{self.wrong} wrong, median {median:.2f} s, p99 {tail:.2f} s, longest {times[-1]:.2f} s"
        )


class Driver:
    """Clients that share a list of clouds, the answers expected, and the current tally."""

    def __init__(self, url, clouds):
        parts = urllib.parse.urlsplit(url)
        self.address, self.path = parts.netloc, parts.path
        self.clouds = [(path, path.read_bytes()) for path in clouds]
        self.expected = {}
        self.tally = None
        self.lock = threading.Lock()
        self.ended = threading.Event()

    def post(self, connection, path, body):
        """The status and the SHA-256 of the labels that answer one cloud."""
        headers = {"Content-Type": TYPES[path.suffix], "Accept": "text/csv"}
        connection.request("POST", self.path, body, headers)
        answer = connection.getresponse()
        return answer.status, hashlib.sha256(answer.read()).hexdigest()

    def learn(self):
        """Keeps the answer to every cloud as the one expected from now on."""
        connection = http.client.HTTPConnection(self.address, timeout=120)
        for path, body in self.clouds:
            status, digest = self.post(connection, path, body)
            if status != 200:
                raise SystemExit(f"drive: {path.name} is answered with {status}")
            self.expected[path] = digest

    def client(self, number):
        """One client; counts each request in the scenario in which it began."""
        connection = http.client.HTTPConnection(self.address, timeout=120)
        clouds = itertools.cycle(self.clouds[number % len(self.clouds) :] + self.clouds)
        for path, body in clouds:
            if self.ended.is_set():
                return
            tally, began = self.tally, time.monotonic()
            try:
                status, digest = self.post(connection, path, body)
            except (OSError, http.client.HTTPException) as error:
                status, digest = f"{type(error).__name__}: {error}", None
                connection.close()
            with self.lock:
                tally.seconds.append(time.monotonic() - began)
                if status != 200:
                    tally.failed.append(status)
                elif digest != self.expected[path]:
                    tally.wrong += 1


def main():
    url, count, *clouds = sys.argv[1:]
    driver = Driver(url, [pathlib.Path(cloud) for cloud in clouds])
    driver.learn()
    tallies = [Tally("warm-up")]
    driver.tally = tallies[0]
    threads = [threading.Thread(target=driver.client, args=(n,)) for n in range(int(count))]
    for thread in threads:
        thread.start()
    print("driving", flush=True)
    for line in sys.stdin:
        tallies.append(Tally(line.strip()))
        driver.tally = tallies[-1]
    driver.ended.set()
    for thread in threads:
        thread.join()
    for tally in tallies:
        print(tally)
        for status in sorted({str(status) for status in tally.failed}):
            print(f"  {sum(str(one) == status for one in tally.failed)} times {status}")
    return 1 if any(tally.failed or tally.wrong for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
