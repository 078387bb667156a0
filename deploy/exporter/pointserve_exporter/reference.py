"""What a graph computes, in NumPy and float64.

Slow and plain on purpose: an exported graph is run by this module and compared with the network
that it came from, before anything is written.
"""

import math

import numpy as np

from .errors import ExportError

NORMALIZATION_EPSILON = 1e-3
LEAKY_RELU_SLOPE = 0.3
# keras.activations.leaky_relu, unlike the layer, falls back to 0.2.
LEAKY_RELU_FUNCTION_SLOPE = 0.2


def run(graph, inputs):
    """The outputs of a graph as name -> array.

    Args:
        graph: A `Graph`.
        inputs: The request, name -> array.
    """
    values = {}
    for tensor in graph.inputs:
        array = np.asarray(inputs[tensor.name])
        values[tensor.name] = array if array.dtype.kind in "iu" else array.astype(np.float64)
    for layer in graph.layers:
        weights = {name: np.asarray(w, np.float64) for name, w in layer.weights.items()}
        operands = [values[name] for name in layer.inputs]
        try:
            values[layer.name] = OPERATIONS[layer.class_name](layer.config, weights, *operands)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            shapes = ", ".join(str(list(operand.shape)) for operand in operands)
            sizes = ", ".join(f"{name} {list(w.shape)}" for name, w in weights.items())
            raise ExportError(
                f"{layer}: cannot be computed from inputs {shapes} with weights {sizes or 'none'}: "
                f"{type(error).__name__} {error}"
            ) from error
    return {name: values[source] for name, source in graph.outputs.items()}


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def leaky_relu(x, slope):
    return np.where(x > 0, x, slope * x)


def softmax(x, axis=-1):
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def gelu(x):
    return 0.5 * x * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2)))


FUNCTIONS = {
    "linear": lambda x: x,
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: leaky_relu(x, LEAKY_RELU_FUNCTION_SLOPE),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "gelu": gelu,
    "silu": lambda x: x * sigmoid(x),
    "swish": lambda x: x * sigmoid(x),
    "softplus": lambda x: np.logaddexp(x, 0),
    "softmax": softmax,
}


def activation(spec):
    """The function of a serialized activation: null, a name, or an object of Keras 2 or 3."""
    if spec is None:
        return FUNCTIONS["linear"]
    if isinstance(spec, str):
        name, config = spec, {}
    else:
        name, config = spec.get("class_name"), spec.get("config") or {}
    if name == "function" and isinstance(config, str):
        name, config = config, {}
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    if name in ("LeakyReLU", "ReLU", "Sigmoid", "Softmax", "Activation"):
        return lambda x: OPERATIONS[name](config, {}, x)
    raise ExportError(
        f"the activation {name!r} cannot be served; use one of {', '.join(sorted(FUNCTIONS))}"
    )


def slope_of(config):
    """The slope of a LeakyReLU in the spelling of Keras 2 or 3."""
    return config.get("negative_slope", config.get("alpha", LEAKY_RELU_SLOPE))


def bounded_relu(config, weights, x):
    slope, threshold = config.get("negative_slope") or 0, config.get("threshold") or 0
    y = np.where(x >= threshold, x, slope * (x - threshold))
    maximum = config.get("max_value")
    return y if maximum is None else np.minimum(y, maximum)


def dense(config, weights, x):
    return activation(config.get("activation"))(x @ weights["kernel"] + weights.get("bias", 0))


def normalized(x, weights, epsilon, prefix=""):
    """Batch normalization over the last axis with stored statistics."""
    y = x - weights[prefix + "moving_mean"]
    y = y / np.sqrt(weights[prefix + "moving_variance"] + epsilon)
    return y * weights.get(prefix + "gamma", 1) + weights.get(prefix + "beta", 0)


def batch_normalization(config, weights, x):
    axis = config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) else axis
    moved = np.moveaxis(x, axis, -1)
    y = normalized(moved, weights, config.get("epsilon", NORMALIZATION_EPSILON))
    return np.moveaxis(y, -1, axis)


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def conv2d(config, weights, x):
    """Channels last, as Keras' `Conv2D`."""
    kernel = weights["kernel"]
    (height, width), (down, right) = kernel.shape[:2], pair(config.get("strides", 1))
    row_gap, column_gap = pair(config.get("dilation_rate", 1))
    reach = ((height - 1) * row_gap + 1, (width - 1) * column_gap + 1)
    if config.get("padding", "valid") == "same":
        pads = []
        for extent, length, stride in zip(x.shape[1:3], reach, (down, right)):
            total = max((-(-extent // stride) - 1) * stride + length - extent, 0)
            pads.append((total // 2, total - total // 2))
        x = np.pad(x, [(0, 0), *pads, (0, 0)])
    rows = (x.shape[1] - reach[0]) // down + 1
    columns = (x.shape[2] - reach[1]) // right + 1
    y = np.zeros((len(x), rows, columns, kernel.shape[3]))
    for i in range(height):
        for j in range(width):
            top, left = i * row_gap, j * column_gap
            bottom, end = top + (rows - 1) * down + 1, left + (columns - 1) * right + 1
            y += x[:, top:bottom:down, left:end:right] @ kernel[i, j]
    return activation(config.get("activation"))(y + weights.get("bias", 0))


def local_conv2d(config, weights, x, filters=None, bias=None):
    """hypnettorch's layer: a filter for each output pixel, channels first."""
    filters = weights["filters"] if filters is None else filters
    bias = weights.get("bias", 0) if bias is None else bias
    height, width = pair(config["kernel_size"])
    down, right = pair(config.get("stride", 1))
    top, left = pair(config.get("padding", 0))
    x = np.pad(x, [(0, 0), (0, 0), (top, top), (left, left)])
    rows = (x.shape[2] - height) // down + 1
    columns = (x.shape[3] - width) // right + 1
    pixels = []
    for i in range(rows):
        for j in range(columns):
            patch = x[:, :, i * down : i * down + height, j * right : j * right + width]
            pixels.append(patch.reshape(len(x), -1))
    y = np.einsum("orp,pnr->nop", filters, np.stack(pixels)) + bias
    return y.reshape(len(x), -1, rows, columns)


def hourglass(config, weights, x):
    def function(key):
        spec = config.get(key, "relu")
        return activation(spec.lower() if isinstance(spec, str) else spec)

    return function("activation2")(function("activation")(x @ weights["W1"]) @ weights["W2"])


def gathered(values, indices):
    """Rows of the same cloud: `[…, rows, width]`, `[…, points, k]` -> `[…, points, k, width]`."""
    if values.ndim == 2:
        return values[indices]
    return np.stack([cloud[n] for cloud, n in zip(values, indices)])


def kpconvx(config, weights, positions, features, neighbors):
    """The blocks of KPConvX (arXiv:2405.13194) one after the other."""
    groups = config.get("groups", 8)
    act = activation(config.get("activation") or {"class_name": "LeakyReLU"})
    kernel = weights["Q"]
    offsets = gathered(positions, neighbors) - positions[..., None, :]
    distances = ((offsets[..., None, :] - kernel) ** 2).sum(-1)
    nearest = distances.argmin(-1)
    influences = np.maximum(0, 1 - np.sqrt(distances.min(-1)) / config.get("sigma", 1.0))
    for b in range(len(weights["W"])):

        def mapped(x, weight, bias, statistics):
            own = {
                name[len(statistics) + 1 :]: value[b]
                for name, value in weights.items()
                if name.startswith(statistics + ".")
            }
            return act(normalized(x @ weights[weight][b] + weights[bias][b], own, 1e-3))

        hidden = mapped(features, "Phi", "phi", "bn_phi")
        modulations = sigmoid(hidden @ weights["Psi"][b] + weights["psi"][b])
        modulations = modulations.reshape(*features.shape[:-1], len(kernel), -1)
        chosen = np.take_along_axis(modulations, nearest[..., None], axis=-2)
        chosen = np.repeat(chosen, groups, axis=-1)
        terms = influences[..., None] * chosen * weights["W"][b][nearest]
        convolved = (terms * gathered(features, neighbors)).sum(-2)
        up = mapped(convolved, "Atilde", "btilde", "bn_htilde")
        features = features + mapped(up, "Ahat", "bhat", "bn_hhat")
    return features


def strided_kpconv(config, weights, sources, queries, features, neighbors):
    """KPConv (arXiv:1904.08889): all kernel points influence each neighbor."""
    offsets = gathered(sources, neighbors) - queries[..., None, :]
    distances = np.sqrt(((offsets[..., None, :] - weights["Q"]) ** 2).sum(-1))
    influences = np.maximum(0, 1 - distances / config.get("sigma", 1.0))
    mixed = np.einsum("...jk,...jd->...kd", influences, gathered(features, neighbors))
    return np.einsum("...kd,kdo->...o", mixed, weights["W"])


def kpconv(config, weights, positions, features, neighbors):
    return strided_kpconv(config, weights, positions, positions, features, neighbors)


def resampled(config, weights, sources, queries, features, neighbors):
    """Features carried from one cloud to another by one of four filters."""
    values = gathered(features, neighbors)
    kind = config.get("filter", "mean")
    if kind == "nearest":
        return values[..., 0, :]
    if kind == "mean":
        return values.mean(-2)
    squares = ((gathered(sources, neighbors) - queries[..., None, :]) ** 2).sum(-1)
    largest = squares.max(-1, keepdims=True)
    sign = {"gaussian": -1, "exponential": 1}[kind]
    shares = np.exp(sign * squares / np.where(largest > 0, largest, 1))
    shares /= shares.sum(-1, keepdims=True)
    return (shares[..., None] * values).sum(-2)


def nearest_centroid(config, weights, x):
    squares = ((x[..., None, :] - weights["centroids"]) ** 2).sum(-1)
    nearest = squares.argmin(-1)
    if config.get("output", "one_hot") == "index":
        return nearest[..., None]
    return np.eye(len(weights["centroids"]))[nearest]


OPERATIONS = {
    "Activation": lambda config, weights, x: activation(config["activation"])(x),
    "Add": lambda config, weights, *xs: sum(xs[1:], xs[0]),
    "BatchNormalization": batch_normalization,
    "Concatenate": lambda config, weights, *xs: np.concatenate(xs, config.get("axis", -1)),
    "Conv2D": conv2d,
    "Dense": dense,
    "FeaturesDownsamplingLayer": resampled,
    "FeaturesUpsamplingLayer": resampled,
    "Gather": lambda config, weights, f, n: gathered(f, n)[..., 0, :],
    "HourglassLayer": hourglass,
    "KPConvLayer": kpconv,
    "KPConvXLayer": kpconvx,
    "LeakyReLU": lambda config, weights, x: leaky_relu(x, slope_of(config)),
    "LocalConv2dLayer": local_conv2d,
    "NearestCentroid": nearest_centroid,
    "NeighborMaxPooling": lambda config, weights, f, n: gathered(f, n).max(-2),
    "Orthonorm": lambda config, weights, x: x @ weights["ortho_weights_store"],
    "ReLU": bounded_relu,
    "Sigmoid": lambda config, weights, x: sigmoid(x),
    "Softmax": lambda config, weights, x: softmax(x, config.get("axis", -1)),
    "StridedKPConvLayer": strided_kpconv,
}
