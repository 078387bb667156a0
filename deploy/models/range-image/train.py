#!/usr/bin/env python3
"""Makes the range-image model: ground, obstacles and the vehicle's own body, pixel by pixel.

A spinning sensor with 16 beams is mounted on a vehicle and never moves on it. Its frames are
simulated here: sloping ground, upright boxes as obstacles, lost returns, and two things that belong
to this one sensor: each beam measures some centimeters too far or too near, and beams that point
down ahead meet the vehicle's hood. Weights that differ from pixel to pixel (LocalConv2dLayer) learn
both; a shared convolution cannot. One seed makes one model.

Needs NumPy and PyTorch (training only). Usage: train.py [--output DIRECTORY]
"""

import argparse
import hashlib
import json
import pathlib
import struct

import numpy as np
import torch

BEAMS, COLUMNS = 16, 64
ELEVATION_DEGREES = (-18.0, 4.0)
MOUNT_HEIGHT = 1.8  # meters above the ground
FARTHEST = 80.0  # meters
GROUND, OBSTACLE, OWN_BODY = 0, 1, 2
HIDDEN = 4
SLOPE = 0.1  # of LeakyReLU below zero
TRAINING_FRAMES, TEST_FRAMES, STEPS, BATCH = 2400, 400, 2500, 32

ELEVATION = np.deg2rad(np.linspace(*ELEVATION_DEGREES, BEAMS))[:, None]
AZIMUTH = (-np.pi + (np.arange(COLUMNS) + 0.5) * 2 * np.pi / COLUMNS)[None, :]


class Sensor:
    """What belongs to this one sensor and its mount."""

    def __init__(self, seed=0):
        random = np.random.default_rng(seed)
        self.bias = random.normal(0.0, 0.25, (BEAMS, 1))  # meters, of each beam
        self.sees_body = (np.abs(AZIMUTH) < 0.5) & (ELEVATION < np.deg2rad(-11.0))
        self.body_range = 1.2 + 0.3 * random.random((BEAMS, COLUMNS))

    def frame(self, random):
        """Returns ranges `[beams, columns]`, meters, 0 without a return, and the class of each."""
        direction = np.stack(
            [
                np.cos(ELEVATION) * np.cos(AZIMUTH),
                np.cos(ELEVATION) * np.sin(AZIMUTH),
                np.broadcast_to(np.sin(ELEVATION), (BEAMS, COLUMNS)),
            ],
            -1,
        )
        slope = random.normal(0.0, 0.03, 2)
        descent = direction[..., 2] - direction[..., :2] @ slope
        distance = np.where(
            descent < -1e-3, MOUNT_HEIGHT / np.maximum(-descent, 1e-3), FARTHEST
        )
        label = np.full((BEAMS, COLUMNS), GROUND)
        for _ in range(random.integers(3, 14)):
            bearing, horizontal = random.uniform(-np.pi, np.pi), random.uniform(4.0, 40.0)
            width, height = random.uniform(0.3, 4.0), random.uniform(0.5, 5.0)
            turn = np.abs((AZIMUTH - bearing + np.pi) % (2 * np.pi) - np.pi)
            meets = horizontal * np.tan(ELEVATION)  # meters above the sensor
            reach = horizontal / np.cos(ELEVATION)
            inside = (
                (turn < width / horizontal / 2)
                & (meets > -MOUNT_HEIGHT - 0.2)
                & (meets < height - MOUNT_HEIGHT)
                & (reach < distance)
            )
            distance = np.where(inside, reach, distance)
            label = np.where(inside, OBSTACLE, label)
        returns = distance < FARTHEST
        distance = distance + self.bias + random.normal(0.0, 0.03, distance.shape)
        body = self.body_range + random.normal(0.0, 0.02, distance.shape)
        distance = np.where(self.sees_body, body, distance)
        label = np.where(self.sees_body, OWN_BODY, label)
        lost = random.random(distance.shape) < 0.05
        return np.where((returns | self.sees_body) & ~lost, distance, 0.0), label


def image(distance):
    """`[2, beams, columns]`: the logarithm of 1 + range, and 1 where there is a return."""
    return np.stack([np.log1p(distance), distance > 0]).astype(np.float32)


def frames(sensor, count, seed):
    random = np.random.default_rng(seed)
    pairs = [sensor.frame(random) for _ in range(count)]
    images = np.stack([image(distance) for distance, _ in pairs])
    labels = np.stack([np.where(distance > 0, label, -1) for distance, label in pairs])
    return torch.tensor(images), torch.tensor(labels)


class LocalConvolution(torch.nn.Module):
    """Filters `[out, in * k * k, pixels]` and a bias `[out, pixels]` of each pixel's own."""

    def __init__(self, inputs, outputs, size, gain):
        super().__init__()
        fan_in = inputs * size * size
        self.size = size
        self.filters = torch.nn.Parameter(
            torch.randn(outputs, fan_in, 1).repeat(1, 1, BEAMS * COLUMNS) * (gain / fan_in) ** 0.5
        )
        self.bias = torch.nn.Parameter(torch.zeros(outputs, BEAMS * COLUMNS))

    def forward(self, x):
        patches = torch.nn.functional.unfold(x, self.size, padding=self.size // 2)
        result = torch.einsum("nrp,orp->nop", patches, self.filters) + self.bias
        return result.view(len(x), -1, BEAMS, COLUMNS)


def train(images, labels):
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        LocalConvolution(2, HIDDEN, 3, 2.0),
        torch.nn.LeakyReLU(SLOPE),
        LocalConvolution(HIDDEN, 3, 1, 1.0),
    )
    optimizer = torch.optim.Adam(network.parameters(), 5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    random = np.random.default_rng(3)
    for _ in range(STEPS):
        chosen = torch.tensor(random.integers(0, len(images), BATCH))
        loss = torch.nn.functional.cross_entropy(
            network(images[chosen]), labels[chosen], ignore_index=-1
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network


def forward(weights, images):
    """The model in float64, written from the layers' definitions: probabilities `[n, 3, h, w]`."""
    x = images.astype(np.float64)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    patches = np.stack(
        [
            padded[:, channel, row : row + BEAMS, column : column + COLUMNS]
            for channel in range(x.shape[1])
            for row in range(3)
            for column in range(3)
        ],
        1,
    ).reshape(len(x), -1, BEAMS * COLUMNS)
    hidden = np.einsum("nrp,orp->nop", patches, weights["local1/filters"]) + weights["local1/bias"]
    hidden = np.where(hidden > 0, hidden, SLOPE * hidden)
    score = np.einsum("nrp,orp->nop", hidden, weights["local2/filters"]) + weights["local2/bias"]
    score = np.exp(score - score.max(1, keepdims=True))
    return (score / score.sum(1, keepdims=True)).reshape(len(x), 3, BEAMS, COLUMNS)


def safetensors(tensors, metadata=None):
    """The bytes of a safetensors file of float32 tensors."""
    header = {"__metadata__": metadata} if metadata else {}
    data = b""
    for name, values in sorted(tensors.items()):
        content = np.ascontiguousarray(values, "<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(values.shape),
            "data_offsets": [len(data), len(data) + len(content)],
        }
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def manifest(digest):
    def local(inputs, outputs, size):
        return {
            "in_channels": inputs,
            "out_channels": outputs,
            "in_height": BEAMS,
            "in_width": COLUMNS,
            "kernel_size": size,
            "padding": size // 2,
        }

    def layer(name, class_name, config, *inputs):
        return {"name": name, "class_name": class_name, "config": config, "inputs": list(inputs)}

    return {
        "format": "pointserve-model-1",
        "name": "range-image",
        "description": "Ground, obstacles and the vehicle's own body in frames of one spinning "
        "sensor with 16 beams, by convolutions whose weights differ from pixel to pixel.",
        "licence": "MIT",
        "weights_sha256": digest,
        "inputs": [{"name": "image", "datatype": "FP32", "shape": [-1, 2, BEAMS, COLUMNS]}],
        "layers": [
            layer("local1", "LocalConv2dLayer", local(2, HIDDEN, 3), "image"),
            layer("leaky", "LeakyReLU", {"negative_slope": SLOPE}, "local1"),
            layer("local2", "LocalConv2dLayer", local(HIDDEN, 3, 1), "leaky"),
            layer("softmax", "Softmax", {"axis": 1}, "local2"),
        ],
        "outputs": [{"name": "probabilities", "from": "softmax"}],
        "batching": {"max_batch_size": 32, "max_batch_points": 65536},
        "warmup": [{"points": 1}],
        "segmentation": {
            "kind": "range_image",
            "classes": [
                {"id": GROUND, "name": "ground", "las_code": 2, "color": "#a0764a"},
                {"id": OBSTACLE, "name": "obstacle", "las_code": 64, "color": "#2e86c1"},
                {"id": OWN_BODY, "name": "own_body", "las_code": 7, "color": "#808080"},
            ],
            "channels": ["log_range", "return"],
            "rows": BEAMS,
            "columns": COLUMNS,
            "elevation_degrees": list(ELEVATION_DEGREES),
            "sensor_meters": [0.0, 0.0, 0.0],
        },
    }


def npy(path, values):
    np.save(path, values)


def write(network, sensor, output, fixtures):
    parts = {"local1": network[0], "local2": network[2]}
    weights = {}
    for name, part in parts.items():
        weights[f"{name}/filters"] = part.filters.detach().numpy()
        weights[f"{name}/bias"] = part.bias.detach().numpy()
    version = output / "1"
    version.mkdir(parents=True, exist_ok=True)
    content = safetensors(weights)
    (version / "weights.safetensors").write_bytes(content)
    text = json.dumps(manifest(hashlib.sha256(content).hexdigest()), indent=2)
    (version / "model.json").write_text(text + "\n")
    random = np.random.default_rng(7)
    distance = np.stack([sensor.frame(random)[0] for _ in range(2)])
    images = np.stack([image(one) for one in distance])
    probabilities = forward(weights, images)
    cases = {}
    for index in range(2):
        cases[f"frame{index}/input.image"] = images[index : index + 1]
        cases[f"frame{index}/expected.probabilities"] = probabilities[index : index + 1]
    tolerance = {"rtol": "1e-4", "atol": "1e-5"}
    (version / "validation.safetensors").write_bytes(safetensors(cases, tolerance))
    if fixtures:
        write_fixture(fixtures, distance[0], probabilities[0])


def write_fixture(folder, distance, probabilities):
    """A frame as points in the sensor's coordinates, and the class that the model gives each."""
    row, column = np.nonzero(distance)
    reach = distance[row, column]
    elevation, azimuth = ELEVATION[row, 0], AZIMUTH[0, column]
    points = reach[:, None] * np.stack(
        [
            np.cos(elevation) * np.cos(azimuth),
            np.cos(elevation) * np.sin(azimuth),
            np.sin(elevation),
        ],
        -1,
    )
    folder.mkdir(parents=True, exist_ok=True)
    npy(folder / "range-image-points.npy", points)
    npy(folder / "range-image-classes.npy", probabilities[:, row, column].argmax(0).astype("u1"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = pathlib.Path(__file__).resolve().parent
    parser.add_argument("--output", type=pathlib.Path, default=here)
    parser.add_argument("--fixtures", type=pathlib.Path, help="also write the test's frame here")
    options = parser.parse_args()
    torch.set_num_threads(1)
    sensor = Sensor()
    network = train(*frames(sensor, TRAINING_FRAMES, 1))
    images, labels = frames(sensor, TEST_FRAMES, 2)
    with torch.no_grad():
        found = network(images).argmax(1)
    known = labels >= 0
    for value, name in enumerate(("ground", "obstacle", "own body")):
        both = (known & (found == value) & (labels == value)).sum()
        either = (known & ((found == value) | (labels == value))).sum()
        print(f"{name}: intersection over union {float(both / either):.3f}")
    print(f"accuracy {float((found == labels)[known].float().mean()):.4f}")
    write(network, sensor, options.output, options.fixtures)


if __name__ == "__main__":
    main()
