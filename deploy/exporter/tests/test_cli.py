"""The command line, on files that Keras and PyTorch wrote."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from networks import image_network, point_network
from pointserve_exporter.cli import main
from pointserve_exporter.loading import writer_of
from test_torch_export import mlp_graph, mlp_state


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_keras_file_is_exported(library, suffix, tmp_path, capsys, validate):
    model = point_network(library.keras, library.layers)
    file = tmp_path / f"points{suffix}"
    model.save(file)
    assert writer_of(file) == library.name
    target = tmp_path / "models/points"
    arguments = [
        "--version", "2", "--labels", "stable,canary", "--output", "probabilities=probabilities",
        "--output", "logits=logits",
    ]  # fmt: skip
    assert main(["keras", str(file), str(target), *arguments]) == 0, capsys.readouterr().err
    assert capsys.readouterr().out == f"wrote {target / '2'}\n"
    assert json.loads((target / "labels.json").read_text()) == {"stable": 2, "canary": 2}
    validate(target / "2")


def test_a_saved_model_is_exported(tmp_path, capsys):
    keras = pytest.importorskip("tf_keras")
    from pointserve_exporter import layers_keras2

    model = image_network(keras, layers_keras2)
    model.save(tmp_path / "saved", save_format="tf")
    code = main(["keras", str(tmp_path / "saved"), str(tmp_path / "models/image")])
    assert code == 0, capsys.readouterr().err


def test_a_state_dict_is_exported(tmp_path, capsys, validate):
    save_file(mlp_state(), tmp_path / "state.safetensors")
    (tmp_path / "graph.json").write_text(json.dumps(mlp_graph()))
    files = [str(tmp_path / "state.safetensors"), str(tmp_path / "graph.json")]
    assert main(["torch", *files, str(tmp_path / "mlp"), "--name", "other"]) == 0
    assert json.loads((tmp_path / "mlp/1/model.json").read_text())["name"] == "other"
    validate(tmp_path / "mlp/1")


def test_the_precision_comes_from_the_flag_or_from_the_description(tmp_path):
    save_file(mlp_state(), tmp_path / "state.safetensors")
    for version, (given, flags) in enumerate(
        [({}, []), ({}, ["--precision", "bfloat16"]), ({"precision": "bfloat16"}, []),
         ({"precision": "bfloat16"}, ["--precision", "float32"])], start=1,
    ):  # fmt: skip
        (tmp_path / "graph.json").write_text(json.dumps({**mlp_graph(), **given}))
        files = [str(tmp_path / "state.safetensors"), str(tmp_path / "graph.json")]
        assert main(["torch", *files, str(tmp_path / "mlp"), "--version", str(version), *flags]) == 0
    written = [json.loads((tmp_path / f"mlp/{i}/model.json").read_text()) for i in range(1, 5)]
    assert [item.get("precision") for item in written] == [None, "bfloat16", "bfloat16", None]


def test_a_file_of_torch_save_is_exported(tmp_path):
    torch = pytest.importorskip("torch")
    state = {name: torch.from_numpy(np.asarray(value)) for name, value in mlp_state().items()}
    torch.save(state, tmp_path / "state.pt")
    (tmp_path / "graph.json").write_text(json.dumps(mlp_graph()))
    files = [str(tmp_path / "state.pt"), str(tmp_path / "graph.json")]
    assert main(["torch", *files, str(tmp_path / "mlp")]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["keras", "absent.keras", "out"], "absent.keras: no such file"),
        (["torch", "absent.safetensors", "absent.json", "out"], "absent.safetensors"),
        (["keras", "absent.keras", "out", "--output", "y"], "--output: expected NAME=LAYER"),
    ],
)
def test_a_wrong_argument_ends_with_one_line(arguments, message, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and message in error and error.count("\n") == 1


def test_help_is_printed(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["keras", "--help"])
    assert ended.value.code == 0
    assert "--segmentation FILE" in capsys.readouterr().out
