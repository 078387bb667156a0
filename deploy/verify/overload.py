#!/usr/bin/env python3
"""Open-loop load from half to ten times the capacity: goodput, latency of what was accepted and of
what was refused, the health check beside it, and how soon the server is itself again.

The load comes from load.c: Poisson arrivals that wait for no answer, latency from the moment a
request was due. What the generator takes from the processors is printed beside what the server
takes. Capacity is measured before and after each load, as the answers to clients that fill the
queue, since a machine with other work drifts: goodput is compared with the mean of the two."""
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from harness import (
    ADDRESS, SEGMENT, TEXT, TOP, Promises, Server, allowed, arguments, cloud, post)

HEALTH = f"GET /health/live HTTP/1.1\r\nHost: {ADDRESS}\r\n\r\n".encode()
# Questions for the health each second.
HEALTH_RATE = 100
# Of the capacity.
LOADS = [0.5, 1, 2, 5, 10]
LAS = ("Content-Type: application/vnd.las", "Accept: application/vnd.las")


class Generator:
    """load.c, compiled, and the requests it sends."""

    def __init__(self, folder, port, request):
        compiler = next(filter(shutil.which, ["clang", "cc", "gcc"]), None)
        if not compiler:
            raise SystemExit("no C compiler: clang comes with the Swift toolchain")
        self.port, self.program = port, Path(folder) / "load"
        subprocess.run(
            [compiler, "-O2", "-o", self.program, Path(__file__).with_name("load.c"), "-lm"],
            check=True)
        self.request, self.health = Path(folder) / "request", Path(folder) / "health"
        self.request.write_bytes(request)
        self.health.write_bytes(HEALTH)

    def start(self, file, seconds, kind, number, seed=0):
        return subprocess.Popen(
            [self.program, f"{self.port}", file, f"{seconds}", kind, f"{number}", f"{seed}"],
            stdout=subprocess.PIPE)

    def result(self, process):
        output, _ = process.communicate()
        if process.returncode != 0:
            raise SystemExit("the load generator failed")
        return json.loads(output)

    def run(self, *load):
        return self.result(self.start(*load))

    def check_health(self, seconds, seed=0):
        return self.start(self.health, seconds, "rate", HEALTH_RATE, seed)


def milliseconds(answers, name):
    """A quantile of answers; not a number of none."""
    return answers.get(name, float("nan"))


def capacity(generator, seconds, waiting):
    """Answers each second to clients that fill the queue and wait."""
    found = generator.run(generator.request, seconds, "clients", waiting)
    return found["accepted"]["count"] / found["answering_seconds"]


def recovery(generator, since, limit, patience=10):
    """Seconds until one client gets every answer within `limit` milliseconds for half a second."""
    while time.monotonic() < since + patience:
        began = time.monotonic()
        found = generator.run(generator.request, 0.5, "clients", 1)
        answers = found["accepted"]
        if not found["refused"]["count"] and answers["count"] and answers["max"] <= limit:
            return max(0, began - since)
    return float("inf")


def measure(server, generator, options, promises, waiting):
    undisturbed = generator.result(generator.check_health(3))["accepted"]
    capacity(generator, 2, waiting)  # Warms up.
    offered = before = capacity(generator, options.seconds, waiting)
    promises.say(f"capacity {offered:.1f} requests/s, {waiting} waiting; the health check takes "
                 f"{undisturbed['p99']:.2f} ms at p99 without load")
    promises.say("         ------- accepted -------  ----- refused ------  health  - processors -"
                 "    late")
    promises.say("offered  good/s share p50 ms p99 ms  count p50 ms p99 ms  p99 ms  server    load"
                 "  p99 ms")
    quantiles = {}
    for factor in LOADS:
        processor = server.usage()["processor"]
        health = generator.check_health(options.seconds, options.seed + 1)
        found = generator.run(
            generator.request, options.seconds, "rate", factor * offered, options.seed)
        health = generator.result(health)
        took = found["answering_seconds"]
        good, bad = found["accepted"], found["refused"]
        server_share = (server.usage()["processor"] - processor) / took
        own_share = sum(
            part[name] for part in (found, health) for name in ("user_seconds", "system_seconds")
        ) / took
        if factor == LOADS[-1]:
            recovered = recovery(generator, found["window_end"], 2 * quantiles[0.5][1])
        after = capacity(generator, options.seconds, waiting)
        goodput = good["count"] / took
        share = goodput / ((before + after) / 2)
        before = after
        quantiles[factor] = milliseconds(good, "p50"), milliseconds(good, "p99")
        promises.say(
            f"{factor:6.1f}x {goodput:7.1f} {share:5.0%} {quantiles[factor][0]:6.1f} "
            f"{quantiles[factor][1]:6.1f} {bad['count']:6d} {milliseconds(bad, 'p50'):6.2f} "
            f"{milliseconds(bad, 'p99'):6.2f} {health['accepted']['p99']:7.2f} "
            f"{server_share:7.2f} {own_share:7.2f} {found['lateness']['p99']:7.2f}")
        promises.check(found["other"] == 0, f"{found['other']} other statuses")
        promises.check(found["failed"] == 0, f"{found['failed']} requests without an answer")
        promises.check(
            found["without_retry_after"] == 0,
            f"{found['without_retry_after']} refusals without Retry-After")
        promises.check(
            health["accepted"]["count"] == health["sent"], "a health check was not answered")
    ratio = quantiles[10][1] / quantiles[1][1]
    promises.say(
        f"recovered after {recovered:.2f} s; p99 of accepted at 10x is {ratio:.2f} of at 1x")
    promises.check(share >= 0.95, f"goodput at 10x is {share:.0%} of capacity")
    promises.check(ratio <= 2, f"p99 of accepted at 10x is {ratio:.1f} times that at 1x")
    promises.check(
        milliseconds(bad, "p99") < allowed(10, undisturbed["p99"]),
        "p99 of refusals at 10x is 10 ms or more")
    promises.check(recovered < 2, f"recovery takes {recovered:.1f} s")


def main():
    options = arguments(
        __doc__, seconds=(10, "duration of each load"),
        points=(0, "points of a cloud as text; 0 for the sample tile"),
        seed=(1, "seed of the arrivals"),
        threads=(max(1, (os.cpu_count() or 2) - 1), "compute threads; one processor is left over"))
    request = post(SEGMENT, cloud(options.points), *TEXT) if options.points else post(
        SEGMENT, (TOP / "deploy/samples/tile.las").read_bytes(), *LAS)
    promises = Promises("overload")
    # A short queue: what waits longer than a few computations is better refused.
    waiting = 4 * options.threads
    with tempfile.TemporaryDirectory() as folder, Server(
            "--threads", f"{options.threads}", "--max-waiting-requests", f"{waiting}") as server:
        before = server.usage()["memory"]
        measure(server, Generator(folder, server.port, request), options, promises, waiting)
        promises.say(
            f"memory {before >> 10} MiB before, {server.usage()['peak'] >> 10} MiB at most")
        promises.check(server.stop() == 0, "exit code")
    promises.finish()


if __name__ == "__main__":
    main()
