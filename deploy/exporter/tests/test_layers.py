"""The Keras layers against golden values, and through Keras' own files."""

import conftest
import numpy as np
import pytest

from networks import point_network
from pointserve_exporter.definitions import fibonacci_shells, kernel_window
from pointserve_exporter.graph import as_numpy
from pointserve_exporter.samples import sample_inputs

ROLES = {
    "KPConvXLayer": "X F N",
    "KPConvLayer": "Xa F N",
    "StridedKPConvLayer": "Xa Xb F N",
    "FeaturesDownsamplingLayer": "Xa Xb F N",
    "FeaturesUpsamplingLayer": "Xa Xb F N",
}
CASES = sorted(
    path.stem
    for path in conftest.GOLDEN.glob("*.safetensors")
    if path.stem.startswith(("kpconv", "strided", "features_"))
)
HOURGLASSES = sorted(path.stem for path in conftest.GOLDEN.glob("hourglass*.safetensors"))
REGULARIZERS = sorted(path.stem for path in conftest.GOLDEN.glob("klr*.safetensors"))


def load(layer, weights):
    """Gives a built layer its golden weights, stacked normalizations included."""
    for name, value in weights.items():
        owner, separator, part = name.partition(".")
        if separator:
            for block, normalization in enumerate(getattr(layer, owner)):
                getattr(normalization, part).assign(value[block])
        else:
            getattr(layer, name).assign(value)


def serialized(config, library):
    """A golden configuration, with the objects in it made by one of both libraries."""
    config = {**config, "dtype": "float32"}
    if isinstance(config.get("activation"), dict):
        slope = config["activation"]["config"]
        slope = slope.get("negative_slope", slope.get("alpha"))
        config["activation"] = library.keras.layers.LeakyReLU(slope)
    return config


@pytest.mark.parametrize("name", CASES)
def test_a_point_layer_gives_its_golden_output(name, library, golden):
    case = golden(name)
    layer = getattr(library.layers, case.layer)(**serialized(case.config, library))
    inputs = case.role("input")
    operands = [inputs[role] for role in ROLES[case.layer].split()]
    layer.build([operand.shape for operand in operands])
    load(layer, case.role("weight"))
    tensors = [library.keras.layers.Identity()(operand) for operand in operands]
    case.compare(as_numpy(layer(tensors)))


@pytest.mark.parametrize("name", HOURGLASSES)
def test_an_hourglass_gives_its_golden_output_and_loss(name, library, golden):
    case = golden(name)
    layer = library.layers.HourglassLayer(**case.config)
    layer.build(case.tensors["input.F"].shape)
    load(layer, case.role("weight"))
    case.compare(as_numpy(layer(case.tensors["input.F"])))
    expected = case.tensors.get("expected.loss_added_seed_formula")
    if case.config["regularize"] and expected is not None:
        np.testing.assert_allclose(
            sum(float(loss) for loss in layer.losses), expected[0], rtol=1e-4, atol=1e-6
        )


@pytest.mark.parametrize("name", REGULARIZERS)
def test_a_kernel_length_regularizer_gives_its_golden_loss(name, library, golden):
    case = golden(name)
    regularizer = library.layers.KernelLengthRegularizer(**case.config)
    case.compare([float(regularizer(case.tensors["input.weights"]))], "loss")
    np.testing.assert_allclose(regularizer.window, case.tensors["expected.window"], atol=1e-6)


@pytest.mark.parametrize("size", [5, (5,), (3, 3, 3)])
def test_a_kernel_size_that_is_no_pair_is_refused(size):
    with pytest.raises(ValueError, match="kernel_size: expected a pair"):
        kernel_window(size)


def test_kernel_points_lie_on_their_shells(golden):
    points = fibonacci_shells([0, 0.5, 1.0], [1, 7, 13])
    radii = np.linalg.norm(points, axis=1)
    np.testing.assert_allclose(radii, [0] + [0.5] * 7 + [1.0] * 13, atol=1e-6)
    assert fibonacci_shells([0.0, 2.0], [1, 5], 2).shape == (6, 2)


def test_orthonorm_makes_its_training_batch_orthogonal(library, golden):
    case = golden("orthonorm_20x3")
    layer = library.layers.Orthonorm()
    batch = case.tensors["input.X_ortho"]
    y = as_numpy(layer(batch, training=True))
    np.testing.assert_allclose(y.T @ y, 20 * np.eye(3), atol=1e-3)
    found = as_numpy(layer(case.tensors["input.X_test"], training=False))
    case.compare(found, "inference", {"rtol": 1e-4, "atol": 1e-4})


def test_a_network_survives_its_own_file(library, tmp_path):
    model = point_network(library.keras, library.layers)
    path = tmp_path / "points.keras"
    model.save(path)
    loaded = library.keras.models.load_model(path)
    assert [layer.get_config() for layer in loaded.layers] == [
        layer.get_config() for layer in model.layers
    ]
    for mine, other in zip(model.get_weights(), loaded.get_weights()):
        np.testing.assert_array_equal(mine, other)


def test_a_network_can_be_trained(library):
    if library.name == "keras" and library.keras.backend.backend() == "numpy":
        pytest.skip("the NumPy backend of Keras computes, but does not train")
    from pointserve_exporter.keras_model import read_keras

    model = point_network(library.keras, library.layers)
    graph = read_keras(model, dict(zip(model.output_names, model.outputs)))
    samples = sample_inputs(graph)
    truth = np.zeros(samples["F"].shape[:2], np.int32)
    model.compile("adam", "sparse_categorical_crossentropy")
    inputs = [samples[tensor.name] for tensor in graph.inputs]
    losses = [model.train_on_batch(inputs, truth) for _ in range(8)]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]
