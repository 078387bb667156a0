#!/usr/bin/env python3
"""Replaces the served version of a model again and again under load. Each version answers its own
number: every answer must be the number of the version it names, and none may be older than the
version that was loaded when its request began."""
import json
import shutil
import struct
import tempfile
import threading
import time
from pathlib import Path

from harness import Load, Promises, Server, arguments, percentile

INFER = "/v2/models/swapped/infer"
ROWS = 3
CLIENTS = 4
# Versions that stay in the repository behind the newest.
KEPT = 2


def write_version(repository, number):
    """A model whose every output is `number`, put in place at once."""
    model = {
        "format": "pointserve-model-1", "name": "swapped",
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}],
        "layers": [{"name": "dense", "class_name": "Dense", "inputs": ["x"], "config": {
            "units": 1, "activation": "linear", "use_bias": True}}],
        "outputs": [{"name": "y", "from": "dense"}],
    }
    header = json.dumps({
        "dense/kernel": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
        "dense/bias": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]},
    }).encode()
    hidden = repository / "swapped" / f".{number}"
    hidden.mkdir(parents=True)
    (hidden / "weights.safetensors").write_bytes(
        struct.pack("<Q", len(header)) + header + struct.pack("<3f", 0, 0, number))
    (hidden / "model.json").write_text(json.dumps(model))
    hidden.rename(repository / "swapped" / f"{number}")


class Client:
    BODY = json.dumps({"inputs": [{
        "name": "x", "shape": [ROWS, 2], "datatype": "FP32", "data": [1.0] * (ROWS * 2)}]})

    def __init__(self, server, promises, state):
        self.client = server.client(timeout=60)
        self.promises, self.state = promises, state

    def step(self):
        oldest = self.state["loaded"]
        start = time.monotonic()
        self.client.request("POST", INFER, self.BODY, {"Content-Type": "application/json"})
        response = self.client.getresponse()
        content = response.read()
        elapsed = time.monotonic() - start
        if not self.promises.check(response.status == 200, f"{response.status}: {content[:200]}"):
            return
        answer = json.loads(content)
        version = int(answer["model_version"])
        values = answer["outputs"][0]["data"]
        self.promises.check(
            values == [version] * ROWS, f"version {version} answered {values}")
        self.promises.check(version >= oldest, f"version {version} after {oldest} was loaded")
        with self.state["lock"]:
            self.state["latencies"].append(elapsed * 1000)
            self.state["versions"].add(version)


def main():
    options = arguments(__doc__, count=(500, "how many swaps"))
    promises = Promises("model-swap")
    state = {"loaded": 1, "latencies": [], "versions": set(), "lock": threading.Lock()}
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder)
        write_version(repository, 1)
        with Server("--model-repository", folder) as server:
            before = server.usage()
            loads = [Load(Client(server, promises, state).step) for _ in range(CLIENTS)]
            for load in loads:
                load.start()
            started = time.monotonic()
            admin = server.client(timeout=60)
            for number in range(2, options.count + 2):
                write_version(repository, number)
                admin.request("POST", "/v2/repository/models/swapped/load")
                response = admin.getresponse()
                content = response.read()
                promises.check(response.status == 200, f"load {number}: {content[:200]}")
                state["loaded"] = number
                old = repository / "swapped" / f"{number - KEPT}"
                if old.exists():
                    shutil.rmtree(old)
            seconds = time.monotonic() - started
            promises.check(all(load.is_alive() for load in loads), "a client gave up")
            Load.stop(loads)
            after = server.usage()
            promises.say(
                f"{options.count} swaps in {seconds:.1f} s; {len(state['latencies'])} answers of "
                f"{len(state['versions'])} versions, p50 {percentile(state['latencies'], 0.5):.2f} "
                f"ms, p99 {percentile(state['latencies'], 0.99):.2f} ms")
            promises.say(
                f"memory {before['memory'] >> 10} to {after['memory'] >> 10} MiB, "
                f"descriptors {before['descriptors']} to {after['descriptors']}")
            promises.check(
                after["memory"] - before["memory"] < 64 << 10, "old versions stay in memory")
            promises.check(server.stop() == 0, "exit code")
    promises.finish()


if __name__ == "__main__":
    main()
