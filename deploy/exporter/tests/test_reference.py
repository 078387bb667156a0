"""The NumPy reference against golden values."""

import conftest
import numpy as np
import pytest

from pointserve_exporter import reference
from pointserve_exporter.classes import CLASSES

ROLES = {
    "KPConvXLayer": "X F N",
    "KPConvLayer": "Xa F N",
    "StridedKPConvLayer": "Xa Xb F N",
    "FeaturesDownsamplingLayer": "Xa Xb F N",
    "FeaturesUpsamplingLayer": "Xa Xb F N",
    "HourglassLayer": "F",
    "LocalConv2dLayer": "x weights.filters weights.bias",
}
PREFIXES = ("kpconv", "strided", "features_", "hourglass", "local_conv2d")
CASES = sorted(
    path.stem for path in conftest.GOLDEN.glob("*.safetensors") if path.stem.startswith(PREFIXES)
)


@pytest.mark.parametrize("name", CASES)
def test_a_layer_gives_its_golden_output(name, golden):
    case = golden(name)
    inputs = case.role("input")
    operands = [inputs[role] for role in ROLES[case.layer].split() if role in inputs]
    operands = [x if x.dtype.kind == "i" else x.astype(float) for x in operands]
    weights = {key: value.astype(float) for key, value in case.role("weight").items()}
    case.compare(reference.OPERATIONS[case.layer](case.config, weights, *operands))


def test_every_served_class_has_an_operation():
    assert set(reference.OPERATIONS) == set(CLASSES)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (None, [-2, 0, 3]),
        ("linear", [-2, 0, 3]),
        ("relu", [0, 0, 3]),
        ("leaky_relu", [-0.4, 0, 3]),
        ({"class_name": "LeakyReLU", "config": {"alpha": 0.5}}, [-1, 0, 3]),
        ({"class_name": "LeakyReLU", "config": {"negative_slope": 0.1}}, [-0.2, 0, 3]),
        ({"class_name": "ReLU", "config": {"max_value": 2.0}}, [0, 0, 2]),
        ({"class_name": "ReLU", "config": {"threshold": 1.0, "negative_slope": 0.5}}, [-1.5, -0.5, 3]),
        ({"class_name": "function", "config": "relu6"}, [0, 0, 3]),
    ],
)
def test_an_activation_is_known_in_every_spelling(spec, expected):
    np.testing.assert_allclose(reference.activation(spec)(np.array([-2.0, 0, 3])), expected)
