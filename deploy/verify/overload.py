#!/usr/bin/env python3
"""Open-loop load from half to ten times the measured capacity: goodput, latency of what was
accepted and of what was refused, and how soon the server is itself again.

Arrivals are a Poisson process that does not wait for answers; latency counts from the moment a
request was sent."""
import asyncio
import os
import random
import time

from harness import (
    ADDRESS, SEGMENT, TEXT, Promises, Server, allowed, arguments, cloud, health_latencies,
    percentile, post)


class Sender:
    """Sends one request a call on the connections that are free, or on a new one."""

    def __init__(self, port, request):
        self.port, self.request = port, request
        self.free = []

    async def ask(self):
        """The status and the seconds from sending to the whole answer."""
        reader, writer = self.free.pop() if self.free else (
            await asyncio.open_connection(ADDRESS, self.port, limit=1 << 22))
        start = time.monotonic()
        writer.write(self.request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
        elapsed = time.monotonic() - start
        if b"connection: close" in head.lower():
            writer.close()
        else:
            self.free.append((reader, writer))
        return int(head.split(b" ", 2)[1]), elapsed, head

    def close(self):
        for _, writer in self.free:
            writer.close()


async def capacity(sender, clients, seconds):
    """Answers per second of clients that each wait for their answer."""
    end = time.monotonic() + seconds

    async def client():
        count = 0
        while time.monotonic() < end:
            status, _, _ = await sender.ask()
            count += status == 200
        return count

    return sum(await asyncio.gather(*(client() for _ in range(clients)))) / seconds


async def offer(sender, rate, seconds, source, promises):
    """Answers as (status, seconds waited, moment of completion)."""
    answers, tasks = [], []
    start = time.monotonic()

    async def one():
        try:
            status, elapsed, head = await sender.ask()
        except OSError as error:
            promises.check(False, f"a connection failed: {error!r}")
            return
        except asyncio.IncompleteReadError:
            promises.check(False, "a connection ended within an answer")
            return
        promises.check(status in (200, 503, 429), f"status {status}")
        if status != 200:
            promises.check(b"\r\nretry-after:" in head.lower(), "a refusal without Retry-After")
        answers.append((status, elapsed, time.monotonic()))

    due = start
    while True:
        due += source.expovariate(rate)
        if due > start + seconds:
            break
        await asyncio.sleep(max(0, due - time.monotonic()))
        tasks.append(asyncio.create_task(one()))
    ended = time.monotonic()
    await asyncio.gather(*tasks)
    return answers, ended - start, len(tasks)


async def recovery(sender, limit, wanted=5):
    """Seconds until the first of several quick answers in a row."""
    start = time.monotonic()
    first, count = start, 0
    while count < wanted and time.monotonic() < start + 10:
        asked = time.monotonic()
        status, elapsed, _ = await sender.ask()
        if status == 200 and elapsed <= limit:
            first = asked if count == 0 else first
            count += 1
        else:
            count = 0
    return first - start if count == wanted else float("inf")


async def measure(server, options, promises, waiting):
    undisturbed = percentile(health_latencies(server, count=300), 0.99)
    source = random.Random(options.seed)
    sender = Sender(server.port, post(SEGMENT, cloud(options.points), *TEXT))
    await capacity(sender, 2, 2)  # Warms up.
    limit = await capacity(sender, waiting, options.seconds)
    promises.say(f"capacity {limit:.1f} requests/s of {options.points} points, "
                 f"at most {waiting} waiting")
    promises.say("offered    sent/s  good/s  of capacity   p50 ms   p99 ms  refused  p50 ms  p99 ms")
    quantiles = {}
    for factor in [0.5, 1, 2, 5, 10]:
        answers, took, sent = await offer(
            sender, factor * limit, options.seconds, source, promises)
        good = [elapsed * 1000 for status, elapsed, _ in answers if status == 200]
        bad = [elapsed * 1000 for status, elapsed, _ in answers if status != 200]
        last = max((when for _, _, when in answers), default=0)
        first = min((when - elapsed for _, elapsed, when in answers), default=0)
        goodput = len(good) / max(took, last - first)
        quantiles[factor] = (percentile(good, 0.5), percentile(good, 0.99))
        promises.say(
            f"{factor:6.1f}x  {sent / took:8.1f} {goodput:7.1f}  {goodput / limit:10.0%} "
            f"{quantiles[factor][0]:9.1f} {quantiles[factor][1]:8.1f} {len(bad):8d} "
            f"{percentile(bad, 0.5):7.2f} {percentile(bad, 0.99):7.2f}")
    seconds = await recovery(sender, 2 * quantiles[0.5][1] / 1000)
    sender.close()
    ratio = quantiles[10][1] / quantiles[1][1]
    promises.say(f"recovered after {seconds:.2f} s; p99 of accepted at 10x is {ratio:.2f} of at 1x")
    promises.check(goodput >= 0.95 * limit, f"goodput at 10x is {goodput / limit:.0%} of capacity")
    promises.check(ratio <= 2, f"p99 of accepted at 10x is {ratio:.1f} times that at 1x")
    promises.say(f"an answer without any work takes {undisturbed:.1f} ms at p99 before the load")
    promises.check(
        percentile(bad, 0.99) < allowed(10, undisturbed), "p99 of refusals at 10x is 10 ms or more")
    promises.check(seconds < 2, f"recovery takes {seconds:.1f} s")


def main():
    options = arguments(
        __doc__, seconds=(10, "duration of each load"), points=(2000, "points of a cloud"),
        seed=(1, "seed of the arrivals"),
        threads=(max(1, (os.cpu_count() or 2) - 1), "compute threads; this script needs one"))
    promises = Promises("overload")
    # A short queue: what waits longer than a few computations is better refused.
    waiting = 4 * options.threads
    with Server("--threads", f"{options.threads}", "--max-waiting-requests", f"{waiting}") as server:
        before = server.usage()["memory"]
        asyncio.run(measure(server, options, promises, waiting))
        promises.say(f"memory {before >> 10} MiB before, {server.usage()['peak'] >> 10} MiB at most")
        promises.check(server.stop() == 0, "exit code")
    promises.finish()


if __name__ == "__main__":
    main()
