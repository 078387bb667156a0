"""What the scripts of this folder share: a server of their own, raw sockets, clients, figures."""
import argparse
import http.client
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
ADDRESS = "127.0.0.1"
SEGMENT = "/v2/models/demo/segment"


def arguments(description, **defaults):
    """Command line options, whole numbers, one for each keyword: name=(default, help)."""
    parser = argparse.ArgumentParser(description=description)
    for name, (default, text) in defaults.items():
        parser.add_argument(
            "--" + name.replace("_", "-"), type=int, default=default, metavar="N",
            help=f"{text} ({default})")
    return parser.parse_args()


class Promises:
    """Prints what was found and remembers what should have been otherwise."""

    def __init__(self, name):
        self.name = name
        self.broken = []
        self.lock = threading.Lock()

    def say(self, text):
        print(f"{self.name}: {text}", flush=True)

    def check(self, holds, text):
        """Holds `text` to be true; false makes the script fail."""
        if not holds:
            with self.lock:
                if len(self.broken) < 50:
                    print(f"{self.name}: BROKEN: {text}", file=sys.stderr, flush=True)
                self.broken.append(text)
        return holds

    def finish(self):
        if self.broken:
            self.say(f"{len(self.broken)} promises broken")
            sys.exit(1)
        self.say("every promise kept")


class Server:
    """A pointserve process on a free port of the loopback address; a context manager."""

    def __init__(self, *flags, tls=None):
        """`tls` is the context of its clients, where the flags make it speak TLS."""
        binary = os.environ.get("SERVICE_BINARY", str(TOP / ".build/release/pointserve"))
        if not os.access(binary, os.X_OK):
            sys.exit(f"{binary} is missing: deploy/build.sh makes it")
        # The server takes its settings from variables with this prefix and knows no other.
        environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith("POINTSERVE_")}
        self.log = tempfile.NamedTemporaryFile(prefix="pointserve-", suffix=".log")
        self.process = subprocess.Popen(
            [binary, "serve", "--host", ADDRESS, "--port", "0", "--log-level", "warning", *flags],
            stderr=self.log, stdout=subprocess.DEVNULL, env=environment)
        self.tls = tls
        self.port = self._wait_for_port()
        self._wait_until_ready()

    def _wait_for_port(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            found = re.search(r"listening on https?://[0-9.]+:(\d+)", self.text())
            if found:
                return int(found.group(1))
            time.sleep(0.02)
        self.process.kill()
        sys.exit("the server does not listen: " + self.text())

    def _wait_until_ready(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.get("/health/ready")[0] == 200:
                return
            time.sleep(0.02)
        self.process.kill()
        sys.exit("the server is not ready: " + self.text())

    def text(self):
        return Path(self.log.name).read_text(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def is_alive(self):
        return self.process.poll() is None

    def stop(self, seconds=60):
        """SIGTERM; the exit code, or None when it does not end in time."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def connect(self, timeout=20, receive_buffer=None):
        link = socket.socket()
        if receive_buffer:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        link.settimeout(timeout)
        link.connect((ADDRESS, self.port))
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.tls.wrap_socket(link, server_hostname=ADDRESS) if self.tls else link

    def client(self, timeout=120):
        if self.tls:
            return http.client.HTTPSConnection(
                ADDRESS, self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection(ADDRESS, self.port, timeout=timeout)

    def get(self, path):
        client = self.client(timeout=20)
        try:
            client.request("GET", path)
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()

    def usage(self):
        """Resident KiB now and at most, open descriptors, threads, seconds of processor time."""
        folder = Path(f"/proc/{self.process.pid}")
        status = (folder / "status").read_text()
        fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        return {
            "memory": int(re.search(r"VmRSS:\s+(\d+)", status).group(1)),
            "peak": int(re.search(r"VmHWM:\s+(\d+)", status).group(1)),
            "descriptors": len(os.listdir(folder / "fd")),
            "threads": int(re.search(r"Threads:\s+(\d+)", status).group(1)),
            "processor": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
        }


class Load(threading.Thread):
    """Calls `step` until it is told to stop."""

    def __init__(self, step):
        super().__init__(daemon=True)
        self.step, self.ends = step, threading.Event()

    def run(self):
        while not self.ends.is_set():
            self.step()

    @staticmethod
    def stop(loads):
        for load in loads:
            load.ends.set()
        for load in loads:
            load.join()


def reset(link):
    """Closes a socket with RST instead of FIN."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()


def read_to_end(link):
    """Everything until the server closes; raises TimeoutError when it does not."""
    data = b""
    while True:
        try:
            piece = link.recv(65536)
        except ConnectionResetError:
            return data
        if not piece:
            return data
        data += piece


def read_response(link, data=b"", is_head=False):
    """One response with a Content-Length: status, header text, body, and the bytes behind it."""
    while b"\r\n\r\n" not in data:
        piece = link.recv(65536)
        if not piece:
            raise ConnectionError(f"closed within a response: {data[:200]!r}")
        data += piece
    head, rest = data.split(b"\r\n\r\n", 1)
    status = int(head.split(b" ", 2)[1])
    if status == 100:
        return read_response(link, rest, is_head)
    found = re.search(rb"(?mi)^content-length: *(\d+)", head)
    length = int(found.group(1)) if found and not is_head else 0
    while len(rest) < length:
        piece = link.recv(65536)
        if not piece:
            raise ConnectionError("closed within a body")
        rest += piece
    return status, head, rest[:length], rest[length:]


def post(path, body, *fields):
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def cloud(count, seed=0):
    """Points of a small hilly scene as XYZ text, the same for the same arguments."""
    lines = []
    state = seed * 2654435761 + 12345
    for index in range(count):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        x, y = (index % 40) * 0.7 + (state & 255) / 512, (index // 40) * 0.7
        z = 5.0 if state >> 8 & 7 == 0 else (state & 63) / 640
        lines.append(f"{x:.3f} {y:.3f} {z:.3f}")
    return ("\n".join(lines) + "\n").encode()


TEXT = ("Content-Type: text/plain", "Accept: text/csv")
TEXT_FIELDS = {"Content-Type": "text/plain", "Accept": "text/csv"}


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def health_latencies(server, ends=None, count=0):
    """Milliseconds that each of many questions for the health took; infinite for a failure."""
    latencies = []
    while len(latencies) < count or ends is not None and not ends.is_set():
        start = time.monotonic()
        status, _ = server.get("/health/live")
        latencies.append((time.monotonic() - start) * 1000 if status == 200 else float("inf"))
        time.sleep(0.01)
    return latencies


def allowed(promised, undisturbed):
    """A promised latency, or twice what the machine gives without load where that is more: other
    programs on the same processors are not the server's doing."""
    return max(promised, 2 * undisturbed)


def slope(points):
    """Least-squares slope of (x, y) pairs."""
    count = len(points)
    if count < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
