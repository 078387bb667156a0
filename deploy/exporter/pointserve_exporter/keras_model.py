"""Exports functional and sequential models of Keras 3 and of Keras 2 (tf_keras).

Keras itself is only touched through the model that is given, so this module imports none.
"""

import importlib

import numpy as np

from .classes import CLASSES, TRAINING_ONLY, weight_names
from .errors import ExportError
from .graph import Graph, GraphInput, Layer, as_numpy, plain
from .writer import validated, write_version

DATATYPES = {"float32": "FP32", "int32": "INT32", "int64": "INT64"}
NORMALIZATION_EPSILON = 1e-3


def export_keras(
    model,
    directory,
    version=1,
    segmentation=None,
    *,
    name=None,
    description="",
    licence="",
    outputs=None,
    weights=None,
    batching=None,
    warmup=None,
    labels=(),
    samples=None,
    precision="float32",
    rtol=None,
    atol=None,
    overwrite=False,
):
    """Writes a Keras model as a version of a served model.

    Args:
        model: A built functional or sequential model.
        directory: The model's directory, `<repository>/<model>`.
        version: A positive integer.
        segmentation, batching, warmup: Sections of `model.json`, as they stand there.
        outputs: Output name -> layer name; by default the model's own outputs.
        weights: Tensors that the layers do not hold, or that replace those that they hold, as
            "layer/weight" -> array; such as "orthonorm/ortho_weights_store" after loading a file.
        labels: Version labels that shall name this version.
        samples: Input name -> array for the validation file; drawn by default.
        precision: Of the products of the served model: float32, or bfloat16, which processors that
            have it multiply twice as fast.
        rtol, atol: The tolerance of the validation file, by default 1e-4 and 1e-5, or 3e-2 and 3e-2
            for bfloat16.
        overwrite: Whether to replace an existing version.

    Returns:
        The path of the version's directory.

    Raises:
        ExportError: For a model that cannot be served as it is, naming layer, class and remedy.
    """
    tensors = _output_tensors(model, outputs)
    graph = read_keras(model, tensors, weights)
    samples, expected = validated(
        graph, samples, lambda drawn: _predict(model, tensors, drawn), rtol, atol
    )
    return write_version(
        graph, directory, version, samples, expected,
        name=name, description=description, licence=licence, labels=labels,
        sections={"segmentation": segmentation, "batching": batching, "warmup": warmup},
        precision=precision, rtol=rtol, atol=atol, overwrite=overwrite,
    )  # fmt: skip


def read_keras(model, tensors, weights=None):
    """The served graph that gives the tensors, output name -> symbolic tensor, with its weights."""
    reader = _Reader(dict(weights or {}))
    sources = {name: reader.read(tensor) for name, tensor in tensors.items()}
    if reader.weights:
        raise ExportError(
            "weights: no exported layer has a weight " + ", ".join(sorted(reader.weights))
        )
    graph = Graph(_in_order_of(model, reader.inputs), reader.layers, sources)
    graph.check()
    return graph


def _in_order_of(model, inputs):
    order = [_history(tensor)[0].name for tensor in _input_tensors(model)]
    return sorted(inputs, key=lambda tensor: order.index(tensor.name))


def _input_tensors(model):
    tensors = getattr(model, "inputs", None)
    if not tensors:
        raise ExportError(
            f"{type(model).__name__}: not a built functional or sequential model. Give a sequential "
            "model an Input, and write a subclassed model as keras.Model(inputs, outputs)"
        )
    return list(tensors)


def _output_tensors(model, outputs):
    """Output name -> symbolic tensor."""
    _input_tensors(model)
    if outputs is None:
        tensors = list(model.outputs)
        names = list(getattr(model, "output_names", None) or [])
        if len(names) != len(tensors) or len(set(names)) != len(names):
            names = [_history(tensor)[0].name for tensor in tensors]
        if len(set(names)) != len(names):
            raise ExportError("two outputs have the same name; choose names with outputs={…}")
        return dict(zip(names, tensors))
    result = {}
    for name, layer_name in outputs.items():
        layer = next((item for item in model.layers if item.name == layer_name), None)
        if layer is None:
            known = ", ".join(item.name for item in model.layers)
            raise ExportError(f"output {name!r}: no layer {layer_name!r}; the model has {known}")
        try:
            result[name] = layer.output
        except (AttributeError, ValueError) as error:
            raise ExportError(
                f"output {name!r}: {_text(layer)} is applied several times or not at all"
            ) from error
    return result


def _history(tensor):
    history = getattr(tensor, "_keras_history", None)
    if history is None:
        raise ExportError("the model has a tensor that no layer made; build it of layers alone")
    return history[0], history[1], history[2]


class _Reader:
    """Walks from outputs to inputs and collects the layers in topological order."""

    def __init__(self, weights):
        self.weights = weights
        self.inputs = []
        self.layers = []
        # (id of a layer, node) -> name of the served tensor.
        self.names = {}
        self.applications = {}

    def read(self, tensor):
        """The name of a tensor in the graph; reads all layers that it depends on first."""
        pending = [tensor]
        while pending:
            layer, node, position = _history(pending[-1])
            key = (id(layer), node)
            if key in self.names:
                pending.pop()
                continue
            if position > 0:
                raise ExportError(f"{_text(layer)} has several outputs; served layers have one")
            operands = _operands(layer, node)
            missing = [
                operand
                for operand in operands
                if (id(_history(operand)[0]), _history(operand)[1]) not in self.names
            ]
            if missing:
                pending.extend(reversed(missing))
                continue
            names = [self.names[(id(_history(o)[0]), _history(o)[1])] for o in operands]
            self.names[key] = self._add(layer, pending[-1], names)
            pending.pop()
        layer, node, _ = _history(tensor)
        name = self.names[(id(layer), node)]
        if any(item.name == name for item in self.inputs):
            raise ExportError(
                f"the output of {_text(layer)} is the graph input {name!r} itself; an output must "
                "come from a layer that computes something"
            )
        return name

    def _add(self, layer, tensor, operands):
        kind = type(layer).__name__
        if kind == "InputLayer":
            self.inputs.append(_graph_input(layer, tensor))
            return layer.name
        if not hasattr(layer, "weights"):
            raise ExportError(
                f"the model applies the operation {kind} ({layer.name!r}) without a layer; use a "
                "layer for it, such as keras.layers.Add()([x, y]) for x + y"
            )
        if kind in TRAINING_ONLY:
            return operands[0]
        if hasattr(layer, "layers") and hasattr(layer, "inputs"):
            raise ExportError(
                f"{_text(layer)} is a model inside the model; apply its layers one by one instead"
            )
        converted = _convert(layer, kind)
        name = self._application(layer, converted)
        converted.name, converted.inputs = name, operands
        self._load(layer, converted)
        self.layers.append(converted)
        return name

    def _application(self, layer, converted):
        """The name of a layer; one without weights may be applied several times."""
        count = self.applications.get(id(layer), 0)
        self.applications[id(layer)] = count + 1
        if count == 0:
            return layer.name
        if weight_names(converted.class_name, converted.config):
            raise ExportError(
                f"{_text(layer)} is applied several times and has weights; a served layer is "
                "applied once. Make one layer for each application and give them equal weights "
                "with set_weights(get_weights())"
            )
        return f"{layer.name}_{count + 1}"

    def _load(self, layer, converted):
        kind = CLASSES[converted.class_name]
        for weight in weight_names(converted.class_name, converted.config):
            key = f"{converted.name}/{weight}"
            if key in self.weights:
                converted.weights[weight] = as_numpy(self.weights.pop(key))
            else:
                converted.weights[weight] = _weight(layer, converted, weight)
        for prefix in kind.normalizations:
            stacked = _stacked_normalization(layer, converted, prefix)
            for weight, value in stacked.items():
                key = f"{converted.name}/{prefix}.{weight}"
                given = self.weights.pop(key, None)
                converted.weights[f"{prefix}.{weight}"] = value if given is None else given
        if converted.class_name == "Orthonorm":
            _require_orthonormalized(converted)


def _text(layer):
    return f"layer {layer.name!r} ({type(layer).__name__})"


def _operands(layer, node):
    """The symbolic inputs of one application, without those that only training reads."""
    record = layer._inbound_nodes[node]
    tensors = getattr(record, "keras_inputs", None)
    if tensors is None:
        tensors = record.input_tensors
    tensors = [] if type(layer).__name__ == "InputLayer" else list(tensors)
    # The second input of Orthonorm is the batch that training makes orthonormal.
    return tensors[:1] if type(layer).__name__ == "Orthonorm" else tensors


def _graph_input(layer, tensor):
    dtype = str(getattr(tensor.dtype, "name", tensor.dtype))
    if dtype not in DATATYPES:
        raise ExportError(
            f"input {layer.name!r} is {dtype}; served inputs are {', '.join(DATATYPES)}"
        )
    shape = tuple(-1 if extent is None else int(extent) for extent in tensor.shape)
    return GraphInput(layer.name, DATATYPES[dtype], shape)


def _convert(layer, kind):
    """A layer as the service knows it: its configuration unchanged, no inputs yet."""
    config = plain(_config(layer), f"{_text(layer)}.config")
    if getattr(layer, "quantization_mode", None):
        raise ExportError(f"{_text(layer)} is quantized; export the model before quantizing it")
    if kind == "Conv1D":
        return Layer(layer.name, "Dense", _pointwise_config(layer, config), [])
    if kind not in CLASSES:
        raise ExportError(
            f"{_text(layer)}: this class cannot be served. Build the layer of served classes, "
            f"which are {', '.join(sorted(CLASSES))}; classes that only act in training are "
            f"dropped: {', '.join(sorted(TRAINING_ONLY))}"
        )
    if config.get("data_format") == "channels_first":
        raise ExportError(f"{_text(layer)}: data_format must be 'channels_last'")
    if kind == "Conv2D" and config.get("groups", 1) != 1:
        raise ExportError(f"{_text(layer)}: groups must be 1, found {config['groups']}")
    if kind == "HourglassLayer":
        for key in ("sigma", "sigma2"):
            function = getattr(layer, key, None)
            if function is not None and key in config and config[key] is not None:
                raise ExportError(
                    f"{_text(layer)}: {key} replaces the activation; use activation='relu' or "
                    "'identity', and an Activation layer after it for other functions"
                )
    if kind == "KPConvXLayer":
        _require_default_normalization(layer)
    if kind == "NearestCentroid":
        # The stored centroids tell how many there are.
        config.pop("classes", None)
    return Layer(layer.name, kind, config, [])


def _config(layer):
    """`get_config`, with activation objects in Keras' own serialized form."""
    config = dict(layer.get_config())
    for key, value in config.items():
        if hasattr(value, "get_config") or (isinstance(value, (list, tuple)) and any(
            hasattr(item, "get_config") for item in value
        )):
            serialize = _library(layer).saving.serialize_keras_object
            config[key] = (
                [serialize(item) for item in value]
                if isinstance(value, (list, tuple))
                else serialize(value)
            )
    return config


def _pointwise_config(layer, config):
    """The Dense layer that a convolution of width one is."""
    wrong = [
        f"{key}={config.get(key)}"
        for key in ("kernel_size", "strides", "dilation_rate", "groups")
        if config.get(key, 1) not in (1, [1])
    ]
    if wrong or config.get("data_format") == "channels_first":
        raise ExportError(
            f"{_text(layer)}: only a convolution of width 1 can be served, as a Dense layer; found "
            + (", ".join(wrong) or "data_format='channels_first'")
        )
    unused = {
        "filters", "kernel_size", "strides", "dilation_rate", "groups", "padding", "data_format",
    }  # fmt: skip
    kept = {key: value for key, value in config.items() if key not in unused}
    regularizer = kept.get("kernel_regularizer")
    if isinstance(regularizer, dict) and "KernelLength" in str(regularizer.get("class_name")):
        kept["kernel_regularizer"] = None
    return {**kept, "units": config["filters"]}


def _weight(layer, converted, weight):
    value = getattr(layer, weight, None)
    if isinstance(value, (list, tuple)):
        value = np.stack([as_numpy(item) for item in value])
    if value is None:
        raise ExportError(
            f"{_text(layer)} has no weight {weight!r}. Build the layer first, or give the tensor "
            f"as weights={{'{converted.name}/{weight}': array}}"
        )
    value = as_numpy(value)
    return value[0] if type(layer).__name__ == "Conv1D" and weight == "kernel" else value


def _normalizations(layer, prefix):
    """The batch normalization of each block."""
    value = getattr(layer, prefix, None)
    if value is None:
        raise ExportError(
            f"{_text(layer)} has no {prefix!r}; expected a BatchNormalization for each block"
        )
    return list(value) if isinstance(value, (list, tuple)) or hasattr(value, "append") else [value]


def _stacked_normalization(layer, converted, prefix):
    """gamma, beta, moving_mean and moving_variance, `[blocks, width]` each."""
    parts = _normalizations(layer, prefix)
    result = {}
    for weight in ("gamma", "beta", "moving_mean", "moving_variance"):
        rows = []
        for block, part in enumerate(parts):
            value = getattr(part, weight, None)
            if value is None:
                raise ExportError(
                    f"{_text(layer)}: {prefix} of block {block} has no {weight!r}; it must be a "
                    "built BatchNormalization with scale and center"
                )
            rows.append(as_numpy(value))
        result[weight] = np.stack(rows)
    return result


def _require_default_normalization(layer):
    for prefix in CLASSES["KPConvXLayer"].normalizations:
        for part in _normalizations(layer, prefix):
            epsilon = getattr(part, "epsilon", NORMALIZATION_EPSILON)
            if abs(epsilon - NORMALIZATION_EPSILON) > 1e-9:
                raise ExportError(
                    f"{_text(layer)}: {prefix} has epsilon {epsilon}; KPConvX is served with "
                    f"{NORMALIZATION_EPSILON}"
                )


def _require_orthonormalized(converted):
    if not np.any(np.asarray(converted.weights["ortho_weights_store"])):
        raise ExportError(
            f"{converted}: ortho_weights_store is all zeros. Train the layer first; if it was "
            "loaded from a file, which does not hold the matrix, give it as "
            f"weights={{'{converted.name}/ortho_weights_store': array}}"
        )


def _library(thing):
    """The Keras package that an object belongs to."""
    for kind in type(thing).__mro__:
        root = kind.__module__.split(".")[0]
        if root in ("keras", "tf_keras"):
            return importlib.import_module(root)
        if kind.__module__.startswith("tensorflow.python.keras"):
            break
    raise ExportError(f"{type(thing).__name__} belongs neither to keras nor to tf_keras")


def _predict(model, tensors, samples):
    """The network's own outputs for the samples, at inference."""
    inputs = _input_tensors(model)
    network = _library(model).Model(inputs, list(tensors.values()))
    arrays = []
    for tensor in inputs:
        value = samples.get(_history(tensor)[0].name)
        if value is None:
            # An input that only training reads, such as the batch of Orthonorm.
            shape = [2 if extent is None else int(extent) for extent in tensor.shape]
            value = np.zeros(shape, str(getattr(tensor.dtype, "name", tensor.dtype)))
        arrays.append(value)
    results = network(arrays, training=False)
    results = results if isinstance(results, (list, tuple)) else [results]
    return {name: as_numpy(value) for name, value in zip(tensors, results)}
