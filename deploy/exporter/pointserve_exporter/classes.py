"""The layer classes that pointserve knows: their weights and how their inputs relate."""

from dataclasses import dataclass, field

BATCH_NORMALIZATION_WEIGHTS = ("gamma", "beta", "moving_mean", "moving_variance")


@dataclass(frozen=True)
class LayerClass:
    """What an exporter has to know of a class.

    `rows` gives a letter to each input, equal letters for inputs with the same rows, and `output`
    the letter of the result; without them all tensors share their rows. `indices` tells of which
    input an index input selects rows. `positions` are the inputs that hold coordinates.
    """

    weights: tuple = ()
    normalizations: tuple = ()
    rows: str = ""
    output: str = ""
    indices: dict = field(default_factory=dict)
    positions: tuple = ()


_KPCONV = LayerClass(weights=("Q", "W"), rows="aaa", output="a", indices={2: 0}, positions=(0,))
_RESAMPLING = LayerClass(rows="abab", output="b", indices={3: 0}, positions=(0, 1))

CLASSES = {
    "Activation": LayerClass(),
    "Add": LayerClass(),
    "BatchNormalization": LayerClass(weights=BATCH_NORMALIZATION_WEIGHTS),
    "Concatenate": LayerClass(),
    "Conv2D": LayerClass(weights=("kernel", "bias")),
    "Dense": LayerClass(weights=("kernel", "bias")),
    "FeaturesDownsamplingLayer": _RESAMPLING,
    "FeaturesUpsamplingLayer": _RESAMPLING,
    "Gather": LayerClass(rows="ab", output="b", indices={1: 0}),
    "HourglassLayer": LayerClass(weights=("W1", "W2")),
    "KPConvLayer": _KPCONV,
    "KPConvXLayer": LayerClass(
        weights=("Q", "W", "Phi", "phi", "Psi", "psi", "Atilde", "btilde", "Ahat", "bhat"),
        normalizations=("bn_phi", "bn_htilde", "bn_hhat"),
        rows="aaa",
        output="a",
        indices={2: 0},
        positions=(0,),
    ),
    "LeakyReLU": LayerClass(),
    "LocalConv2dLayer": LayerClass(weights=("filters", "bias")),
    "NearestCentroid": LayerClass(weights=("centroids",)),
    "NeighborMaxPooling": LayerClass(rows="ab", output="b", indices={1: 0}),
    "Orthonorm": LayerClass(weights=("ortho_weights_store",)),
    "ReLU": LayerClass(),
    "Sigmoid": LayerClass(),
    "Softmax": LayerClass(),
    "StridedKPConvLayer": LayerClass(
        weights=("Q", "W"), rows="abab", output="b", indices={3: 0}, positions=(0, 1)
    ),
}

# Layers that do nothing at inference.
TRAINING_ONLY = {
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "SpatialDropout1D",
    "SpatialDropout2D",
}


def weight_names(class_name, config):
    """The weights that a layer of this configuration stores."""
    if class_name in ("Dense", "Conv2D") and not config.get("use_bias", True):
        return ("kernel",)
    if class_name == "BatchNormalization":
        absent = {"gamma": config.get("scale", True), "beta": config.get("center", True)}
        return tuple(name for name in BATCH_NORMALIZATION_WEIGHTS if absent.get(name, True))
    if class_name == "LocalConv2dLayer":
        if config.get("no_weights", False):
            return ()
        return ("filters", "bias") if config.get("bias", True) else ("filters",)
    return CLASSES[class_name].weights
