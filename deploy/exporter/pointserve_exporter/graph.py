"""The served graph: what `model.json` and `weights.safetensors` say together."""

import json
from dataclasses import dataclass, field

import numpy as np

from .errors import ExportError

FORMAT = "pointserve-model-1"


@dataclass(frozen=True)
class GraphInput:
    """A tensor that a request brings; `shape` is outermost first, -1 where a request decides."""

    name: str
    datatype: str
    shape: tuple

    def manifest(self):
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}


@dataclass
class Layer:
    """One layer with its weights, named as layer semantics name them."""

    name: str
    class_name: str
    config: dict
    inputs: list
    weights: dict = field(default_factory=dict)

    def __str__(self):
        return f"layer {self.name!r} ({self.class_name})"

    def manifest(self):
        return {
            "name": self.name,
            "class_name": self.class_name,
            "config": self.config,
            "inputs": list(self.inputs),
        }


@dataclass
class Graph:
    """Inputs, layers in topological order, and outputs as name -> layer."""

    inputs: list
    layers: list
    outputs: dict

    def tensors(self):
        """All weights as `layer/weight` -> float32 array."""
        result = {}
        for layer in self.layers:
            for name, value in layer.weights.items():
                result[f"{layer.name}/{name}"] = as_float32(value, f"weight {layer.name}/{name}")
        return result

    def check(self):
        """Refuses names that are used twice, unknown inputs, and outputs that are no layers."""
        known = set()
        for tensor in self.inputs:
            _require_new(tensor.name, known)
        layers = set()
        for layer in self.layers:
            for name in layer.inputs:
                if name not in known:
                    raise ExportError(
                        f"{layer}: input {name!r} is neither a graph input nor an earlier layer; "
                        f"known here: {', '.join(sorted(known))}"
                    )
            _require_new(layer.name, known)
            layers.add(layer.name)
        if not self.outputs:
            raise ExportError("the graph has no outputs; name at least one layer")
        for name, source in self.outputs.items():
            if source not in layers:
                raise ExportError(f"output {name!r}: {source!r} is not a layer of the graph")


def _require_new(name, known):
    if name in known:
        raise ExportError(f"the name {name!r} is used twice; inputs and layers need one each")
    known.add(name)


def as_numpy(value):
    """A NumPy array from a variable or tensor of Keras, TensorFlow, JAX or PyTorch."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "detach"):
        value = value.detach()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
        return value.cpu().numpy()
    if hasattr(value, "value") and not callable(value.value):
        return as_numpy(value.value)
    if hasattr(value, "numpy"):
        return np.asarray(value.numpy())
    return np.asarray(value)


def as_float32(value, what):
    """A contiguous float32 array; refuses values that float32 cannot hold."""
    array = as_numpy(value)
    if array.dtype.kind not in "fiu" and array.dtype.name != "bfloat16":
        raise ExportError(f"{what}: expected numbers, found {array.dtype}")
    with np.errstate(over="ignore"):
        array = np.ascontiguousarray(array.astype(np.float32))
    if not np.isfinite(array).all():
        position = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        raise ExportError(f"{what}: the value at {position} is not finite in float32")
    return array


def plain(value, path):
    """JSON from the values that `get_config` returns; refuses what JSON cannot hold."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist(), path)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not np.isfinite(value):
            raise ExportError(f"{path}: {value} is not a finite number")
        return float(value)
    if isinstance(value, dict):
        return {str(key): plain(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if hasattr(value, "get_config"):
        config = plain(value.get_config(), f"{path}.config")
        return {"class_name": type(value).__name__, "config": config}
    if callable(value) and hasattr(value, "__name__"):
        return value.__name__
    if hasattr(value, "numpy"):
        return plain(as_numpy(value), path)
    raise ExportError(f"{path}: a {type(value).__name__} cannot be written as JSON")


def read_json(path):
    """The JSON object of a file."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except OSError as error:
        raise ExportError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ExportError(f"{path}: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ExportError(f"{path}: expected a JSON object")
    return value
