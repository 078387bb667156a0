#!/usr/bin/env python3
"""Turns the training export of the demo network into the served format.

    convert.py EXPORT.json EXPORT.safetensors MODEL_DIRECTORY

The export is a list of operations and tensors named `<operation>.<weight>`; what is written is
`model.json` and `weights.safetensors` with tensors named `<layer>/<weight>`. Needs only the
standard library.
"""

import hashlib
import json
import pathlib
import struct
import sys

LEVEL_COUNT = 3
SHELL_POINTS = [1, 6, 12]
COLORS = ["#a0764a", "#a9d46a", "#2f7d32", "#c0392b", "#f1c40f", "#8e44ad", "#2e86c1"]
CLASS_NAMES = {
    "lowveg": "low_vegetation",
    "highveg": "high_vegetation",
}


def read_safetensors(path):
    """Returns the tensors of a file as `name -> (dtype, shape, bytes)`."""
    content = path.read_bytes()
    (header_length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + header_length])
    header.pop("__metadata__", None)
    data = content[8 + header_length :]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = (entry["dtype"], entry["shape"], data[begin:end])
    return tensors


def write_safetensors(path, tensors):
    """Writes tensors in the order of their names."""
    header, data = {}, b""
    for name, (dtype, shape, values) in sorted(tensors.items()):
        header[name] = {
            "dtype": dtype,
            "shape": shape,
            "data_offsets": [len(data), len(data) + len(values)],
        }
        data += values
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Converter:
    """Builds the layers one after the other; `current` is the name of the last result."""

    def __init__(self, export, tensors):
        self.export = export
        self.source = tensors
        self.tensors = {}
        self.layers = []
        self.current = "F"
        self.skips = {}

    def add(self, name, class_name, config, inputs, source=None):
        """Appends a layer; `source` names its tensors in the export."""
        self.layers.append(
            {"name": name, "class_name": class_name, "config": config, "inputs": inputs}
        )
        if source is not None:
            prefix = source + "."
            skipped = prefix + "bn."
            for tensor, value in self.source.items():
                if tensor.startswith(prefix) and not tensor.startswith(skipped):
                    self.tensors[f"{name}/{tensor[len(prefix):]}"] = value
        self.current = name

    def batch_normalization(self, name):
        config = {"axis": -1, "epsilon": self.export["bn_epsilon"]}
        self.add(name + "_bn", "BatchNormalization", config, [self.current], source=name + ".bn")

    def dense(self, name, layer_name):
        units = self.source[name + ".kernel"][1][1]
        config = {"units": units, "activation": "linear", "use_bias": True}
        self.add(layer_name, "Dense", config, [self.current], source=name)

    def dense_bn_act(self, operation):
        name = operation["name"]
        self.dense(name, name)
        self.batch_normalization(name)
        self.add(name + "_act", "LeakyReLU", {"negative_slope": 0.1}, [self.current])

    def kpconvx_block(self, operation):
        """The export stores one block per operation; the served layer stacks blocks in front."""
        name = operation["name"].split(".")[0]
        level = operation["level"]
        radius = 2.0 * 2.3**level
        activation = {"class_name": "LeakyReLU", "config": {"negative_slope": 0.1}}
        config = {
            "blocks": 1,
            "sigma": operation["sigma"],
            "shell_radii": [0.0, 0.5 * radius, radius],
            "shell_points": SHELL_POINTS,
            "DH": operation["DH"],
            "groups": operation["group_size"],
            "deformable": False,
            "drop_path": 0,
            "activation": activation,
        }
        self.add(
            name, "KPConvXLayer", config, [f"X{level}", self.current, f"N{level}"],
            source=operation["name"],
        )
        for tensor in list(self.tensors):
            if tensor.startswith(name + "/") and tensor != name + "/Q":
                dtype, shape, values = self.tensors[tensor]
                self.tensors[tensor] = (dtype, [1, *shape], values)

    def save_skip(self, operation):
        self.skips[operation["level"]] = self.current

    def neighbor_max(self, operation):
        level = operation["to_level"] - 1
        self.add(f"pool{level}", "NeighborMaxPooling", {}, [self.current, f"D{level}"])

    def hourglass_bn(self, operation):
        name = operation["name"]
        hidden, output = self.source[name + ".W2"][1]
        config = {
            "Dh": hidden,
            "Dout": output,
            "activation": operation["activation"],
            "activation2": operation["activation2"],
            "regularize": True,
            "beta": 0.1,
            "spectral_strategy": "approx",
        }
        self.add(name, "HourglassLayer", config, [self.current], source=name)
        self.batch_normalization(name)

    def nearest_upsample_concat(self, operation):
        level = operation["to_level"]
        self.add(f"upsample{level}", "Gather", {}, [self.current, f"U{level}"])
        inputs = [self.skips[level], self.current]
        self.add(f"concatenate{level}", "Concatenate", {"axis": -1}, inputs)

    def dense_logits(self, operation):
        self.dense(operation["name"], "logits")

    def softmax(self, operation):
        self.add("probabilities", "Softmax", {"axis": -1}, [self.current])

    def convert(self):
        steps = {
            "dense_bn_act": self.dense_bn_act,
            "kpconvx_block": self.kpconvx_block,
            "save_skip": self.save_skip,
            "neighbor_max": self.neighbor_max,
            "hourglass_bn": self.hourglass_bn,
            "nearest_upsample_concat": self.nearest_upsample_concat,
            "dense": self.dense_logits,
            "softmax": self.softmax,
        }
        for operation in self.export["graph"]:
            steps[operation["op"]](operation)
        if len(self.tensors) != len(self.source):
            raise SystemExit(f"{len(self.source) - len(self.tensors)} tensors were left over")


def inputs(feature_count, neighbor_count):
    """The graph's inputs: one cloud per request, all levels."""
    result = []
    for level in range(LEVEL_COUNT):
        result.append({"name": f"X{level}", "datatype": "FP32", "shape": [-1, 3]})
    for level in range(LEVEL_COUNT):
        result.append({"name": f"N{level}", "datatype": "INT32", "shape": [-1, neighbor_count]})
    for level in range(LEVEL_COUNT - 1):
        result.append({"name": f"D{level}", "datatype": "INT32", "shape": [-1, neighbor_count]})
    for level in range(LEVEL_COUNT - 1):
        result.append({"name": f"U{level}", "datatype": "INT32", "shape": [-1, 1]})
    result.append({"name": "F", "datatype": "FP32", "shape": [-1, feature_count]})
    return result


def segmentation(export):
    """How a raw cloud becomes the graph's inputs."""
    ratio = export["input"]["levels"]["ratio"]
    height = {"name": "height_above_ground", "minimum": -2.0, "maximum": 40.0}
    return {
        "classes": [
            {
                "id": entry["index"],
                "name": CLASS_NAMES.get(entry["name"], entry["name"]),
                "las_code": entry["asprs"],
                "color": color,
            }
            for entry, color in zip(export["classes"], COLORS, strict=True)
        ],
        "features": [
            "one",
            {**height, "divisor": 10.0},
            {**height, "transform": "square_root", "divisor": 3.0},
            "multiple_returns",
            "return_ratio",
            "has_returns",
            "voxel_logarithm",
        ],
        "voxel": {
            "kind": "adaptive",
            "spacing_factor": 1.15,
            "minimum_meters": 0.6,
            "maximum_meters": 2.2,
        },
        "levels": [
            {"voxel_units": ratio**level, "neighbors": export["input"]["k"]}
            for level in range(LEVEL_COUNT)
        ],
        "window": {
            "kind": "nearest",
            "max_points": 4096,
            "potential": {
                "threshold": 0.25,
                "radius_factor": 1.02,
                "minimum_weight": 0.02,
                "exponent": 2.0,
            },
        },
        "origin": "center_and_floor",
        "reduce": "mean",
        "excluded_las_codes": [7, 18],
        "height_above_ground": {
            "cell_meters": 1.0,
            "coarse_cell_meters": 2.0,
            "coarse_from_voxel_meters": 1.2,
            "outlier_window_cells": 9,
            "outlier_drop_meters": 6.0,
            "window_cells": export["input"]["hag"]["windows_cells"],
            "maximum_window_meters": 37.0,
            "first_drop_meters": 0.4,
            "slope": 0.2,
            "fill_meters": [2.0, 4.0, 8.0, 16.0],
            "minimum_fill_weight": 0.03,
            "fill_truncation": 3.0,
            "smoothing_meters": 0.5,
        },
    }


def main():
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    export = json.loads(pathlib.Path(sys.argv[1]).read_text())
    converter = Converter(export, read_safetensors(pathlib.Path(sys.argv[2])))
    converter.convert()
    directory = pathlib.Path(sys.argv[3])
    directory.mkdir(parents=True, exist_ok=True)
    weights = directory / "weights.safetensors"
    write_safetensors(weights, converter.tensors)
    manifest = {
        "format": "pointserve-model-1",
        "name": "demo",
        "description": "Segments airborne LiDAR into ground, low and high vegetation, buildings, "
        "wires, poles and vehicles: KPConvX blocks on three levels with hourglass layers between.",
        "licence": "MIT",
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "inputs": inputs(len(export["input"]["features"]), export["input"]["k"]),
        "layers": converter.layers,
        "outputs": [
            {"name": "probabilities", "from": "probabilities"},
            {"name": "logits", "from": "logits"},
        ],
        "batching": {
            "max_batch_size": 32,
            "max_batch_points": 32768,
            "preferred_batch_size": [],
            "max_queue_delay_microseconds": 500,
        },
        "warmup": [{"points": 1024}],
        "segmentation": segmentation(export),
    }
    (directory / "model.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
