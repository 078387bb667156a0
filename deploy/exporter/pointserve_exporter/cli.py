"""The command line."""

import argparse
import subprocess
import sys

from .errors import ExportError
from .graph import read_json
from .keras_model import export_keras
from .loading import load_arrays, load_keras, load_state_dict
from .torch_model import export_torch
from .writer import TOLERANCES


def parser():
    top = argparse.ArgumentParser(
        prog="python -m pointserve_exporter",
        description="Write a trained network as a model that pointserve serves.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    keras = commands.add_parser(
        "keras",
        help="export a Keras 3 or Keras 2 model",
        description="Export a functional or sequential model from .keras, .h5 or a SavedModel. Run "
        "sample inputs through it and store the results, which 'pointserve validate' replays.",
    )
    keras.add_argument("model", metavar="MODEL", help=".keras, .h5, or a SavedModel directory")
    _common(keras)
    keras.add_argument(
        "--weights",
        metavar="FILE",
        help="safetensors with tensors that Keras files do not hold, such as kp1/Q or "
        "orthonorm/ortho_weights_store",
    )
    keras.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="NAME=LAYER",
        help="an output of the served model; repeat for several; default: the model's own",
    )
    keras.add_argument(
        "--layers",
        action="append",
        default=[],
        metavar="MODULE",
        help="a Python module that defines layer classes of the model; repeat for several",
    )
    keras.add_argument(
        "--library",
        dest="keras_package",
        choices=["keras", "tf_keras"],
        help="default: the one that wrote the file",
    )
    keras.set_defaults(run=_run_keras)

    torch = commands.add_parser(
        "torch",
        help="export a PyTorch state dict",
        description="Export a state dict with a description of its graph: model.json, where each "
        "layer tells the names of its tensors.",
    )
    torch.add_argument("state", metavar="STATE", help=".safetensors, or .pt from torch.save")
    torch.add_argument("graph", metavar="GRAPH", help="the description, JSON")
    _common(torch)
    torch.set_defaults(run=_run_torch)
    return top


def _common(command):
    command.add_argument("directory", metavar="OUTPUT", help="<repository>/<model>, made if absent")
    command.add_argument("--name", help="default: the name of OUTPUT")
    command.add_argument("--version", type=int, default=1, help="default: 1")
    command.add_argument(
        "--labels", default="", metavar="A,B", help="version labels for this version, as stable"
    )
    command.add_argument("--description", default=None)
    command.add_argument("--licence", default=None)
    command.add_argument(
        "--segmentation", metavar="FILE", help="JSON of the section, for models that label clouds"
    )
    command.add_argument(
        "--samples", metavar="FILE", help="safetensors with one request; default: drawn"
    )
    command.add_argument(
        "--precision",
        choices=list(TOLERANCES),
        help="of the products of the served model; default: float32",
    )
    defaults = [", ".join(f"{pair[i]:g} for {name}" for name, pair in TOLERANCES.items()) for i in (0, 1)]
    command.add_argument("--rtol", type=float, help=f"default: {defaults[0]}")
    command.add_argument("--atol", type=float, help=f"default: {defaults[1]}")
    command.add_argument("--overwrite", action="store_true", help="replace an existing version")
    command.add_argument(
        "--validate-with",
        metavar="POINTSERVE",
        help="the pointserve binary, which then validates what was written",
    )


def _options(arguments):
    return {
        "version": arguments.version,
        "name": arguments.name,
        "labels": [label for label in arguments.labels.split(",") if label],
        "segmentation": read_json(arguments.segmentation) if arguments.segmentation else None,
        "samples": load_arrays(arguments.samples) if arguments.samples else None,
        "rtol": arguments.rtol,
        "atol": arguments.atol,
        "overwrite": arguments.overwrite,
    }


def _run_keras(arguments):
    outputs = {}
    for item in arguments.output:
        name, separator, layer = item.partition("=")
        if not (name and separator and layer):
            raise ExportError(f"--output: expected NAME=LAYER, found {item!r}")
        outputs[name] = layer
    model = load_keras(arguments.model, arguments.keras_package, arguments.layers)
    return export_keras(
        model,
        arguments.directory,
        outputs=outputs or None,
        weights=load_arrays(arguments.weights) if arguments.weights else None,
        description=arguments.description or "",
        licence=arguments.licence or "",
        precision=arguments.precision or "float32",
        **_options(arguments),
    )


def _run_torch(arguments):
    return export_torch(
        load_state_dict(arguments.state),
        read_json(arguments.graph),
        arguments.directory,
        description=arguments.description,
        licence=arguments.licence,
        precision=arguments.precision,
        **_options(arguments),
    )


def main(argv=None):
    """Runs a command; returns 0, or 1 after an error that was printed."""
    arguments = parser().parse_args(argv)
    try:
        path = arguments.run(arguments)
        print(f"wrote {path}")
        if arguments.validate_with:
            command = [arguments.validate_with, "validate", str(path)]
            return subprocess.run(command, check=False).returncode
    except (ExportError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
