"""Sample inputs for a graph: seeded, with indices that are in range."""

import numpy as np

from .classes import CLASSES
from .errors import ExportError

CLOUD_COUNT = 2
ROW_COUNTS = (41, 23, 17, 13, 11, 7, 5, 3)
INTEGER_TYPES = {"INT32": np.int32, "INT64": np.int64}


class _Rows:
    """Which tensors have the same rows (a disjoint-set forest over names of tensors)."""

    def __init__(self):
        self.parents = {}

    def find(self, name):
        root = name
        while self.parents.setdefault(root, root) != root:
            root = self.parents[root]
        return root

    def join(self, first, second):
        self.parents[self.find(second)] = self.find(first)


def sample_inputs(graph, seed=0):
    """Draws one request for a graph as name -> array.

    Coordinates fill a cube about as large as the kernels that look at them, so that influences
    are neither all zero nor all one.
    """
    generator = np.random.default_rng(seed)
    rows, index_sources, scales = _Rows(), {}, {}
    names = {tensor.name for tensor in graph.inputs}
    for layer in graph.layers:
        kind = CLASSES[layer.class_name]
        letters = kind.rows or "a" * len(layer.inputs)
        members = {}
        for letter, name in list(zip(letters, layer.inputs)) + [(kind.output or "a", layer.name)]:
            rows.join(members.setdefault(letter, name), name)
        for position, source in kind.indices.items():
            name = layer.inputs[position]
            if name not in names:
                raise ExportError(
                    f"{layer}: input {name!r} holds row indices and must be a graph input"
                )
            index_sources[name] = layer.inputs[source]
        for position in kind.positions:
            scales[layer.inputs[position]] = _extent(layer.config)
    counts = _row_counts(graph.inputs, rows)
    result = {}
    for tensor in graph.inputs:
        shape = _shape(tensor, counts[rows.find(tensor.name)])
        if tensor.datatype in INTEGER_TYPES:
            if tensor.name not in index_sources:
                raise ExportError(
                    f"input {tensor.name!r} is {tensor.datatype}, but no layer uses it as indices"
                )
            limit = counts[rows.find(index_sources[tensor.name])]
            values = generator.integers(0, limit, shape)
            result[tensor.name] = values.astype(INTEGER_TYPES[tensor.datatype])
        elif tensor.name in index_sources:
            raise ExportError(
                f"input {tensor.name!r} holds row indices, but is {tensor.datatype}; declare it "
                "with dtype='int32'"
            )
        elif tensor.name in scales:
            extent = scales[tensor.name]
            result[tensor.name] = generator.uniform(-extent, extent, shape).astype(np.float32)
        else:
            result[tensor.name] = generator.standard_normal(shape).astype(np.float32)
    return result


def _extent(config):
    """Half the edge of a cube in which a kernel sees about half of all pairs of points."""
    radii = config.get("shell_radii") or [config.get("kernel_radius", 1.0)]
    return 0.6 * max(max(radii), config.get("sigma", 1.0))


def _row_counts(inputs, rows):
    """The rows of every set of tensors: as a shape states them, or else one of `ROW_COUNTS`."""
    counts = {}
    for tensor in inputs:
        if len(tensor.shape) > 1 and tensor.shape[-2] != -1:
            counts[rows.find(tensor.name)] = tensor.shape[-2]
    drawn = 0
    for name in [tensor.name for tensor in inputs] + list(rows.parents):
        root = rows.find(name)
        if root not in counts:
            counts[root] = ROW_COUNTS[min(drawn, len(ROW_COUNTS) - 1)]
            drawn += 1
    return counts


def _shape(tensor, row_count):
    shape = list(tensor.shape)
    if len(shape) > 1 and shape[-2] == -1:
        shape[-2] = row_count
    if shape[0] == -1:
        shape[0] = CLOUD_COUNT
    for position, extent in enumerate(shape):
        if extent == -1 and position == len(shape) - 1:
            if tensor.datatype not in INTEGER_TYPES:
                raise ExportError(f"input {tensor.name!r}: the last extent must be known")
            shape[position] = 6
        elif extent == -1:
            raise ExportError(
                f"input {tensor.name!r}: only the first extent and the rows may be open, found "
                f"{list(tensor.shape)}"
            )
    return shape
