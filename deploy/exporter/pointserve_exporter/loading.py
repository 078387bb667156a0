"""Reads the files that the command line is given."""

import importlib
import json
import pathlib
import zipfile

from safetensors import SafetensorError
from safetensors.numpy import load_file

from .errors import ExportError

INSTALL = {
    "keras": "pip install keras, and one of its backends: tensorflow, jax or torch",
    "tf_keras": "pip install tf_keras tensorflow",
    "torch": "pip install torch",
    "h5py": "pip install h5py",
}


def required(module):
    """A module that only some models need."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        remedy = INSTALL.get(module, "install it, or set PYTHONPATH to where it is")
        raise ExportError(f"the module {module!r} cannot be imported: {error}; {remedy}") from error


def load_arrays(path):
    """The tensors of a safetensors file."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise ExportError(f"{path}: {error}") from error


def load_state_dict(path):
    """A state dict from safetensors, or from what torch.save wrote."""
    if pathlib.Path(path).suffix == ".safetensors":
        return load_arrays(path)
    torch = required("torch")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ExportError(
            f"{path}: {error}. Save a state dict alone: torch.save(model.state_dict(), path)"
        ) from error
    state = state.get("state_dict", state) if isinstance(state, dict) else state
    if not isinstance(state, dict):
        raise ExportError(f"{path}: expected a state dict, found {type(state).__name__}")
    return state


def load_keras(path, library=None, modules=()):
    """A model from `.keras`, `.h5` or a SavedModel directory.

    Args:
        path: The file or directory.
        library: "keras" or "tf_keras"; by default the one that wrote the file.
        modules: Names of modules that define or register further layer classes.
    """
    if not pathlib.Path(path).exists():
        raise ExportError(f"{path}: no such file or directory")
    library = library or writer_of(path)
    keras = required(library)
    own = "pointserve_exporter.layers" if library == "keras" else "pointserve_exporter.layers_keras2"
    classes = {}
    for name in [own, *modules]:
        module = required(name)
        classes.update({key: item for key, item in vars(module).items() if isinstance(item, type)})
    try:
        return keras.models.load_model(path, custom_objects=classes, compile=False)
    except Exception as error:
        raise ExportError(
            f"{path}: {library} cannot load it: {error}. If it has layers of your own, name the "
            "module that defines them with --layers"
        ) from error


def writer_of(path):
    """The Keras package that wrote a file."""
    path = pathlib.Path(path)
    if path.is_dir():
        return "tf_keras"
    version = "3"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if "metadata.json" in archive.namelist():
                version = json.loads(archive.read("metadata.json")).get("keras_version", version)
    elif path.suffix in (".h5", ".hdf5"):
        with required("h5py").File(path, "r") as file:
            found = file.attrs.get("keras_version", version)
            version = found.decode() if isinstance(found, bytes) else str(found)
    return "tf_keras" if version.startswith("2") else "keras"
