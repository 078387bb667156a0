"""What the tests share: both Keras libraries, the service, and golden files."""

import importlib
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
from safetensors import safe_open

# NumPy alone is the lightest backend of Keras 3 that computes; another may be chosen.
os.environ.setdefault("KERAS_BACKEND", "numpy")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
GOLDEN = REPOSITORY / "Tests/Fixtures/golden"

# The service refuses settings that it does not know, and this variable looks like one.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "POINTSERVE_BINARY"}


class Library:
    """A Keras with the served layers for it."""

    def __init__(self, name):
        self.name = name
        self.keras = pytest.importorskip(name)
        own = "layers" if name == "keras" else "layers_keras2"
        self.layers = importlib.import_module(f"pointserve_exporter.{own}")


@pytest.fixture(params=["keras", "tf_keras"], scope="session")
def library(request):
    """Both libraries in turn."""
    return Library(request.param)


@pytest.fixture(scope="session")
def keras3():
    return Library("keras")


@pytest.fixture(scope="session")
def binary():
    """The service's binary: $POINTSERVE_BINARY, or else the newest build."""
    given = os.environ.get("POINTSERVE_BINARY")
    if given:
        assert os.access(given, os.X_OK), f"POINTSERVE_BINARY: {given} cannot be run"
        return given
    built = [REPOSITORY / f".build/{kind}/pointserve" for kind in ("debug", "release")]
    built = sorted((path for path in built if path.exists()), key=lambda p: p.stat().st_mtime)
    if not built:
        pytest.skip("no pointserve binary: run swift build, or set POINTSERVE_BINARY")
    return str(built[-1])


class Service:
    """A running service over a model repository, on a free port."""

    def __init__(self, binary, repository, log):
        self.log = log
        with log.open("w") as stream:
            self.process = subprocess.Popen(
                [binary, "serve", "--host", "127.0.0.1", "--port", "0",
                 "--model-repository", str(repository)],
                stderr=stream, env=ENVIRONMENT,
            )  # fmt: skip
        self.address = self._until(self._announced, "an address")
        self._until(self._ready, "models that are ready")

    def _announced(self):
        found = re.search(r"listening on (http://\S+)\n", self.log.read_text())
        return found and found.group(1)

    def _ready(self):
        try:
            with urllib.request.urlopen(self.address + "/v2/health/ready", timeout=60) as response:
                return response.status == 200
        except urllib.error.HTTPError:
            return False

    def _until(self, condition, what, seconds=60):
        """What a condition gives as soon as it gives something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            result = condition()
            if result:
                return result
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)
        self.process.kill()
        raise AssertionError(f"not {what} after {seconds} s: {self.log.read_text()}")

    def call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data=data)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read().decode()}") from error

    def infer(self, model, samples):
        """The outputs of one request as name -> array."""
        kinds = {"f": "FP32", "i": "INT32"}
        body = {
            "inputs": [
                {
                    "name": name,
                    "shape": list(value.shape),
                    "datatype": kinds[value.dtype.kind],
                    "data": value.ravel().tolist(),
                }
                for name, value in samples.items()
            ]
        }
        answer = self.call(f"/v2/models/{model}/infer", body)
        return {
            output["name"]: np.array(output["data"]).reshape(output["shape"])
            for output in answer["outputs"]
        }

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=30) == 0, self.log.read_text()


@pytest.fixture
def serve(binary, tmp_path):
    """Starts services that end with the test."""
    running = []

    def start(repository):
        running.append(Service(binary, repository, tmp_path / f"service-{len(running)}.log"))
        return running[-1]

    yield start
    for service in running:
        service.stop()


@pytest.fixture
def validate(binary):
    """Runs `pointserve validate`; returns its output and fails with it."""

    def run(directory):
        done = subprocess.run(
            [binary, "validate", str(directory)],
            capture_output=True, text=True, check=False, env=ENVIRONMENT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


class Golden:
    """One golden case: tensors by role, configuration and tolerance."""

    def __init__(self, name):
        path = GOLDEN / f"{name}.safetensors"
        if not path.exists():
            pytest.skip(f"{path} is not part of this copy")
        with safe_open(str(path), "np") as file:
            self.tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            metadata = file.metadata()
        self.layer = metadata["layer"]
        self.config = json.loads(metadata["config"])
        self.tolerance = json.loads(metadata["tolerance"])

    def role(self, prefix):
        return {
            key[len(prefix) + 1 :]: value
            for key, value in self.tensors.items()
            if key.startswith(prefix + ".")
        }

    def compare(self, got, expected="output", tolerance=None):
        tolerance = tolerance or self.tolerance
        np.testing.assert_allclose(
            got, self.tensors[f"expected.{expected}"],
            rtol=tolerance["rtol"], atol=tolerance["atol"],
        )  # fmt: skip


@pytest.fixture
def golden():
    return Golden
