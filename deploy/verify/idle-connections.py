#!/usr/bin/env python3
"""Opens many connections, asks once on each, and leaves them open: how much memory each one takes,
and how quickly the server answers others meanwhile."""
import resource
import ssl
import subprocess
import tempfile
import time

from harness import ADDRESS, Promises, Server, arguments, percentile, read_response

REQUEST = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
# Descriptors that server and script need beside the connections.
SPARE = 100


def measure(promises, name, count, limit, flags=(), tls=None):
    with Server("--idle-timeout", "3600", *flags, tls=tls) as server:
        for _ in range(50):
            server.get("/health/live")
        before = server.usage()
        links = []
        started = time.monotonic()
        for _ in range(count):
            link = server.connect()
            link.sendall(REQUEST)
            status, _, _, _ = read_response(link)
            promises.check(status == 200, f"{name}: {status}")
            links.append(link)
        opened = time.monotonic() - started
        time.sleep(1)
        usage = server.usage()
        each = (usage["memory"] - before["memory"]) / count
        idle = usage["processor"]
        time.sleep(2)
        busy = (server.usage()["processor"] - idle) / 2
        latencies = []
        for link in links[:: max(1, count // 500)]:
            start = time.monotonic()
            link.sendall(REQUEST)
            read_response(link)
            latencies.append((time.monotonic() - start) * 1000)
        promises.say(
            f"{name}: {count} open after {opened:.1f} s; {each:.2f} KiB each (at most {limit}), "
            f"{usage['threads']} threads; {busy * 100:.1f} % of a processor while idle; "
            f"one of them then waits {percentile(latencies, 0.5):.2f} ms, "
            f"p99 {percentile(latencies, 0.99):.2f} ms")
        promises.check(each <= limit, f"{name}: {each:.2f} KiB each")
        promises.check(busy < 0.05, f"{name}: {busy * 100:.0f} % of a processor while idle")
        for link in links:
            link.close()
        promises.check(server.stop() == 0, f"{name}: exit code")


def main():
    options = arguments(
        __doc__, count=(10_000, "plain connections"), tls_count=(2_000, "TLS connections"))
    promises = Promises("idle-connections")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(options.count, hard - SPARE)
    if count < options.count:
        promises.say(f"{count} connections, because {hard} descriptors are allowed")
    measure(promises, "plain", count, 8)
    tls_count = min(options.tls_count, hard - SPARE)
    if tls_count:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={ADDRESS}", "-addext",
                 f"subjectAltName=IP:{ADDRESS}", "-days", "1", "-keyout", f"{folder}/key.pem",
                 "-out", f"{folder}/certificate.pem"], check=True, capture_output=True)
            context = ssl.create_default_context(cafile=f"{folder}/certificate.pem")
            measure(
                promises, "TLS", tls_count, 40,
                ["--tls-certificate", f"{folder}/certificate.pem", "--tls-key",
                 f"{folder}/key.pem"], context)
    promises.finish()


if __name__ == "__main__":
    main()
