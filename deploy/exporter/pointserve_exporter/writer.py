"""Writes a version of a model so that a running service never sees half of it."""

import hashlib
import json
import os
import pathlib
import shutil
import tempfile

import numpy as np
from safetensors.numpy import save_file

from . import reference
from .errors import ExportError
from .graph import FORMAT, as_float32, plain
from .samples import sample_inputs

# The relative and absolute tolerance that served products of each precision keep.
TOLERANCES = {"float32": (1e-4, 1e-5), "bfloat16": (3e-2, 3e-2)}
OPTIONAL_SECTIONS = ("segmentation", "batching", "warmup")


def tolerances(precision, rtol, atol):
    """What is not None of `rtol` and `atol`, else the default of a precision."""
    if precision not in TOLERANCES:
        raise ExportError(
            f"precision: expected {' or '.join(TOLERANCES)}, found {precision!r}"
        )
    relative, absolute = TOLERANCES[precision]
    return relative if rtol is None else rtol, absolute if atol is None else atol


def validated(graph, samples, forward, rtol=None, atol=None):
    """Runs sample inputs through a graph and through the network that it came from.

    Args:
        graph: A checked `Graph`.
        samples: name -> array, or None to draw them.
        forward: Called with the samples; returns output name -> array. None takes the graph's
            own results.
        rtol, atol: The tolerance |graph - network| <= atol + rtol * |network|; by default that of
            float32, since both compute at least as exactly, whatever is served.

    Returns:
        The samples and the network's outputs.
    """
    if samples is None:
        samples = sample_inputs(graph)
    samples = {name: np.asarray(value) for name, value in samples.items()}
    for tensor in graph.inputs:
        if tensor.name not in samples:
            raise ExportError(
                f"samples: no input {tensor.name!r}; given: {', '.join(sorted(samples))}"
            )
    rtol, atol = tolerances("float32", rtol, atol)
    computed = reference.run(graph, samples)
    if forward is None:
        return samples, computed
    expected = forward(samples)
    for name, value in computed.items():
        if name not in expected:
            raise ExportError(f"the network gave no output {name!r}")
        _compare(name, value, np.asarray(expected[name]), rtol, atol)
    return samples, {name: np.asarray(expected[name]) for name in computed}


def _compare(name, computed, expected, rtol, atol):
    if computed.shape != expected.shape:
        raise ExportError(
            f"output {name!r}: the exported graph gives {list(computed.shape)}, the network "
            f"{list(expected.shape)}"
        )
    if not np.isfinite(expected).all():
        raise ExportError(f"output {name!r}: the network gives values that are not finite")
    excess = np.abs(computed - expected) - (atol + rtol * np.abs(expected))
    if excess.size and excess.max() > 0:
        worst = np.unravel_index(excess.argmax(), excess.shape)
        raise ExportError(
            f"output {name!r}: the exported graph differs from the network: "
            f"{computed[worst]:.7g} instead of {expected[worst]:.7g} at "
            f"{[int(i) for i in worst]}. Either a layer of the network computes something else "
            "than the served class of its name, or rtol and atol are too strict"
        )


def write_version(
    graph,
    directory,
    version,
    samples,
    expected,
    *,
    name=None,
    description="",
    licence="",
    sections=None,
    labels=(),
    precision="float32",
    rtol=None,
    atol=None,
    overwrite=False,
):
    """Writes `<directory>/<version>` with manifest, weights and validation file.

    Args:
        graph: A checked `Graph`.
        directory: The model's directory, `<repository>/<model>`.
        version: A positive integer.
        samples, expected: What the validation file holds.
        sections: Further sections of the manifest: segmentation, batching, warmup.
        labels: Version labels that shall name this version.
        precision: Of the products of the served model: float32 or bfloat16.
        rtol, atol: The tolerance of the validation file; by default what the precision can keep.

    Returns:
        The path of the version's directory.
    """
    rtol, atol = tolerances(precision, rtol, atol)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ExportError(f"version: expected a positive integer, found {version!r}")
    directory = pathlib.Path(directory)
    target = directory / str(version)
    if target.exists() and not overwrite:
        raise ExportError(f"{target} exists; choose another version, or overwrite it")
    tensors = graph.tensors()
    manifest = {
        "format": FORMAT,
        "name": name or directory.resolve().name,
        "description": description,
        "licence": licence,
        "weights_sha256": "",
        "inputs": [tensor.manifest() for tensor in graph.inputs],
        "layers": [layer.manifest() for layer in graph.layers],
        "outputs": [{"name": name, "from": layer} for name, layer in graph.outputs.items()],
    }
    if precision != "float32":
        manifest["precision"] = precision
    for key, value in (sections or {}).items():
        if key not in OPTIONAL_SECTIONS:
            raise ExportError(f"{key!r} is not a section of a manifest")
        if value is not None:
            manifest[key] = plain(value, key)
    directory.mkdir(parents=True, exist_ok=True)
    # Names that start with a dot are not looked at by a service.
    partial = pathlib.Path(tempfile.mkdtemp(prefix=f".{version}.", dir=directory))
    try:
        os.chmod(partial, 0o755)
        weights = partial / "weights.safetensors"
        save_file(tensors, weights)
        manifest["weights_sha256"] = hashlib.sha256(weights.read_bytes()).hexdigest()
        _write_validation(partial / "validation.safetensors", graph, samples, expected, rtol, atol)
        text = json.dumps(manifest, indent=2, allow_nan=False, ensure_ascii=False)
        (partial / "model.json").write_text(text + "\n", encoding="utf-8")
        if target.exists():
            replaced = partial.with_name(partial.name + ".replaced")
            os.rename(target, replaced)
            os.rename(partial, target)
            shutil.rmtree(replaced)
        else:
            os.rename(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if labels:
        _write_labels(directory / "labels.json", labels, version)
    return target


def _write_validation(path, graph, samples, expected, rtol, atol):
    tensors = {}
    for tensor in graph.inputs:
        value = samples[tensor.name]
        integer = tensor.datatype != "FP32"
        tensors[f"input.{tensor.name}"] = (
            np.ascontiguousarray(value.astype(np.int32))
            if integer
            else as_float32(value, f"sample {tensor.name}")
        )
    for name, value in expected.items():
        tensors[f"expected.{name}"] = (
            np.ascontiguousarray(value.astype(np.int32))
            if value.dtype.kind in "iu"
            else as_float32(value, f"output {name}")
        )
    save_file(tensors, path, metadata={"rtol": repr(float(rtol)), "atol": repr(float(atol))})


def _write_labels(path, labels, version):
    """Adds labels to those that a model already has."""
    known = {}
    if path.exists():
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ExportError(f"{path}: not JSON: {error}") from error
        if not isinstance(known, dict):
            raise ExportError(f"{path}: expected an object such as {{\"stable\": 3}}")
    known.update({label: version for label in labels})
    partial = path.with_name(".labels.json")
    partial.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, path)
