"""Exported models in the running service, which has to give what the networks gave."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from networks import clustering_network, image_network, point_network
from pointserve_exporter import export_keras, export_torch
from test_torch_export import local_graph, local_state, mlp_graph, mlp_state


def replay(service, path):
    """Sends the stored samples and compares the answer with the stored outputs."""
    stored = load_file(path / "validation.safetensors")
    samples = {key[6:]: value for key, value in stored.items() if key.startswith("input.")}
    outputs = service.infer(path.parent.name, samples)
    expected = {key[9:]: value for key, value in stored.items() if key.startswith("expected.")}
    assert set(outputs) == set(expected)
    for name, value in expected.items():
        assert np.ptp(value) > 0, "an output that never changes shows nothing"
        np.testing.assert_allclose(outputs[name], value, rtol=1e-4, atol=1e-5)


def test_keras_models_answer_as_in_keras(library, tmp_path, serve, validate):
    builds = {"points": point_network, "image": image_network, "cluster": clustering_network}
    paths = []
    for name, build in builds.items():
        model = build(library.keras, library.layers)
        paths.append(export_keras(model, tmp_path / "models" / name))
        assert "valid" in validate(paths[-1])
    service = serve(tmp_path / "models")
    for path in paths:
        replay(service, path)


def test_inner_outputs_answer_as_in_keras(keras3, tmp_path, serve):
    model = point_network(keras3.keras, keras3.layers)
    outputs = {layer: layer for layer in ("fine", "narrow", "plain", "strided", "up", "logits")}
    path = export_keras(model, tmp_path / "models/points", outputs=outputs)
    replay(serve(tmp_path / "models"), path)


def test_pytorch_models_answer_as_in_pytorch(tmp_path, serve, validate):
    local = export_torch(local_state(), local_graph(), tmp_path / "models/local")
    mlp = export_torch(mlp_state(), mlp_graph(), tmp_path / "models/mlp", version=4)
    for path in (local, mlp):
        validate(path)
    service = serve(tmp_path / "models")
    replay(service, local)
    replay(service, mlp)


def test_a_locally_connected_convolution_answers_as_unfolded_in_pytorch(tmp_path, serve):
    torch = pytest.importorskip("torch")
    state = {name: torch.from_numpy(value) for name, value in local_state().items()}

    def forward(samples):
        x = torch.from_numpy(samples["x"])
        patches = torch.nn.functional.unfold(x, (3, 2), padding=(1, 0))
        y = torch.einsum("orp,nrp->nop", state["net.0.filters"], patches) + state["net.0.bias"]
        return {"y": y.reshape(len(x), 3, 5, 3)}

    path = export_torch(state, local_graph(), tmp_path / "models/local", forward=forward)
    replay(serve(tmp_path / "models"), path)


def test_a_label_serves_the_version_that_it_names(keras3, tmp_path, serve):
    model = image_network(keras3.keras, keras3.layers)
    export_keras(model, tmp_path / "models/image", 1, labels=["stable"])
    export_keras(model, tmp_path / "models/image", 2, labels=["canary"])
    service = serve(tmp_path / "models")
    assert service.call("/v2/models/image")["versions"] == ["1", "2"]


def test_validate_finds_an_answer_that_changed(keras3, tmp_path, validate):
    from safetensors.numpy import save_file

    path = export_keras(image_network(keras3.keras, keras3.layers), tmp_path / "image")
    file = path / "validation.safetensors"
    stored = load_file(file)
    stored["expected.short"][0, 0, 0, 0] += 0.01
    save_file(stored, file, metadata={"rtol": "1e-4", "atol": "1e-5"})
    with pytest.raises(AssertionError, match="short"):
        validate(path)
