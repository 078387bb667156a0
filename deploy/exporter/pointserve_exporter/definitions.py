"""The served layers as Keras layers, for training: written once for Keras 3 and for tf_keras.

`layers` and `layers_keras2` build the classes, each with its own Keras and its own operations.
"""

import math
from types import SimpleNamespace

import numpy as np

PACKAGE = "pointserve"
NORMALIZATION_EPSILON = 1e-3
# Keeps the gradient of a distance finite where a neighbor lies on a kernel point.
SMALLEST_SQUARE = 1e-24


def fibonacci_shells(shell_radii, shell_points, dimensions=3):
    """Kernel points `[sum(shell_points), dimensions]`, evenly spread over concentric shells."""
    shells = []
    for radius, count in zip(shell_radii, shell_points):
        i = np.arange(count)
        if dimensions == 2:
            angle = 2 * math.pi * i / count
            unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        else:
            z = 1 - (2 * i + 1) / count
            angle = i * math.pi * (3 - math.sqrt(5))
            ring = np.sqrt(1 - z * z)
            unit = np.stack([ring * np.cos(angle), ring * np.sin(angle), z], axis=1)
        shells.append(radius * unit)
    return np.concatenate(shells).astype(np.float32)


def kernel_window(kernel_size, function="poly", exponent=2):
    """What a `KernelLengthRegularizer` multiplies the taps with: `[height, width]`, at most 1."""

    def axis(length):
        if length == 1:
            return np.ones(1)
        if function == "hann":
            return 1 - np.hanning(length)
        if function == "hamming":
            return 1 - np.hamming(length)
        half = length // 2
        i = np.arange(length)
        distance = np.where(i < half, half - i, i - (length - 1 - half))
        return (distance / half) ** float(exponent)

    if not isinstance(kernel_size, (list, tuple)) or len(kernel_size) != 2:
        raise ValueError(f"kernel_size: expected a pair such as (5, 1), found {kernel_size!r}")
    with np.errstate(divide="ignore", invalid="ignore"):
        window = np.outer(axis(kernel_size[0]), axis(kernel_size[1]))
        window = window / window.max()
    if not np.isfinite(window).all():
        raise ValueError(f"poly_exp {exponent} gives no finite window for {kernel_size!r}")
    return window.astype(np.float32)


def define_layers(keras, ops):
    """The layer classes of one Keras.

    Args:
        keras: The module `keras` (3) or `tf_keras`.
        ops: Its operations: `keras.ops`, or what does the same with TensorFlow.

    Returns:
        A namespace with the classes.
    """
    register = keras.saving.register_keras_serializable(package=PACKAGE)
    Layer = keras.layers.Layer

    def gathered(values, indices):
        """Rows of the same cloud: `[B, R, D]`, `[B, S, k]` -> `[B, S, k, D]`."""
        shape = ops.shape(values)
        first = ops.reshape(ops.arange(shape[0], dtype="int32") * shape[1], (-1, 1, 1))
        flat = ops.reshape(values, (-1, values.shape[-1]))
        return ops.take(flat, ops.cast(indices, "int32") + first, axis=0)

    def leaky_relu(activation):
        """The one activation of KPConvX, from None, a layer or its serialized form."""
        if activation is None:
            return keras.layers.LeakyReLU()
        if isinstance(activation, dict):
            activation = keras.layers.deserialize(activation)
        if not isinstance(activation, keras.layers.LeakyReLU):
            raise ValueError(f"activation: expected None or a LeakyReLU, found {activation!r}")
        return activation

    class _Weighted(Layer):
        """A layer whose weights share initializer, regularizer and constraint."""

        def _weight(self, name, shape, like, initializer=None, trainable=True):
            parts = {}
            if trainable:
                parts["regularizer"] = keras.regularizers.get(self._parts[like][1])
                parts["constraint"] = keras.constraints.get(self._parts[like][2])
            chosen = initializer or self._parts[like][0] or "glorot_uniform"
            return self.add_weight(
                name=name,
                shape=shape,
                initializer=keras.initializers.get(chosen),
                trainable=trainable,
                **parts,
            )

        def _take_parts(self, **parts):
            self._parts = {
                name: (
                    keras.initializers.get(initializer),
                    keras.regularizers.get(regularizer),
                    keras.constraints.get(constraint),
                )
                for name, (initializer, regularizer, constraint) in parts.items()
            }

        def _part_config(self, name, prefix):
            initializer, regularizer, constraint = self._parts[name]
            return {
                f"{prefix}initializer": initializer and keras.initializers.serialize(initializer),
                f"{prefix}regularizer": regularizer and keras.regularizers.serialize(regularizer),
                f"{prefix}constraint": constraint and keras.constraints.serialize(constraint),
            }

    class _Constant(keras.initializers.Initializer):
        """Starts a weight with the values of an array."""

        def __init__(self, array):
            self.array = array

        def __call__(self, shape, dtype=None, **options):
            return ops.convert_to_tensor(self.array, dtype=dtype)

        def get_config(self):
            return {"array": self.array.tolist()}

    @register
    class KPConvXLayer(_Weighted):
        """KPConvX blocks (arXiv:2405.13194): X `[B, R, n]`, F `[B, R, D]`, N `[B, R, k]` ->
        `[B, R, D]`."""

        def __init__(
            self,
            blocks=1,
            drop_path=0,
            sigma=1.0,
            shell_radii=(0.0, 0.5, 1.0),
            shell_points=(1, 7, 13),
            DH=384,
            groups=8,
            deformable=False,
            initializer=None,
            regularizer=None,
            constraint=None,
            bn_momentum=0.9,
            activation=None,
            **options,
        ):
            super().__init__(**options)
            self.blocks, self.drop_path, self.sigma = blocks, drop_path, sigma
            self.shell_radii, self.shell_points = list(shell_radii), list(shell_points)
            self.DH, self.groups, self.deformable = DH, groups, deformable
            self.bn_momentum = bn_momentum
            self._take_parts(weights=(initializer, regularizer, constraint))
            self.activation = leaky_relu(activation)
            # Drops whole blocks of a cloud, scaled so that inference needs no factor.
            self._drop = keras.layers.Dropout(drop_path, noise_shape=(None, 1, 1))
            for name in ("bn_phi", "bn_htilde", "bn_hhat"):
                setattr(self, name, [self._normalization(name, b) for b in range(blocks)])

        def _normalization(self, name, block):
            return keras.layers.BatchNormalization(
                momentum=self.bn_momentum, epsilon=NORMALIZATION_EPSILON, name=f"{name}_{block}"
            )

        def build(self, input_shape):
            positions, features = input_shape[0], input_shape[1]
            width, count = features[-1], sum(self.shell_points)
            if width % self.groups:
                raise ValueError(f"groups: {self.groups} does not divide the width {width}")
            modulations, n = count * width // self.groups, self.blocks
            lattice = fibonacci_shells(self.shell_radii, self.shell_points, positions[-1])
            self.Q = self._weight(
                "Q", lattice.shape, "weights", _Constant(lattice), self.deformable
            )
            shapes = {
                "W": (count, width), "Phi": (width, width), "phi": (width,),
                "Psi": (width, modulations), "psi": (modulations,),
                "Atilde": (width, self.DH), "btilde": (self.DH,),
                "Ahat": (self.DH, width), "bhat": (width,),
            }  # fmt: skip
            for name, shape in shapes.items():
                start = "zeros" if len(shape) == 1 else None
                setattr(self, name, self._weight(name, (n, *shape), "weights", start))
            wide = (*features[:-1], self.DH)
            shapes = {"bn_phi": tuple(features), "bn_htilde": wide, "bn_hhat": tuple(features)}
            for name, shape in shapes.items():
                for normalization in getattr(self, name):
                    with ops.name_scope(normalization.name):
                        normalization.build(shape)
            super().build(input_shape)

        def call(self, inputs, training=False):
            positions, features, neighbors = inputs
            offsets = gathered(positions, neighbors) - ops.expand_dims(positions, 2)
            squares = ops.sum((ops.expand_dims(offsets, -2) - self.Q) ** 2, axis=-1)
            nearest = ops.argmin(squares, axis=-1)
            distances = ops.sqrt(ops.maximum(ops.min(squares, axis=-1), SMALLEST_SQUARE))
            influences = ops.expand_dims(ops.relu(1 - distances / self.sigma), -1)
            chosen = ops.one_hot(nearest, sum(self.shell_points))
            for b in range(self.blocks):
                convolved = self._convolved(b, features, neighbors, influences, chosen, training)
                up = ops.matmul(convolved, self.Atilde[b]) + self.btilde[b]
                up = self.activation(self.bn_htilde[b](up, training=training))
                down = ops.matmul(up, self.Ahat[b]) + self.bhat[b]
                down = self.activation(self.bn_hhat[b](down, training=training))
                if self.drop_path:
                    down = self._drop(down, training=training)
                features = features + down
            return features

        def _convolved(self, b, features, neighbors, influences, chosen, training):
            hidden = ops.matmul(features, self.Phi[b]) + self.phi[b]
            hidden = self.activation(self.bn_phi[b](hidden, training=training))
            modulations = ops.sigmoid(ops.matmul(hidden, self.Psi[b]) + self.psi[b])
            shape = ops.shape(features)
            groups = features.shape[-1] // self.groups
            modulations = ops.reshape(
                modulations, (shape[0], shape[1], sum(self.shell_points), groups)
            )
            modulations = ops.repeat(ops.matmul(chosen, modulations), self.groups, axis=-1)
            weights = ops.matmul(chosen, self.W[b])
            terms = influences * modulations * weights * gathered(features, neighbors)
            return ops.sum(terms, axis=2)

        def compute_output_shape(self, input_shape):
            return tuple(input_shape[1])

        def get_config(self):
            return {
                **super().get_config(),
                "blocks": self.blocks, "drop_path": self.drop_path, "sigma": self.sigma,
                "shell_radii": self.shell_radii, "shell_points": self.shell_points,
                "DH": self.DH, "groups": self.groups, "deformable": self.deformable,
                **self._part_config("weights", ""),
                "bn_momentum": self.bn_momentum,
                "activation": keras.layers.serialize(self.activation),
            }  # fmt: skip

    @register
    class HourglassLayer(_Weighted):
        """The hourglass of SFL-NET (doi:10.1109/TGRS.2023.3313876): `[…, D]` -> `[…, Dout]`, two
        products without biases, and a loss that keeps the first near an orthogonal map."""

        FUNCTIONS = {"identity": lambda x: x, "relu": ops.relu}

        def __init__(
            self,
            Dh,
            Dout,
            activation="relu",
            activation2="relu",
            regularize=True,
            beta=0.1,
            spectral_strategy="approx",
            W1_initializer=None,
            W1_regularizer=None,
            W1_constraint=None,
            W2_initializer=None,
            W2_regularizer=None,
            W2_constraint=None,
            **options,
        ):
            super().__init__(**options)
            self.Dh, self.Dout = Dh, Dout
            self.activation, self.activation2 = activation, activation2
            self.regularize, self.beta, self.spectral_strategy = regularize, beta, spectral_strategy
            self._first, self._second = self._function(activation), self._function(activation2)
            self._strategy = (spectral_strategy or "approx").lower()
            if self._strategy not in ("unsafe", "safe", "approx"):
                raise ValueError(f"spectral_strategy: unsafe, safe or approx, not {spectral_strategy}")
            self._take_parts(
                W1=(W1_initializer, W1_regularizer, W1_constraint),
                W2=(W2_initializer, W2_regularizer, W2_constraint),
            )

        def _function(self, name):
            function = self.FUNCTIONS.get((name or "identity").lower())
            if function is None:
                raise ValueError(f"activation: expected None, identity or relu, found {name!r}")
            return function

        def build(self, input_shape):
            self.W1 = self._weight("W1", (input_shape[-1], self.Dh), "W1")
            self.W2 = self._weight("W2", (self.Dh, self.Dout), "W2")
            super().build(input_shape)

        def call(self, inputs):
            if self.regularize:
                self.add_loss(self.beta * self.orthogonality_loss())
            return self._second(ops.matmul(self._first(ops.matmul(inputs, self.W1)), self.W2))

        def orthogonality_loss(self):
            """The Frobenius norm of W1ᵀ W1 / λmax - I."""
            covariance = ops.matmul(ops.transpose(self.W1), self.W1)
            identity = ops.eye(self.Dh)
            if self._strategy == "safe":
                largest = ops.max(ops.svd_values(covariance))
            else:
                shift = 1e-5 if self._strategy == "approx" else 0.0
                largest = ops.max(ops.symmetric_eigenvalues(covariance + shift * identity))
            return ops.sqrt(ops.sum((covariance / largest - identity) ** 2))

        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], self.Dout)

        def get_config(self):
            return {
                **super().get_config(),
                "Dh": self.Dh, "Dout": self.Dout,
                "activation": self.activation, "activation2": self.activation2,
                "regularize": self.regularize, "beta": self.beta,
                "spectral_strategy": self.spectral_strategy,
                **self._part_config("W1", "W1_"),
                **self._part_config("W2", "W2_"),
            }  # fmt: skip

    @register
    class Orthonorm(Layer):
        """The orthogonalizing layer of SpectralNet: `[n, d]` -> `[n, d]`.

        Called on x, or on [x, batch] where the batch is what training makes orthonormal; alone, x
        is that batch. Inference uses the matrix of the last training step.
        """

        def __init__(self, epsilon=1e-7, **options):
            super().__init__(**options)
            self.epsilon = epsilon

        def build(self, input_shape):
            shape = input_shape[0] if hasattr(input_shape[0], "__len__") else input_shape
            self.ortho_weights_store = self.add_weight(
                name="ortho_weights_store",
                shape=(shape[-1], shape[-1]),
                initializer="zeros",
                trainable=False,
            )
            super().build(input_shape)

        def call(self, inputs, training=False):
            x, batch = inputs if isinstance(inputs, (list, tuple)) else (inputs, inputs)
            if training:
                self.ortho_weights_store.assign(self._orthonormalizing(batch))
            return ops.matmul(x, self.ortho_weights_store)

        def _orthonormalizing(self, batch):
            """sqrt(n) · inverse(L)ᵀ with L the Cholesky factor of the Gram matrix."""
            width = batch.shape[-1]
            gram = ops.matmul(ops.transpose(batch), batch) + self.epsilon * ops.eye(width)
            inverse = ops.lower_inverse(ops.cholesky(gram), width)
            count = ops.cast(ops.shape(batch)[0], "float32")
            return ops.transpose(inverse) * ops.sqrt(count)

        def compute_output_shape(self, input_shape):
            return tuple(input_shape[0] if hasattr(input_shape[0], "__len__") else input_shape)

        def get_config(self):
            return {**super().get_config(), "epsilon": self.epsilon}

    class _KernelPoints(_Weighted):
        """What both plain kernel point convolutions share (arXiv:1904.08889)."""

        def __init__(
            self,
            sigma=1.0,
            kernel_radius=1.0,
            num_kernel_points=19,
            deformable=False,
            Dout=320,
            W_initializer=None,
            W_regularizer=None,
            W_constraint=None,
            **options,
        ):
            super().__init__(**options)
            self.sigma, self.kernel_radius = sigma, kernel_radius
            self.num_kernel_points, self.deformable, self.Dout = num_kernel_points, deformable, Dout
            self._take_parts(W=(W_initializer, W_regularizer, W_constraint))

        def build(self, input_shape):
            features = input_shape[-2]
            points = fibonacci_shells(
                [0.0, self.kernel_radius], [1, self.num_kernel_points - 1], input_shape[0][-1]
            )
            self.Q = self._weight("Q", points.shape, "W", _Constant(points), self.deformable)
            self.W = self._weight("W", (self.num_kernel_points, features[-1], self.Dout), "W")
            super().build(input_shape)

        def _convolved(self, sources, queries, features, neighbors):
            offsets = gathered(sources, neighbors) - ops.expand_dims(queries, 2)
            squares = ops.sum((ops.expand_dims(offsets, -2) - self.Q) ** 2, axis=-1)
            distances = ops.sqrt(ops.maximum(squares, SMALLEST_SQUARE))
            influences = ops.relu(1 - distances / self.sigma)
            mixed = ops.einsum("bijk,bijd->bikd", influences, gathered(features, neighbors))
            return ops.einsum("bikd,kdo->bio", mixed, self.W)

        def compute_output_shape(self, input_shape):
            return (*input_shape[-1][:-1], self.Dout)

        def get_config(self):
            return {
                **super().get_config(),
                "sigma": self.sigma, "kernel_radius": self.kernel_radius,
                "num_kernel_points": self.num_kernel_points, "deformable": self.deformable,
                "Dout": self.Dout, **self._part_config("W", "W_"),
            }  # fmt: skip

    @register
    class KPConvLayer(_KernelPoints):
        """Kernel point convolution: Xa, F, N -> `[B, R, Dout]`."""

        def call(self, inputs):
            positions, features, neighbors = inputs
            return self._convolved(positions, positions, features, neighbors)

    @register
    class StridedKPConvLayer(_KernelPoints):
        """Kernel point convolution around other points: Xa, Xb, F, N -> `[B, S, Dout]`."""

        def call(self, inputs):
            return self._convolved(*inputs)

    class _Resampling(Layer):
        """Features carried from the points Xa to the points Xb: Xa, Xb, F, N -> `[B, S, D]`."""

        FILTERS = ("mean", "nearest", "gaussian", "exponential")

        def __init__(self, filter="mean", **options):
            super().__init__(**options)
            if filter not in self.FILTERS:
                raise ValueError(f"filter: expected one of {self.FILTERS}, found {filter!r}")
            self.filter = filter

        def call(self, inputs):
            sources, queries, features, neighbors = inputs
            values = gathered(features, neighbors)
            if self.filter == "nearest":
                return values[:, :, 0]
            if self.filter == "mean":
                return ops.mean(values, axis=2)
            offsets = gathered(sources, neighbors) - ops.expand_dims(queries, 2)
            squares = ops.sum(offsets**2, axis=-1)
            largest = ops.max(squares, axis=-1, keepdims=True)
            sign = -1.0 if self.filter == "gaussian" else 1.0
            shares = ops.exp(sign * squares / ops.where(largest > 0, largest, ops.ones_like(largest)))
            shares = shares / ops.sum(shares, axis=-1, keepdims=True)
            return ops.sum(ops.expand_dims(shares, -1) * values, axis=2)

        def compute_output_shape(self, input_shape):
            return (*input_shape[3][:-1], input_shape[2][-1])

        def get_config(self):
            return {**super().get_config(), "filter": self.filter}

    @register
    class FeaturesDownsamplingLayer(_Resampling):
        """Features of a finer cloud on a coarser one."""

    @register
    class FeaturesUpsamplingLayer(_Resampling):
        """Features of a coarser cloud on a finer one."""

    @register
    class NeighborMaxPooling(Layer):
        """The largest feature of each point's neighbors: F `[B, R, D]`, N `[B, S, k]` ->
        `[B, S, D]`."""

        def call(self, inputs):
            return ops.max(gathered(*inputs), axis=2)

        def compute_output_shape(self, input_shape):
            return (*input_shape[1][:-1], input_shape[0][-1])

    @register
    class Gather(Layer):
        """The feature of one point for each index: F `[B, R, D]`, N `[B, S, 1]` -> `[B, S, D]`."""

        def call(self, inputs):
            return gathered(*inputs)[:, :, 0]

        def compute_output_shape(self, input_shape):
            return (*input_shape[1][:-1], input_shape[0][-1])

    @register
    class NearestCentroid(Layer):
        """A score of one for the nearest of stored centroids: `[…, d]` -> `[…, classes]`."""

        def __init__(self, classes, **options):
            super().__init__(**options)
            self.classes = classes

        def build(self, input_shape):
            self.centroids = self.add_weight(
                name="centroids",
                shape=(self.classes, input_shape[-1]),
                initializer="zeros",
                trainable=False,
            )
            super().build(input_shape)

        def call(self, inputs):
            squares = ops.sum((ops.expand_dims(inputs, -2) - self.centroids) ** 2, axis=-1)
            return ops.one_hot(ops.argmin(squares, axis=-1), self.classes)

        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], self.classes)

        def get_config(self):
            return {**super().get_config(), "classes": self.classes}

    @register
    class KernelLengthRegularizer(keras.regularizers.Regularizer):
        """A loss that pushes the outer taps of a kernel `[height, width, in, out]` to zero:
        Σ window_scale · window · sigmoid(|w| - threshold)."""

        def __init__(
            self, kernel_size, window_scale=0.01, window_func="poly", poly_exp=2, threshold=1e-7
        ):
            self.kernel_size = list(kernel_size)
            self.window_scale, self.window_func = window_scale, window_func
            self.poly_exp, self.threshold = poly_exp, threshold
            window = kernel_window(self.kernel_size, window_func, poly_exp)
            self.window = window[:, :, None, None]

        def __call__(self, weights):
            if len(weights.shape) != 4:
                raise ValueError(f"expected weights of rank 4, found {weights.shape}")
            shares = ops.sigmoid(ops.abs(weights) - self.threshold)
            return ops.sum(self.window_scale * ops.convert_to_tensor(self.window) * shares)

        def get_config(self):
            return {
                "kernel_size": self.kernel_size, "window_scale": self.window_scale,
                "window_func": self.window_func, "poly_exp": self.poly_exp,
                "threshold": self.threshold,
            }  # fmt: skip

    return SimpleNamespace(
        FeaturesDownsamplingLayer=FeaturesDownsamplingLayer,
        FeaturesUpsamplingLayer=FeaturesUpsamplingLayer,
        Gather=Gather,
        HourglassLayer=HourglassLayer,
        KernelLengthRegularizer=KernelLengthRegularizer,
        KPConvLayer=KPConvLayer,
        KPConvXLayer=KPConvXLayer,
        NearestCentroid=NearestCentroid,
        NeighborMaxPooling=NeighborMaxPooling,
        Orthonorm=Orthonorm,
        StridedKPConvLayer=StridedKPConvLayer,
    )
