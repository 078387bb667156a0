"""What an exported Keras model consists of, and which models are refused."""

import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from networks import clustering_network, image_network, point_network, randomize
from pointserve_exporter import ExportError, export_keras
from pointserve_exporter.graph import as_numpy, plain


def manifest_of(path):
    return json.loads((path / "model.json").read_text())


def test_the_whole_network_is_written(library, tmp_path):
    model = point_network(library.keras, library.layers)
    path = export_keras(model, tmp_path / "points", 3, labels=["stable"], licence="MIT")
    manifest, tensors = manifest_of(path), load_file(path / "weights.safetensors")
    assert path == tmp_path / "points/3"
    assert json.loads((tmp_path / "points/labels.json").read_text()) == {"stable": 3}
    assert manifest["name"] == "points" and manifest["licence"] == "MIT"
    assert [item["name"] for item in manifest["inputs"]] == [i.name.split(":")[0] for i in model.inputs]
    assert manifest["inputs"][2] == {"name": "N0", "datatype": "INT32", "shape": [-1, -1, 6]}
    assert manifest["outputs"] == [{"name": "probabilities", "from": "probabilities"}]
    layers = {item["name"]: item for item in manifest["layers"]}
    assert "drop" not in layers
    assert layers["coarse"]["inputs"] == ["X1", "sum", "N1"]
    assert layers["pointwise"]["class_name"] == "Dense"
    fine = model.get_layer("fine")
    assert layers["fine"]["config"] == plain(fine.get_config(), "")
    for name in ("Q", "W", "Phi", "psi"):
        np.testing.assert_array_equal(tensors[f"fine/{name}"], as_numpy(getattr(fine, name)))
    assert tensors["fine/bn_phi.gamma"].shape == (2, 8)
    for block in range(2):
        np.testing.assert_array_equal(
            tensors["fine/bn_htilde.moving_variance"][block],
            as_numpy(fine.bn_htilde[block].moving_variance),
        )
    assert {path.name for path in path.iterdir()} == {
        "model.json", "weights.safetensors", "validation.safetensors"
    }  # fmt: skip
    assert [item.name for item in (tmp_path / "points").iterdir() if item.name[0] == "."] == []


def test_the_validation_file_holds_what_keras_computed(library, tmp_path):
    model = image_network(library.keras, library.layers)
    path = export_keras(model, tmp_path / "image")
    stored = load_file(path / "validation.safetensors")
    assert set(stored) == {"input.image", "expected.short"}
    again = as_numpy(model(stored["input.image"], training=False))
    np.testing.assert_allclose(stored["expected.short"], again, atol=1e-6)


def test_the_precision_is_written_with_a_tolerance_that_it_keeps(keras3, tmp_path, validate):
    model = point_network(keras3.keras, keras3.layers)
    exact = export_keras(model, tmp_path / "points", 1)
    assert "precision" not in manifest_of(exact)
    rounded = export_keras(model, tmp_path / "points", 2, precision="bfloat16")
    assert manifest_of(rounded)["precision"] == "bfloat16"
    for path, tolerance in ((exact, ("0.0001", "1e-05")), (rounded, ("0.03", "0.03"))):
        with safe_open(str(path / "validation.safetensors"), "np") as file:
            assert (file.metadata()["rtol"], file.metadata()["atol"]) == tolerance
        validate(path)
    with pytest.raises(ExportError, match="expected float32 or bfloat16, found 'float16'"):
        export_keras(model, tmp_path / "points", 3, precision="float16")
    assert not (tmp_path / "points/3").exists()


def test_inner_layers_can_be_outputs(library, tmp_path):
    model = point_network(library.keras, library.layers)
    outputs = {"scores": "probabilities", "raw": "logits"}
    path = export_keras(model, tmp_path / "points", outputs=outputs)
    assert manifest_of(path)["outputs"] == [
        {"name": "scores", "from": "probabilities"}, {"name": "raw", "from": "logits"}
    ]  # fmt: skip
    assert "expected.raw" in load_file(path / "validation.safetensors")


def test_a_sequential_model_is_exported(library, tmp_path):
    keras = library.keras
    layers = [keras.Input((4,), name="x"), keras.layers.Dense(3, activation="gelu", name="y")]
    path = export_keras(randomize(keras.Sequential(layers)), tmp_path / "s")
    assert manifest_of(path)["layers"][0]["inputs"] == ["x"]


def test_the_training_input_of_orthonorm_is_left_out(library, tmp_path):
    keras = library.keras
    x, batch = keras.Input((4,), name="x"), keras.Input((4,), name="batch")
    shared = keras.layers.Dense(3, name="embedding")
    y = library.layers.Orthonorm(name="orthonorm")([shared(x), shared(batch)])
    path = export_keras(randomize(keras.Model([x, batch], y)), tmp_path / "o")
    assert [item["name"] for item in manifest_of(path)["inputs"]] == ["x"]
    assert "orthonorm/ortho_weights_store" in load_file(path / "weights.safetensors")


def test_given_weights_replace_those_of_the_layers(library, tmp_path):
    model = clustering_network(library.keras, library.layers)
    model.get_layer("orthonorm").ortho_weights_store.assign(np.zeros((3, 3), np.float32))
    with pytest.raises(ExportError, match="'orthonorm'.*all zeros"):
        export_keras(model, tmp_path / "c")
    # Keras and the graph then compute with different matrices, which must not pass unseen.
    given = {"orthonorm/ortho_weights_store": 2 * np.eye(3)}
    hidden = {"outputs": {"y": "orthonorm"}}
    with pytest.raises(ExportError, match="differs from the network"):
        export_keras(model, tmp_path / "c", weights=given, **hidden)
    with pytest.raises(ExportError, match="no exported layer has a weight nowhere/W"):
        export_keras(model, tmp_path / "c", weights={**given, "nowhere/W": np.eye(3)})


def refused(build, message, tmp_path, **options):
    with pytest.raises(ExportError, match=message):
        export_keras(build, tmp_path / "refused", **options)
    assert not list(tmp_path.glob("refused/*"))


def test_an_unknown_class_is_refused_by_name(library, tmp_path):
    keras = library.keras
    x = keras.Input((4, 4), name="x")
    model = keras.Model(x, keras.layers.LSTM(3, name="memory")(x))
    refused(model, r"'memory' \(LSTM\): this class cannot be served.*Dense", tmp_path)


def test_a_shared_layer_with_weights_is_refused(library, tmp_path):
    keras = library.keras
    x, dense = keras.Input((4,), name="x"), keras.layers.Dense(4, name="twice")
    refused(keras.Model(x, dense(dense(x))), "'twice'.*applied several times", tmp_path)


def test_a_shared_activation_is_exported_twice(library, tmp_path):
    keras = library.keras
    x, act = keras.Input((4,), name="x"), keras.layers.LeakyReLU(name="act")
    y = act(keras.layers.Dense(3, name="b")(act(keras.layers.Dense(4, name="a")(x))))
    path = export_keras(randomize(keras.Model(x, y)), tmp_path / "m")
    assert [item["name"] for item in manifest_of(path)["layers"]] == ["a", "act", "b", "act_2"]


def test_a_model_inside_the_model_is_refused(library, tmp_path):
    keras = library.keras
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)], name="inner")
    x = keras.Input((4,), name="x")
    refused(keras.Model(x, inner(x)), "'inner'.*a model inside the model", tmp_path)


def test_an_operator_without_a_layer_is_refused(keras3, tmp_path):
    keras = keras3.keras
    x = keras.Input((4,), name="x")
    model = keras.Model(x, keras.layers.Dense(4)(x) + x)
    refused(model, r"operation Add.*keras.layers.Add", tmp_path)


def test_an_unbuilt_model_is_refused(library, tmp_path):
    refused(library.keras.Sequential([library.keras.layers.Dense(2)]), "an Input", tmp_path)


def test_weights_that_are_not_finite_are_refused(library, tmp_path):
    keras = library.keras
    x = keras.Input((2,), name="x")
    model = keras.Model(x, keras.layers.Dense(2, name="d")(x))
    model.get_layer("d").kernel.assign(np.array([[1, np.inf], [0, 0]], np.float32))
    refused(model, "finite", tmp_path)


def test_indices_that_are_floats_are_refused(library, tmp_path):
    keras = library.keras
    f, n = keras.Input((None, 4), name="F"), keras.Input((None, 3), name="N")
    model = keras.Model([f, n], library.layers.NeighborMaxPooling(name="pool")([f, n]))
    refused(model, "'N' holds row indices, but is FP32; declare it with dtype='int32'", tmp_path)


def test_a_layer_that_computes_something_else_is_refused(keras3, tmp_path):
    keras = keras3.keras

    class Softmax(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    x = keras.Input((3,), name="x")
    refused(keras.Model(x, Softmax(name="p")(x)), "'p'.*differs from the network", tmp_path)


@pytest.mark.parametrize("version", [0, -1, 1.5, "2", True])
def test_a_version_that_is_no_positive_integer_is_refused(keras3, version, tmp_path):
    model = image_network(keras3.keras, keras3.layers)
    refused(model, "version: expected a positive integer", tmp_path, version=version)


def test_a_version_is_replaced_only_on_demand(keras3, tmp_path):
    model = image_network(keras3.keras, keras3.layers)
    path = export_keras(model, tmp_path / "image")
    before = (path / "model.json").read_text()
    with pytest.raises(ExportError, match="exists; choose another version"):
        export_keras(model, tmp_path / "image", description="other")
    assert (path / "model.json").read_text() == before
    export_keras(model, tmp_path / "image", description="other", overwrite=True)
    assert manifest_of(path)["description"] == "other"
