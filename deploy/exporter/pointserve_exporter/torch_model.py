"""Exports PyTorch state dicts, given a description of the graph that they belong to.

The description is `model.json` without weights, and tells for each layer where its tensors are.
PyTorch itself is only needed to read a `.pt` file; arrays and safetensors do without.
"""

import fnmatch
from dataclasses import dataclass

import numpy as np

from .classes import BATCH_NORMALIZATION_WEIGHTS, CLASSES, TRAINING_ONLY, weight_names
from .errors import ExportError
from .graph import Graph, GraphInput, Layer, as_numpy, plain
from .writer import validated, write_version

# PyTorch's own default, which its BatchNorm layers have unless they say otherwise.
TORCH_EPSILON = 1e-5
KPCONVX_EPSILON = 1e-3

GRAPH_KEYS = {
    "name", "description", "licence", "inputs", "layers", "outputs", "segmentation", "batching",
    "warmup", "ignore", "format", "precision",
}  # fmt: skip
LAYER_KEYS = {"name", "class_name", "config", "inputs", "from", "weights", "bn_epsilon"}

# Names that PyTorch modules give to the weights, in order of preference.
ALIASES = {
    ("Dense", "kernel"): ("weight", "kernel"),
    ("Conv2D", "kernel"): ("weight", "kernel"),
    ("LocalConv2dLayer", "filters"): ("filters", "_weights.0"),
    ("LocalConv2dLayer", "bias"): ("bias", "_weights.1"),
    ("HourglassLayer", "W1"): ("W1", "W1.weight"),
    ("HourglassLayer", "W2"): ("W2", "W2.weight"),
}
NORMALIZATION_ALIASES = {
    "gamma": ("weight", "gamma"),
    "beta": ("bias", "beta"),
    "moving_mean": ("running_mean", "moving_mean"),
    "moving_variance": ("running_var", "moving_variance"),
}
# The linear maps of KPConvX: matrix and bias of one torch.nn.Linear each.
LINEAR_MAPS = {"Phi": "phi", "Psi": "psi", "Atilde": "btilde", "Ahat": "bhat"}
MATRICES = {"kernel", "W1", "W2", *LINEAR_MAPS}
# Counters of training, which every BatchNorm has.
UNUSED = ("*num_batches_tracked",)


def export_torch(
    state_dict,
    graph,
    directory,
    version=1,
    *,
    name=None,
    description=None,
    licence=None,
    segmentation=None,
    labels=(),
    samples=None,
    forward=None,
    precision=None,
    rtol=None,
    atol=None,
    overwrite=False,
):
    """Writes a PyTorch state dict as a version of a served model.

    Args:
        state_dict: Name -> tensor or array.
        graph: The description: `inputs`, `layers`, `outputs` and further sections as in
            `model.json`. A layer may say `from`, the prefix of its tensors (by default its name),
            and `weights`, weight name -> tensor name, a list of names that are stacked, or
            {"tensor": name, "transpose": true or false}. The matrix of a torch.nn.Linear, named
            "….weight", is transposed. `ignore` lists patterns of tensors that nobody needs.
        directory: The model's directory, `<repository>/<model>`.
        version: A positive integer.
        segmentation: Replaces the section of the description.
        labels: Version labels that shall name this version.
        samples: Input name -> array for the validation file; drawn by default.
        forward: Called with the samples, runs the PyTorch module and returns output name ->
            tensor; by default the validation file holds what the exported graph gives in NumPy.
        precision: Replaces that of the description, by default float32; bfloat16 products are
            multiplied twice as fast by processors that have them.
        rtol, atol: The tolerance of the validation file, by default 1e-4 and 1e-5, or 3e-2 and 3e-2
            for bfloat16.
        overwrite: Whether to replace an existing version.

    Returns:
        The path of the version's directory.

    Raises:
        ExportError: For a description or tensor that does not fit, naming it.
    """
    served = read_torch(state_dict, graph)
    sections = {key: graph.get(key) for key in ("segmentation", "batching", "warmup")}
    if segmentation is not None:
        sections["segmentation"] = segmentation
    run = None
    if forward is not None:

        def run(drawn):
            return {key: as_numpy(value) for key, value in forward(drawn).items()}

    samples, expected = validated(served, samples, run, rtol, atol)
    return write_version(
        served, directory, version, samples, expected,
        name=name or graph.get("name"),
        description=graph.get("description", "") if description is None else description,
        licence=graph.get("licence", "") if licence is None else licence,
        sections=sections, labels=labels,
        precision=precision or graph.get("precision", "float32"),
        rtol=rtol, atol=atol, overwrite=overwrite,
    )  # fmt: skip


def read_torch(state_dict, graph):
    """The served graph of a description, with the weights of a state dict."""
    _require_keys(graph, GRAPH_KEYS, ("inputs", "layers", "outputs"), "graph")
    state = _State(state_dict, graph.get("ignore", ()))
    inputs = [_input(item, f"graph.inputs[{i}]") for i, item in enumerate(graph["inputs"])]
    layers, dropped = [], {}
    for position, item in enumerate(graph["layers"]):
        path = f"graph.layers[{position}]"
        _require_keys(item, LAYER_KEYS, ("name", "class_name", "inputs"), path)
        operands = [dropped.get(name, name) for name in item["inputs"]]
        if item["class_name"] in TRAINING_ONLY:
            dropped[item["name"]] = operands[0]
            continue
        layers.append(_layer(item, operands, state, path))
    outputs = {}
    for position, item in enumerate(graph["outputs"]):
        _require_keys(item, {"name", "from"}, ("name", "from"), f"graph.outputs[{position}]")
        outputs[item["name"]] = dropped.get(item["from"], item["from"])
    state.require_no_leftovers()
    served = Graph(inputs, layers, outputs)
    served.check()
    return served


def _require_keys(value, known, required, path):
    if not isinstance(value, dict):
        raise ExportError(f"{path}: expected an object, found {type(value).__name__}")
    for key in required:
        if key not in value:
            raise ExportError(f"{path}: the key {key!r} is missing")
    for key in value:
        if key not in known:
            raise ExportError(f"{path}: unknown key {key!r}; known: {', '.join(sorted(known))}")


def _input(item, path):
    _require_keys(item, {"name", "datatype", "shape"}, ("name", "datatype", "shape"), path)
    if item["datatype"] not in ("FP32", "INT32", "INT64"):
        raise ExportError(
            f"{path}.datatype: expected FP32, INT32 or INT64, found {item['datatype']!r}"
        )
    return GraphInput(item["name"], item["datatype"], tuple(item["shape"]))


class _State:
    """A state dict that remembers which tensors were taken."""

    def __init__(self, state_dict, ignore):
        self.tensors = dict(state_dict)
        self.unused = [*UNUSED, *ignore]
        self.taken = set()

    def __contains__(self, name):
        return name in self.tensors

    def take(self, name, what):
        if name not in self.tensors:
            raise ExportError(
                f"{what}: the state dict has no tensor {name!r}{self._near(name)}"
            )
        self.taken.add(name)
        return as_numpy(self.tensors[name])

    def _near(self, name):
        prefix = name.rsplit(".", 1)[0]
        near = sorted(key for key in self.tensors if key.startswith(prefix))[:8]
        return f"; it has {', '.join(near)}" if near else ""

    def require_no_leftovers(self):
        left = [
            name
            for name in self.tensors
            if name not in self.taken
            and not any(fnmatch.fnmatchcase(name, pattern) for pattern in self.unused)
        ]
        if left:
            raise ExportError(
                f"the state dict has tensors that no layer takes: {', '.join(sorted(left))}. Name "
                "them in a layer's \"weights\", or list them in \"ignore\""
            )


@dataclass
class _Source:
    """Where the tensors of one layer are."""

    item: dict
    state: _State
    what: str

    @property
    def prefix(self):
        return self.item.get("from", self.item["name"])

    @property
    def named(self):
        return self.item.get("weights", {})

    def find(self, weight, aliases):
        """A weight by its explicit name, or else by the first alias under the prefix."""
        what = f"{self.what}: weight {weight!r}"
        if weight in self.named:
            return self._explicit(self.named[weight], weight, what)
        names = [f"{self.prefix}.{alias}" for alias in aliases]
        present = [name for name in names if name in self.state]
        if not present:
            raise ExportError(
                f"{what}: the state dict has none of {', '.join(names)}; name the tensor in the "
                "layer's \"weights\""
            )
        value = self.state.take(present[0], what)
        # hypnettorch lists each parameter twice, under its name and in a list.
        for copy in present[1:]:
            if not np.array_equal(value, self.state.take(copy, what)):
                raise ExportError(f"{what}: {present[0]} and {copy} should be equal and are not")
        return _oriented(value, weight, present[0])

    def _explicit(self, place, weight, what):
        if isinstance(place, (list, tuple)):
            return np.stack([self._explicit(part, weight, what) for part in place])
        if isinstance(place, dict):
            _require_keys(place, {"tensor", "transpose"}, ("tensor",), what)
            value = self.state.take(place["tensor"], what)
            turn = place.get("transpose")
            if turn is None:
                return _oriented(value, weight, place["tensor"])
            return value.T if turn else value
        return _oriented(self.state.take(place, what), weight, place)


def _oriented(value, weight, name):
    """PyTorch's `[out, in, …]` as Keras' `[…, in, out]`, where a module's `weight` is meant."""
    if weight not in MATRICES or name.rsplit(".", 1)[-1] != "weight":
        return value
    if value.ndim == 4:
        return value.transpose(2, 3, 1, 0)
    while value.ndim > 2 and value.shape[-1] == 1:
        value = value[..., 0]
    return value.T if value.ndim == 2 else value


def _layer(item, operands, state, path):
    kind, config = item["class_name"], plain(item.get("config", {}), f"{path}.config")
    layer = Layer(item["name"], kind, config, operands)
    if kind not in CLASSES:
        raise ExportError(
            f"{path}: {layer}: this class cannot be served; served are "
            f"{', '.join(sorted(CLASSES))}"
        )
    known = {*weight_names(kind, config), *CLASSES[kind].normalizations}
    for weight in item.get("weights", {}):
        if weight not in known:
            raise ExportError(
                f"{path}: {layer} has no weight {weight!r}; it has {', '.join(sorted(known))}"
            )
    source = _Source(item, state, f"{path}: {layer}")
    if kind == "BatchNormalization":
        config.setdefault("epsilon", TORCH_EPSILON)
    for weight in weight_names(kind, config):
        layer.weights[weight] = source.find(weight, _aliases(kind, weight))
    for prefix in CLASSES[kind].normalizations:
        layer.weights.update(_normalization(source, prefix, item.get("bn_epsilon")))
    if kind == "KPConvXLayer":
        _stack_single_block(layer)
    return layer


def _aliases(kind, weight):
    if kind == "BatchNormalization":
        return NORMALIZATION_ALIASES[weight]
    for matrix, bias in LINEAR_MAPS.items():
        if kind == "KPConvXLayer" and weight == matrix:
            return (weight, f"{matrix}.weight")
        if kind == "KPConvXLayer" and weight == bias:
            return (weight, f"{matrix}.bias")
    return ALIASES.get((kind, weight), (weight,))


def _normalization(source, prefix, epsilon):
    """The statistics of each block, for the epsilon that KPConvX is served with."""
    places = source.named.get(prefix, f"{source.prefix}.{prefix}")
    places = places if isinstance(places, (list, tuple)) else [places]
    result = {weight: [] for weight in BATCH_NORMALIZATION_WEIGHTS}
    for place in places:
        own = {}
        for weight, aliases in NORMALIZATION_ALIASES.items():
            what = f"{source.what}: weight {prefix}.{weight}"
            name = next((f"{place}.{a}" for a in aliases if f"{place}.{a}" in source.state), None)
            own[weight] = source.state.take(name or f"{place}.{aliases[0]}", what)
        if epsilon is not None:
            variance = own["moving_variance"].astype(np.float64)
            ratio = np.sqrt((variance + KPCONVX_EPSILON) / (variance + epsilon))
            own["gamma"] = own["gamma"] * ratio
        for weight in result:
            result[weight].append(own[weight])
    return {
        f"{prefix}.{weight}": values[0] if values[0].ndim == 2 else np.stack(values)
        for weight, values in result.items()
    }


# Rank of the weights of KPConvX with the blocks in front.
KPCONVX_RANKS = {"W": 3, **{matrix: 3 for matrix in LINEAR_MAPS}, **{b: 2 for b in LINEAR_MAPS.values()}}


def _stack_single_block(layer):
    """Adds the axis of blocks where the tensors of a single block come without."""
    for weight, rank in KPCONVX_RANKS.items():
        if layer.weights[weight].ndim == rank - 1:
            layer.weights[weight] = layer.weights[weight][None]
