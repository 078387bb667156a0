#!/usr/bin/env python3
"""Attacks the real server over real sockets: framing that two parsers read differently, bytes that
are too many, too slow, or never come. After a refusal the connection must close and nothing behind
it be answered, and a well-behaved client beside it must get the same bytes all the time."""
import os
import random
import socket
import threading
import time

from harness import (
    SEGMENT, TEXT, TEXT_FIELDS, Promises, Server, arguments, cloud, post, read_response,
    read_to_end, reset)

HOST = b"Host: localhost\r\n"
# What an attacker smuggles: where it were read as a request, a second answer would come.
SMUGGLED = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
LIVE = b"GET /health/live HTTP/1.1\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
JSON = b"POST " + SEGMENT.encode() + b" HTTP/1.1\r\n" + HOST


def fields(*lines, start=LIVE, host=HOST, body=b""):
    return start + host + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


# name, bytes, the status of the one answer
REFUSED = [
    # Framing (RFC 9112, section 6)
    ("length and chunked", fields(b"Content-Length: 5", b"Transfer-Encoding: chunked",
                                  body=b"0\r\n\r\n"), 400),
    ("chunked and length", fields(b"Transfer-Encoding: chunked", b"Content-Length: 5",
                                  body=b"0\r\n\r\n"), 400),
    ("two lengths", fields(b"Content-Length: 0", b"Content-Length: 5", body=b"hello"), 400),
    ("length list", fields(b"Content-Length: 0, 5", body=b"hello"), 400),
    ("length +5", fields(b"Content-Length: +5", body=b"hello"), 400),
    ("length -1", fields(b"Content-Length: -1"), 400),
    ("length 0x5", fields(b"Content-Length: 0x5", body=b"hello"), 400),
    ("length 5 5", fields(b"Content-Length: 5 5", body=b"hello"), 400),
    ("length empty", fields(b"Content-Length:"), 400),
    ("length 2^64", fields(b"Content-Length: 18446744073709551616"), (400, 413)),
    ("length 2^63-1", fields(b"Content-Length: 9223372036854775807"), 413),
    ("coding unknown", fields(b"Transfer-Encoding: cow"), (400, 501)),
    ("coding identity", fields(b"Transfer-Encoding: identity"), (400, 501)),
    ("chunked not last", fields(b"Transfer-Encoding: chunked, gzip"), (400, 501)),
    ("chunked twice", fields(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"), 400),
    ("chunked twice in two lines", fields(CHUNKED[:-2], CHUNKED[:-2], body=b"0\r\n\r\n"), 400),
    ("chunked with a tab", fields(b"Transfer-Encoding:\x0bchunked", body=b"0\r\n\r\n"), 400),
    ("xchunked", fields(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"), (400, 501)),
    ("quoted chunked", fields(b'Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"), (400, 501)),
    ("coding empty", fields(b"Transfer-Encoding:", body=b"0\r\n\r\n"), 400),
    ("chunked in 1.0", b"GET /health/live HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
    # Field syntax (section 5)
    ("folded field", fields(b"X: a", b" b"), 400),
    ("folded first field", LIVE + b" Host: localhost\r\n\r\n", 400),
    ("space before colon", fields(b"Content-Length : 0"), 400),
    ("tab before colon", fields(b"Content-Length\t: 0"), 400),
    ("no colon", fields(b"nonsense"), 400),
    ("empty name", fields(b": x"), 400),
    ("NUL in a value", fields(b"X: a\x00b"), 400),
    ("NUL in a name", fields(b"X\x00: b"), 400),
    ("bare CR in a value", fields(b"X: a\rb"), 400),
    ("bare LF as line end", b"GET /health/live HTTP/1.1\nHost: localhost\n\n", 400),
    ("bare LF behind one field", LIVE + b"Host: localhost\nX: y\r\n\r\n", 400),
    ("LF at the end of the head", LIVE + HOST + b"\n", 400),
    ("CR CR LF", LIVE + b"Host: localhost\r\r\n\r\n", 400),
    # Host (section 3.2)
    ("no host", LIVE + b"\r\n", 400),
    ("two hosts", fields(b"Host: other"), 400),
    ("the same host twice", fields(b"Host: localhost"), 400),
    ("host with a path", LIVE + b"Host: a/b\r\n\r\n", 400),
    ("host with an at", LIVE + b"Host: a@b\r\n\r\n", 400),
    ("host list", LIVE + b"Host: a, b\r\n\r\n", 400),
    # Request line (section 3)
    ("HTTP/1.10", b"GET /health/live HTTP/1.10\r\n" + HOST + b"\r\n", 400),
    ("HTTP/2.0", b"GET /health/live HTTP/2.0\r\n" + HOST + b"\r\n", 505),
    ("HTTP/0.9", b"GET /health/live\r\n", 400),
    ("http/1.1", b"GET /health/live http/1.1\r\n" + HOST + b"\r\n", 400),
    ("two spaces", b"GET  /health/live HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("tab", b"GET\t/health/live HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("trailing space", b"GET /health/live HTTP/1.1 \r\n" + HOST + b"\r\n", 400),
    ("space in the target", b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("fragment", b"GET /a#b HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("8 bits in the target", b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("broken escape", b"GET /%zz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("NUL escape", b"GET /%00 HTTP/1.1\r\n" + HOST + b"\r\n", (400, 404)),
    ("TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ("long target", b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    ("long field", fields(b"X: " + b"a" * 70000), 431),
    ("long name", fields(b"X" * 70000 + b": a"), 431),
    ("many fields", fields(*[b"X%d: a" % index for index in range(1000)]), 431),
    ("endless empty lines", b"\r\n" * 1000, 400),
    ("unmeetable expectation", fields(b"Expect: 200-maybe"), 417),
    # Chunks (section 7.1)
    *[("chunk: " + name, JSON + CHUNKED + b"\r\n" + body, 400) for name, body in [
        ("size not a number", b"x\r\n"), ("size 0x1", b"0x1\r\na\r\n"), ("size -1", b"-1\r\n"),
        ("size +1", b"+1\r\na\r\n"), ("size with a space before", b" 1\r\na\r\n"),
        ("size with 17 digits", b"11111111111111111\r\n"), ("empty size", b"\r\n"),
        ("bare LF behind the size", b"1\na\r\n0\r\n\r\n"),
        ("extension with LF", b"1;a\nb\r\na\r\n0\r\n\r\n"),
        ("extension with CR", b"1;a\rb\r\na\r\n0\r\n\r\n"),
        ("extension with NUL", b"1;a=\x00\r\na\r\n0\r\n\r\n"),
        ("long extension", b"1;a=" + b"b" * 20000 + b"\r\na\r\n"),
        ("content longer than size", b"1\r\nab\r\n0\r\n\r\n"),
        ("bare LF behind content", b"1\r\na\n0\r\n\r\n"),
        ("bare CR behind content", b"1\r\na\rX0\r\n\r\n"),
        ("folded trailer", b"0\r\nX: a\r\n b\r\n\r\n"),
        ("trailer without colon", b"0\r\nnonsense\r\n\r\n"),
        ("bare LF in the trailer", b"0\r\nX: a\n\r\n"),
        ("LF instead of the end", b"0\r\n\n"),
    ]],
    ("chunk: size 2^59", JSON + CHUNKED + b"\r\n" + b"7ffffffffffffff\r\n", 413),
]

# Not refused: answered as a whole, and what follows is the next request.
ACCEPTED = [
    ("extensions and trailer", b"4;a=b;c=\"d\"\r\n0 0 \r\n2\r\n0\n\r\n0\r\nX: y\r\n\r\n"),
    ("leading zeros", b"0000006\r\n0 0 0\n\r\n000\r\n\r\n"),
    ("one byte chunks", b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in b"0 0 0\n")
     + b"0\r\n\r\n"),
]


class Bystander(threading.Thread):
    """Asks the same again and again; the answer is always the same."""

    def __init__(self, server, promises):
        super().__init__()
        self.server, self.promises = server, promises
        self.body = cloud(400)
        self.first, self.count, self.ends = None, 0, threading.Event()

    def run(self):
        client = self.server.client()
        while not self.ends.is_set():
            try:
                client.request("POST", SEGMENT, self.body, TEXT_FIELDS)
                response = client.getresponse()
                answer = response.read()
            except OSError as error:
                self.promises.check(False, f"the well-behaved client lost its connection: {error}")
                client = self.server.client()
                continue
            self.promises.check(
                response.status == 200, f"the well-behaved client got {response.status}: {answer}")
            self.first = self.first or answer
            self.promises.check(answer == self.first, "the well-behaved client's answer changed")
            self.count += 1
        client.close()


def send_slowly(link, data, step, pause=0.0):
    try:
        for start in range(0, len(data), step):
            link.sendall(data[start:start + step])
            if pause:
                time.sleep(pause)
    except (BrokenPipeError, ConnectionResetError):
        pass  # The refusal came before the last byte, as it may.


def refused(server, promises, name, data, status, step):
    link = server.connect()
    try:
        send_slowly(link, data + SMUGGLED * 2, step)
        found = read_to_end(link)
    except TimeoutError:
        promises.check(False, f"{name}: the connection stays open")
        return
    finally:
        link.close()
    wanted = status if isinstance(status, tuple) else (status,)
    first = found.split(b"\r\n", 1)[0]
    promises.check(
        any(first.startswith(b"HTTP/1.1 %d " % each) for each in wanted),
        f"{name}, {step} bytes a time: expected {status}, found {first!r}")
    promises.check(found.count(b"\r\nDate: ") == 1, f"{name}: what follows was answered: {found!r}")
    promises.check(b"\nconnection: close" in found.lower(), f"{name}: no Connection: close")


def accepted(server, promises, name, body, step):
    link = server.connect()
    start = JSON + b"Content-Type: text/plain\r\n" + CHUNKED + b"\r\n"
    send_slowly(link, start + body + SMUGGLED, step)
    try:
        status, _, content, rest = read_response(link)
        promises.check(status == 200, f"{name}: {status} {content!r}")
        second, _, _, rest = read_response(link, rest)
        promises.check(second == 200 and not rest, f"{name}: the next request got {second}")
    except OSError as error:
        promises.check(False, f"{name}: {error}")
    link.close()


def pipelined(server, promises):
    body = cloud(50)
    link = server.connect(timeout=60)
    expected = None
    requests = post(SEGMENT, body, *TEXT) + SMUGGLED + fields(start=b"GET /none HTTP/1.1\r\n")
    count = 10
    send_slowly(link, requests * count + b"GET / HTTP/1.1\r\nBad Field: x\r\n\r\n" + SMUGGLED, 999)
    rest = b""
    for index in range(count):
        for wanted in [200, 200, 404]:
            status, _, content, rest = read_response(link, rest)
            promises.check(status == wanted, f"pipelined: expected {wanted}, found {status}")
            if wanted == 200 and len(content) > 1000:
                expected = expected or content
                promises.check(content == expected, f"pipelined: answer {index} differs")
    status, _, _, rest = read_response(link, rest)
    promises.check(status == 400, f"pipelined: expected 400 at the end, found {status}")
    promises.check(read_to_end(link) == b"" and not rest, "pipelined: answers behind the refusal")
    link.close()


def half_closed(server, promises):
    link = server.connect(timeout=60)
    link.sendall(post(SEGMENT, cloud(400), *TEXT))
    link.shutdown(socket.SHUT_WR)
    # Who closes half looks like who is gone, whose work may be dropped: an answer or none.
    found = read_to_end(link)
    promises.check(
        found == b"" or found.startswith(b"HTTP/1.1 200 "), f"half-closed: {found[:99]!r}")
    promises.check(found.count(b"\r\nDate: ") <= 1, "half-closed: more than one answer")
    link.close()
    for cut in [1, 20, 60]:
        link = server.connect()
        link.sendall(post(SEGMENT, b"0 0 0\n" * 10, *TEXT)[:cut])
        link.shutdown(socket.SHUT_WR)
        found = read_to_end(link)
        promises.check(
            found == b"" or found.startswith(b"HTTP/1.1 4"), f"cut at {cut}: {found[:99]!r}")
        link.close()


def aborted(server, random_source):
    body = cloud(5000)
    whole = post(SEGMENT, body, *TEXT)
    for _ in range(40):
        link = server.connect()
        try:
            link.sendall(whole[:random_source.randrange(1, len(whole))])
            if random_source.random() < 0.5:
                reset(link)
        finally:
            link.close()
    for _ in range(20):  # Sent whole, but nobody waits for the answer.
        link = server.connect(receive_buffer=4096)
        link.sendall(post(SEGMENT, cloud(200), *TEXT))
        time.sleep(random_source.random() * 0.05)
        reset(link)


def bombs(server, promises):
    import gzip

    bomb = gzip.compress(bytes(300 << 20), 9)
    before = server.usage()["memory"]
    for coding, body in [("gzip", bomb), ("gzip, gzip", gzip.compress(bomb))]:
        link = server.connect(timeout=60)
        link.sendall(post(SEGMENT, body, *TEXT, f"Content-Encoding: {coding}"))
        status, _, _, _ = read_response(link)
        promises.check(status == 413, f"{coding} bomb: expected 413, found {status}")
        link.close()
    for coding, body, wanted in [
        ("gzip", bomb[:-9], 400), ("gzip", bomb[:20], 400), ("gzip", b"", 400),
        ("deflate", b"x\x9c\xff\xff\xff", 400), ("br", b"x", 415),
        ("gzip, gzip, gzip, gzip", b"x", 415),
    ]:
        if coding == "gzip" and len(body) > 1000:
            body = gzip.compress(b"0 0 0\n" * 100)[:-9]
        link = server.connect(timeout=60)
        link.sendall(post(SEGMENT, body, *TEXT, f"Content-Encoding: {coding}"))
        status, _, _, _ = read_response(link)
        promises.check(status == wanted, f"{coding} {body[:4]!r}: expected {wanted}, found {status}")
        link.close()
    peak = server.usage()["peak"]
    promises.say(f"gzip bombs of 300 MiB at a limit of 64 MiB: memory {before >> 10} MiB before, "
                 f"{peak >> 10} MiB at most")
    promises.check(peak - before < 200 << 10, "a gzip bomb takes more memory than the limit allows")


def clouds(server, promises):
    """Hostile clouds: an answer or a reason, never an end."""
    header = bytearray(375)
    header[:4] = b"LASF"
    bodies = [
        b"", b"\n", b"0 0 0\n", b"0 0 0\n" * 5000, b"1e38 1e38 1e38\n0 0 0\n", b"nan 0 0\n",
        b"inf 0 0\n", b"1e308 -1e308 1e308\n-1e308 1e308 0\n", b"4.9e-324 0 0\n0 0 0\n",
        b"1e999 0 0\n", b"".join(b"%d 0 0\n" % index for index in range(3000)),
        b"".join(b"%d 0 0\n" % (10 ** (index % 30)) for index in range(300)), b"0 0\n",
        b"\xff\xfe0 0 0\n", bytes(100), bytes(header), b'{"points": [[1e400, 0, 0]]}',
        b'{"points": ' + b"[" * 100000, b'{"points": [[0, 0, 0]]', b"ply\nformat ascii 1.0\n"
        b"element vertex 99999999999999999999\nproperty float x\nend_header\n",
        b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f8', 'fortran_order': False, "
        b"'shape': (4611686018427387904, 4), }\n", b"-0 -0 -0\n1e15 1e15 1e15\n", os.urandom(999),
    ]
    allowed = (200, 400, 413, 415, 422)
    medias = ["application/octet-stream", "text/plain", "application/json", "application/vnd.las",
              "application/vnd.laz", "application/x-ply", "application/x-pcd", "application/x-npy"]
    for body in bodies:
        for media in medias:
            link = server.connect(timeout=120)
            try:
                link.sendall(post(SEGMENT, body, f"Content-Type: {media}"))
                status, _, content, _ = read_response(link)
                promises.check(status in allowed, f"{media} {body[:40]!r}: {status} {content[:200]!r}")
            except OSError as error:
                promises.check(False, f"{media} {body[:40]!r}: {error}")
            link.close()
    return len(bodies) * len(medias)


def refused_then_more(server, promises):
    """A refusal within the rules of framing leaves the connection usable."""
    link = server.connect()
    rest = b""
    for _ in range(20):
        for data, wanted in [
            (post("/none", b"x" * 100), 404), (post("/health/live", b"x"), 405), (SMUGGLED, 200),
            (post(SEGMENT, b"0 0 nan\n", *TEXT), 422), (post(SEGMENT, b"zzz", *TEXT), 400),
        ]:
            link.sendall(data)
            status, _, _, rest = read_response(link, rest)
            promises.check(status == wanted, f"reused connection: {wanted} became {status}")
    link.close()


def main():
    options = arguments(__doc__, seed=(1, "seed of the random phases"))
    promises = Promises("hostile-client")
    started = time.monotonic()
    with Server("--max-body-bytes", "64MiB", "--header-timeout", "2", "--body-timeout", "4") as server:
        bystander = Bystander(server, promises)
        bystander.start()
        try:
            for name, data, status in REFUSED:
                refused(server, promises, name, data, status, len(data) + 999)
                if len(data) < 2000:
                    refused(server, promises, name, data, status, 1)
            promises.say(f"{len(REFUSED)} refusals, at once and byte by byte")
            for name, body in ACCEPTED:
                for step in [1, 3, 9999]:
                    accepted(server, promises, name, body, step)
            pipelined(server, promises)
            half_closed(server, promises)
            refused_then_more(server, promises)
            promises.say("pipelining, half-closed and reused connections")
            count = clouds(server, promises)
            promises.say(f"{count} hostile clouds")
            bombs(server, promises)
            aborted(server, random.Random(options.seed))
            promises.say("60 aborted uploads and unread answers")
            for name, data in [("half a head", LIVE), ("half a body", post(SEGMENT, b"x" * 9)[:-1])]:
                link = server.connect(timeout=20)
                start = time.monotonic()
                link.sendall(data)
                found = read_to_end(link)
                waited = time.monotonic() - start
                promises.check(found.startswith(b"HTTP/1.1 408 "), f"{name}: {found[:99]!r}")
                promises.say(f"{name}: 408 after {waited:.1f} s")
                link.close()
        finally:
            bystander.ends.set()
            bystander.join()
        promises.say(f"the client beside it got {bystander.count} equal answers")
        promises.check(bystander.count > 0, "the client beside it got no answer")
        promises.check(server.is_alive, "the server ended: " + server.text()[-500:])
        code = server.stop()
        promises.check(code == 0, f"exit code {code}")
    promises.say(f"{time.monotonic() - started:.0f} s")
    promises.finish()


if __name__ == "__main__":
    main()
