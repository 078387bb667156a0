"""Networks that the tests export: the same for Keras 3 and tf_keras."""

import numpy as np


def randomize(model, seed=0):
    """Gives all weights values that a trained network could have; the kernel points stay."""
    generator = np.random.default_rng(seed)
    for layer in model.layers:
        kept = {id(getattr(layer, "Q", None))}
        for variable in layer.weights:
            if id(variable) in kept:
                continue
            name, shape = variable.name, tuple(variable.shape)
            if "variance" in name:
                value = generator.uniform(0.5, 1.5, shape)
            elif "gamma" in name:
                value = generator.uniform(0.7, 1.3, shape)
            elif len(shape) < 2:
                value = generator.normal(0, 0.1, shape)
            else:
                value = generator.normal(0, 1 / np.sqrt(shape[-2]), shape)
            variable.assign(value.astype(np.float32))
    return model


def point_network(keras, layers, classes=5):
    """Two resolutions with KPConvX, hourglasses, both resamplings, pooling and a skip."""
    inputs = [keras.Input((None, 3), name=f"X{level}") for level in range(2)]
    inputs += [keras.Input((None, 6), name=f"N{level}", dtype="int32") for level in range(2)]
    inputs += [
        keras.Input((None, 6), name="D0", dtype="int32"),
        keras.Input((None, 1), name="U0", dtype="int32"),
        keras.Input((None, 4), name="F"),
    ]
    x0, x1, n0, n1, d0, u0, f = inputs
    y = keras.layers.Dense(8, name="stem")(f)
    y = keras.layers.BatchNormalization(name="stem_bn")(y)
    y = keras.layers.LeakyReLU(name="stem_act")(y)
    y = layers.KPConvXLayer(blocks=2, DH=12, groups=4, drop_path=0.1, name="fine")([x0, y, n0])
    skip = y
    pooled = layers.NeighborMaxPooling(name="pool")([y, d0])
    carried = layers.FeaturesDownsamplingLayer(filter="gaussian", name="down")([x0, x1, y, d0])
    y = keras.layers.Concatenate(name="joined")([pooled, carried])
    y = layers.HourglassLayer(4, 12, activation2=None, beta=0.05, name="narrow")(y)
    y = layers.KPConvLayer(num_kernel_points=9, Dout=12, name="plain")([x1, y, n1])
    side = layers.StridedKPConvLayer(num_kernel_points=5, Dout=12, name="strided")(
        [x0, x1, skip, d0]
    )
    y = keras.layers.Add(name="sum")([y, side])
    y = keras.layers.Dropout(0.3, name="drop")(y)
    y = layers.KPConvXLayer(
        DH=10, groups=3, shell_radii=[0.0, 0.8], shell_points=[1, 6],
        activation=keras.layers.LeakyReLU(0.1), name="coarse",
    )([x1, y, n1])  # fmt: skip
    y = layers.FeaturesUpsamplingLayer(filter="nearest", name="up")([x1, x0, y, u0])
    y = keras.layers.Concatenate(name="with_skip")([skip, y])
    y = keras.layers.Conv1D(6, 1, activation="relu", name="pointwise")(y)
    logits = keras.layers.Dense(classes, use_bias=False, name="logits")(y)
    y = keras.layers.Softmax(name="probabilities")(logits)
    return randomize(keras.Model(inputs, [y], name="points"))


def image_network(keras, layers):
    """Convolutions over an image, one with a kernel length regularizer."""
    image = keras.Input((9, 8, 3), name="image")
    regularizer = layers.KernelLengthRegularizer((5, 3), window_func="hann")
    y = keras.layers.Conv2D(
        4, (5, 3), padding="same", kernel_regularizer=regularizer, name="long"
    )(image)
    y = keras.layers.ReLU(max_value=6.0, name="bounded")(y)
    y = keras.layers.Conv2D(5, 3, strides=2, activation="sigmoid", name="short")(y)
    return randomize(keras.Model(image, y, name="image"))


def clustering_network(keras, layers):
    """SpectralNet style: features, an orthogonalizing layer, the nearest centroid."""
    features = keras.Input((6,), name="features")
    y = keras.layers.Dense(16, activation="relu", name="hidden")(features)
    y = keras.layers.Dense(3, activation="tanh", name="embedding")(y)
    y = layers.Orthonorm(name="orthonorm")(y)
    y = layers.NearestCentroid(4, name="assignment")(y)
    return randomize(keras.Model(features, y, name="cluster"))
