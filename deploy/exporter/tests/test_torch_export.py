"""State dicts with a description of their graph; PyTorch itself where it is installed."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from pointserve_exporter import ExportError, export_torch
from pointserve_exporter.torch_model import read_torch

GENERATOR = np.random.default_rng(3)


def local_config(**changes):
    config = {
        "in_channels": 2, "out_channels": 3, "in_height": 5, "in_width": 4, "kernel_size": [3, 2],
        "stride": 1, "padding": [1, 0], "bias": True,
    }  # fmt: skip
    return {**config, **changes}


def local_graph(**changes):
    return {
        "name": "local",
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2, 5, 4]}],
        "layers": [
            {"name": "local", "class_name": "LocalConv2dLayer", "config": local_config(),
             "inputs": ["x"], "from": "net.0", **changes}
        ],
        "outputs": [{"name": "y", "from": "local"}],
    }  # fmt: skip


def local_state():
    filters = GENERATOR.normal(size=(3, 12, 15)).astype(np.float32)
    bias = GENERATOR.normal(size=(3, 15)).astype(np.float32)
    # hypnettorch's state dict names every parameter twice.
    return {
        "net.0.filters": filters, "net.0._weights.0": filters,
        "net.0.bias": bias, "net.0._weights.1": bias,
    }  # fmt: skip


def mlp_graph():
    return {
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 4]}],
        "layers": [
            {"name": "fc1", "class_name": "Dense", "config": {"units": 6}, "inputs": ["x"]},
            {"name": "bn1", "class_name": "BatchNormalization", "config": {}, "inputs": ["fc1"]},
            {"name": "act", "class_name": "LeakyReLU", "config": {"negative_slope": 0.01},
             "inputs": ["bn1"]},
            {"name": "drop", "class_name": "Dropout", "inputs": ["act"]},
            {"name": "fc2", "class_name": "Dense", "config": {"units": 3}, "inputs": ["drop"]},
            {"name": "p", "class_name": "Softmax", "config": {}, "inputs": ["fc2"]},
        ],
        "outputs": [{"name": "probabilities", "from": "p"}],
    }  # fmt: skip


def mlp_state():
    def values(*shape):
        return GENERATOR.normal(size=shape).astype(np.float32)

    return {
        "fc1.weight": values(6, 4), "fc1.bias": values(6),
        "bn1.weight": values(6), "bn1.bias": values(6), "bn1.running_mean": values(6),
        "bn1.running_var": np.abs(values(6)) + 0.5,
        "bn1.num_batches_tracked": np.array(7),
        "fc2.weight": values(3, 6), "fc2.bias": values(3),
    }  # fmt: skip


def test_linear_weights_are_transposed_and_normalizations_renamed(tmp_path):
    state = mlp_state()
    path = export_torch(state, mlp_graph(), tmp_path / "mlp")
    tensors = load_file(path / "weights.safetensors")
    np.testing.assert_array_equal(tensors["fc1/kernel"], state["fc1.weight"].T)
    np.testing.assert_array_equal(tensors["bn1/moving_variance"], state["bn1.running_var"])
    layers = json.loads((path / "model.json").read_text())["layers"]
    assert layers[1]["config"]["epsilon"] == 1e-5
    assert [layer["name"] for layer in layers] == ["fc1", "bn1", "act", "fc2", "p"]
    assert layers[3]["inputs"] == ["act"]


def test_doubled_parameters_are_taken_once(tmp_path):
    state = local_state()
    path = export_torch(state, local_graph(), tmp_path / "local")
    tensors = load_file(path / "weights.safetensors")
    assert set(tensors) == {"local/filters", "local/bias"}
    np.testing.assert_array_equal(tensors["local/filters"], state["net.0.filters"])


def test_doubled_parameters_that_differ_are_refused():
    state = local_state()
    state["net.0._weights.0"] = state["net.0._weights.0"] + 1
    with pytest.raises(ExportError, match="net.0.filters and net.0._weights.0 should be equal"):
        read_torch(state, local_graph())


def kpconvx_parts(blocks, width, hidden, modulations):
    def values(*shape):
        return GENERATOR.normal(size=shape).astype(np.float32)

    state = {"Q": values(7, 3)}
    for b in range(blocks):
        state[f"block{b}.W"] = values(7, width)
        for name, rows, columns in (
            ("alpha", width, width), ("mod", width, modulations), ("up", width, hidden),
            ("down", hidden, width),
        ):  # fmt: skip
            state[f"block{b}.{name}.weight"] = values(columns, rows)
            state[f"block{b}.{name}.bias"] = values(columns)
        for name, size in (("n1", width), ("n2", hidden), ("n3", width)):
            for part in ("weight", "bias", "running_mean"):
                state[f"block{b}.{name}.{part}"] = values(size)
            state[f"block{b}.{name}.running_var"] = np.abs(values(size)) + 0.3
    return state


def test_blocks_are_stacked_and_another_epsilon_is_folded_in():
    state = kpconvx_parts(2, 4, 6, 14)

    def each(name):
        return [f"block{b}.{name}" for b in range(2)]

    graph = {
        "inputs": [
            {"name": "X", "datatype": "FP32", "shape": [-1, 3]},
            {"name": "F", "datatype": "FP32", "shape": [-1, 4]},
            {"name": "N", "datatype": "INT32", "shape": [-1, 5]},
        ],
        "layers": [
            {"name": "kp", "class_name": "KPConvXLayer", "inputs": ["X", "F", "N"],
             "config": {"blocks": 2, "groups": 2, "DH": 6, "shell_radii": [0.0, 1.0],
                        "shell_points": [1, 6]},
             "bn_epsilon": 1e-5,
             "weights": {"Q": "Q", "W": each("W"), "Phi": each("alpha.weight"),
                         "phi": each("alpha.bias"), "Psi": each("mod.weight"),
                         "psi": each("mod.bias"), "Atilde": each("up.weight"),
                         "btilde": each("up.bias"), "Ahat": each("down.weight"),
                         "bhat": each("down.bias"), "bn_phi": each("n1"),
                         "bn_htilde": each("n2"), "bn_hhat": each("n3")}}
        ],
        "outputs": [{"name": "y", "from": "kp"}],
    }  # fmt: skip
    weights = read_torch(state, graph).layers[0].weights
    np.testing.assert_array_equal(weights["Atilde"][1], state["block1.up.weight"].T)
    variance = state["block0.n2.running_var"].astype(float)
    np.testing.assert_allclose(
        weights["bn_htilde.gamma"][0] / np.sqrt(variance + 1e-3),
        state["block0.n2.weight"] / np.sqrt(variance + 1e-5),
        rtol=1e-6,
    )


def changed(graph, **changes):
    return {**graph, **changes}


@pytest.mark.parametrize(
    ("state", "graph", "message"),
    [
        ({}, mlp_graph(), r"'fc1' \(Dense\): weight 'kernel': the state dict has none of fc1.weight"),
        ({**mlp_state(), "extra.weight": np.ones(2)}, mlp_graph(), "no layer takes: extra.weight"),
        (mlp_state(), changed(mlp_graph(), layer=[]), "unknown key 'layer'"),
        (mlp_state(), {"inputs": [], "layers": []}, "graph: the key 'outputs' is missing"),
        (
            mlp_state(),
            changed(mlp_graph(), outputs=[{"name": "y", "from": "nothing"}]),
            "output 'y': 'nothing' is not a layer",
        ),
        (
            local_state(),
            local_graph(weights={"kernel": "net.0.filters"}),
            "has no weight 'kernel'; it has bias, filters",
        ),
        (
            local_state(),
            local_graph(weights={"filters": "net.0.filter"}),
            "no tensor 'net.0.filter'; it has net.0._weights.0",
        ),
        (local_state(), local_graph(class_name="ConvLSTM"), "'local'.*cannot be served"),
        (local_state(), local_graph(inputs=["z"]), "input 'z' is neither a graph input nor"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(state, graph, message):
    with pytest.raises(ExportError, match=message):
        read_torch(state, graph)


def test_ignored_tensors_may_be_left_over():
    state = {**mlp_state(), "loss.centers": np.ones(2)}
    read_torch(state, changed(mlp_graph(), ignore=["loss.*"]))


def test_weights_of_another_shape_are_refused_with_their_layer(tmp_path):
    state = mlp_state()
    state["fc2.weight"] = np.ones((3, 5), np.float32)
    with pytest.raises(ExportError, match=r"'fc2' \(Dense\): cannot be computed.*kernel \[5, 3\]"):
        export_torch(state, mlp_graph(), tmp_path / "mlp")
    assert not (tmp_path / "mlp").exists()


def test_a_pytorch_module_is_compared_and_replayed(tmp_path):
    torch = pytest.importorskip("torch")
    modules = {
        "fc1": torch.nn.Linear(4, 6), "bn1": torch.nn.BatchNorm1d(6),
        "act": torch.nn.LeakyReLU(0.01), "fc2": torch.nn.Linear(6, 3),
    }  # fmt: skip
    from collections import OrderedDict

    module = torch.nn.Sequential(OrderedDict(modules)).eval()
    module.load_state_dict({key: torch.from_numpy(np.asarray(v)) for key, v in mlp_state().items()})

    def forward(samples):
        with torch.no_grad():
            return {"probabilities": torch.softmax(module(torch.from_numpy(samples["x"])), -1)}

    path = export_torch(module.state_dict(), mlp_graph(), tmp_path / "mlp", forward=forward)
    stored = load_file(path / "validation.safetensors")
    expected = forward({"x": stored["input.x"]})["probabilities"].numpy()
    np.testing.assert_allclose(stored["expected.probabilities"], expected, atol=1e-6)
