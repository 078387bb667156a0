#!/usr/bin/env python3
"""Makes the cluster model: groups of alike surfaces, found without labels (SpectralNet).

Voxels of 0.6 m are described by nine features of their shape and height. A small perceptron learns
to place voxels whose features are alike near each other, while an Orthonorm layer keeps its outputs
orthonormal so that they cannot all fall together (SpectralNet, arXiv:1801.01587); k-means then finds
the groups. Labels are used for one thing only: to name each group by what it mostly holds in the
training scenes.

The scenes are those of make_samples.py with other houses, trees, hedges and vehicles. One seed makes
one model. Needs NumPy, SciPy and PyTorch (training only).
Usage: train.py [--output DIRECTORY] [--fixtures DIRECTORY]
"""

import argparse
import hashlib
import json
import pathlib
import struct
import sys

import numpy as np
import torch
from scipy.spatial import cKDTree

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "samples"))
import make_samples as samples  # noqa: E402

VOXEL = 0.6  # meters
NEIGHBORS = 20
HIDDEN, WIDTH, GROUPS = 64, 5, 8
SCENES, STEPS, BATCH, ALIKE = 10, 1500, 1024, 16
KINDS = {2: "ground", 3: "vegetation", 5: "vegetation", 6: "buildings"}
COLORS = [
    "#a0764a", "#2f7d32", "#c0392b", "#f1c40f", "#8e44ad", "#2e86c1", "#a9d46a", "#7f8c8d",
]
FEATURES = [
    {"name": "height_above_ground", "minimum": 0, "maximum": 30, "transform": "logarithm"},
    "planarity",
    "scattering",
    "normal_elevation",
    "multiple_returns",
    {"name": "height_deviation", "maximum": 4},
    {"name": "planarity", "average": "neighborhood"},
    {"name": "scattering", "average": "neighborhood"},
    {"name": "multiple_returns", "average": "neighborhood"},
]


def random_scene(seed):
    """Positions, heights above ground, shares of returns and classes of a scene's points."""
    random = np.random.default_rng(seed)
    side = samples.SIDE

    samples.SEED = seed
    samples.HOUSES = [
        (*random.uniform(5, side - 5, 2), random.uniform(0, 90), random.uniform(6, 11),
         random.uniform(8, 16), random.uniform(2.5, 8.0),
         str(random.choice(["gable", "hip", "flat"])))
        for _ in range(random.integers(3, 9))
    ]
    samples.TREES = [
        (*random.uniform(2, side - 2, 2), height, 0.28 * height, random.uniform(0.15, 0.35))
        for height in random.uniform(5, 18, random.integers(6, 26))
    ]
    samples.HEDGES = [
        (*random.uniform(4, side - 4, 2), random.uniform(0, 180), random.uniform(3, 18),
         random.uniform(0.8, 2.0), random.uniform(0.6, 1.9))
        for _ in range(random.integers(3, 10))
    ]
    samples.VEHICLES = [
        (*random.uniform(3, side - 3, 2), random.uniform(0, 360), random.uniform(3.8, 7.5),
         random.uniform(1.7, 2.5), random.uniform(1.4, 3.2))
        for _ in range(random.integers(2, 7))
    ]
    return describe(samples.make_points())


def describe(points):
    position = np.stack([points[axis] * samples.SCALE for axis in "xyz"], -1)
    height = position[:, 2] - samples.terrain(position[:, 0], position[:, 1])
    multiple = ((points["returns"] >> 4) > 1).astype(float)
    return position, height, multiple, points["classification"]


def voxels(position, height, multiple):
    """Features `[voxels, 9]` as the service computes them, and the voxel of each point."""
    cell = np.floor((position - position.min(0)) / VOXEL).astype(int)
    _, voxel, count = np.unique(cell, axis=0, return_inverse=True, return_counts=True)
    voxel = voxel.reshape(-1)

    def mean(values):
        return np.bincount(voxel, values) / count

    center = np.stack([mean(position[:, axis]) for axis in range(3)], -1)
    nearest = cKDTree(center).query(center, k=NEIGHBORS)[1]
    geometry = shape_features(center, nearest)
    height, multiple = mean(height), mean(multiple)
    features = np.column_stack([
        np.log1p(height.clip(0, 30)), geometry, multiple, height[nearest].std(1).clip(None, 4)
    ])
    around = np.column_stack([geometry[:, :2], multiple])[nearest].mean(1)
    return np.column_stack([features, around]), voxel


def shape_features(center, nearest):
    """Planarity, scattering and elevation of the normal from each neighborhood's covariance."""
    offset = center[nearest]
    offset = offset - offset.mean(1, keepdims=True)
    covariance = np.einsum("nki,nkj->nij", offset, offset) / nearest.shape[1]
    eigenvalues, axes = np.linalg.eigh(covariance)
    length = np.sqrt(eigenvalues[:, ::-1].clip(0))
    longest = np.maximum(length[:, 0], 1e-9)
    return np.column_stack([
        (length[:, 1] - length[:, 2]) / longest, length[:, 2] / longest, np.abs(axes[:, 2, 0])
    ])


def orthonormalizer(batch):
    """The matrix that makes a batch orthonormal: (L⁻¹)ᵀ · sqrt(rows), L of XᵀX + 1e-7 I."""
    width = batch.shape[1]
    gram = batch.T @ batch + 1e-7 * torch.eye(width, dtype=batch.dtype)
    inverse = torch.linalg.inv(torch.linalg.cholesky(gram))
    return inverse.T * len(batch) ** 0.5


def train(features):
    """A perceptron on standardized features, trained by SpectralNet's loss, and its matrix."""
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    network = torch.nn.Sequential(
        torch.nn.Linear(features.shape[1], HIDDEN), torch.nn.ReLU(),
        torch.nn.Linear(HIDDEN, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, WIDTH),
    ).double()
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(STEPS):
        batch = features[random.choice(len(features), BATCH, replace=False)]
        squared = torch.cdist(batch, batch) ** 2
        reach = squared.topk(ALIKE, largest=False)[0][:, -1]
        near = squared <= torch.maximum(reach[:, None], reach[None])
        affinity = torch.exp(-squared / (2 * reach.median())) * near
        output = network(batch)
        output = output @ orthonormalizer(output)
        loss = (affinity * torch.cdist(output, output) ** 2).sum() / BATCH
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        sample = features[random.choice(len(features), 8192, replace=False)]
        return network, orthonormalizer(network(sample)).numpy()


def nearest_group(embedding, centroids):
    return ((embedding[:, None] - centroids) ** 2).sum(2).argmin(1)


def k_means(embedding):
    """Centroids `[GROUPS, WIDTH]`: the best of several starts."""
    random = np.random.default_rng(1)
    sample = embedding[random.choice(len(embedding), 12000, replace=False)]
    best = None
    for _ in range(8):
        centroids = sample[random.choice(len(sample), GROUPS, replace=False)]
        for _ in range(40):
            group = nearest_group(sample, centroids)
            centroids = np.array([
                sample[group == k].mean(0) if (group == k).any() else sample[random.integers(12000)]
                for k in range(GROUPS)
            ])
        error = ((sample - centroids[nearest_group(sample, centroids)]) ** 2).sum()
        if best is None or error < best[0]:
            best = (error, centroids)
    return best[1]


def forward(weights, features):
    """The model in float64 from the stored weights: the score of each group."""
    x = np.maximum(features @ weights["dense1/kernel"] + weights["dense1/bias"], 0)
    x = np.maximum(x @ weights["dense2/kernel"] + weights["dense2/bias"], 0)
    x = x @ weights["dense3/kernel"] + weights["dense3/bias"]
    x = x @ weights["orthonorm/ortho_weights_store"]
    return x, nearest_group(x, weights["groups/centroids"])


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


def manifest(digest, names):
    def layer(name, class_name, config, source):
        return {"name": name, "class_name": class_name, "config": config, "inputs": [source]}

    relu = {"units": HIDDEN, "activation": "relu"}
    return {
        "format": "pointserve-model-1",
        "name": "cluster",
        "description": "Groups the voxels of an airborne scan by shape and height, found without "
        "labels: a perceptron, SpectralNet's orthonormalization, and the nearest of eight centroids.",
        "licence": "MIT",
        "weights_sha256": digest,
        "inputs": [{"name": "F", "datatype": "FP32", "shape": [-1, len(FEATURES)]}],
        "layers": [
            layer("dense1", "Dense", relu, "F"),
            layer("dense2", "Dense", relu, "dense1"),
            layer("dense3", "Dense", {"units": WIDTH}, "dense2"),
            layer("orthonorm", "Orthonorm", {}, "dense3"),
            layer("groups", "NearestCentroid", {"output": "one_hot"}, "orthonorm"),
        ],
        "outputs": [
            {"name": "groups", "from": "groups"}, {"name": "embedding", "from": "orthonorm"},
        ],
        "batching": {"max_batch_size": 32, "max_batch_points": 131072},
        "warmup": [{"points": 8192}],
        "segmentation": {
            "classes": [
                {"id": k, "name": name, "las_code": 64 + k, "color": COLORS[k]}
                for k, name in enumerate(names)
            ],
            "features": FEATURES,
            "neighborhood": {"neighbors": NEIGHBORS},
            "window": {"kind": "grid", "extent_meters": 100.0, "max_points": 32768},
            "levels": [{"voxel_meters": VOXEL, "neighbors": 1}],
            "excluded_las_codes": [7, 18],
        },
    }


def fold_scaling(network, matrix, centroids, mean, deviation):
    """The weights by name; standardization becomes part of the first layer."""
    parts = [module for module in network if isinstance(module, torch.nn.Linear)]
    kernels = [part.weight.detach().numpy().T for part in parts]
    biases = [part.bias.detach().numpy() for part in parts]
    biases[0] = biases[0] - (mean / deviation) @ kernels[0]
    kernels[0] = kernels[0] / deviation[:, None]
    weights = {"orthonorm/ortho_weights_store": matrix, "groups/centroids": centroids}
    for index, (kernel, bias) in enumerate(zip(kernels, biases), start=1):
        weights[f"dense{index}/kernel"] = kernel
        weights[f"dense{index}/bias"] = bias
    return {name: values.astype(np.float32) for name, values in weights.items()}


def group_names(group, label):
    """Each group by the kind of surface that most of its voxels are of, and by a number."""
    names = []
    for k in range(GROUPS):
        kinds = [KINDS.get(int(code), "other") for code in label[group == k]]
        kind = max(sorted(set(kinds)), key=kinds.count) if kinds else "other"
        names.append(f"group {k}, mostly {kind}")
    return names


def majority(label, voxel):
    counts = np.zeros((voxel.max() + 1, 256), int)
    np.add.at(counts, (voxel, label), 1)
    return counts.argmax(1)


def report(weights, names):
    """How well groups agree with the true surfaces of unseen scenes, for people."""
    kinds = ["ground", "vegetation", "buildings"]
    confusion = np.zeros((3, 3), int)
    for seed in range(100, 104):
        position, height, multiple, label = random_scene(seed)
        features, voxel = voxels(position, height, multiple)
        group = forward(weights, features)[1][voxel]
        for code, kind in KINDS.items():
            for k in range(GROUPS):
                found = names[k].rsplit(" ", 1)[1]
                if found in kinds:
                    hits = ((label == code) & (group == k)).sum()
                    confusion[kinds.index(kind), kinds.index(found)] += hits
    union = confusion.sum(0) + confusion.sum(1) - np.diag(confusion)
    print("unseen scenes:", dict(zip(kinds, (np.diag(confusion) / union).round(3).tolist())),
          "accuracy", round(np.diag(confusion).sum() / confusion.sum(), 3))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=HERE)
    parser.add_argument("--fixtures", type=pathlib.Path, help="also write the test's values here")
    options = parser.parse_args()
    torch.set_num_threads(1)
    parts, labels = [], []
    for seed in range(1, SCENES + 1):
        position, height, multiple, label = random_scene(seed)
        features, voxel = voxels(position, height, multiple)
        parts.append(features)
        labels.append(majority(label, voxel))
    features, label = np.vstack(parts), np.concatenate(labels)
    mean, deviation = features.mean(0), features.std(0) + 1e-6
    network, matrix = train(torch.tensor((features - mean) / deviation))
    with torch.no_grad():
        embedding = network(torch.tensor((features - mean) / deviation)).numpy() @ matrix
    weights = fold_scaling(network, matrix, k_means(embedding), mean, deviation)
    names = group_names(forward(weights, features)[1], label)
    print(names)
    report(weights, names)

    version = options.output / "1"
    version.mkdir(parents=True, exist_ok=True)
    content = safetensors(weights)
    (version / "weights.safetensors").write_bytes(content)
    text = json.dumps(manifest(hashlib.sha256(content).hexdigest(), names), indent=2)
    (version / "model.json").write_text(text + "\n")
    sample = features[np.random.default_rng(5).choice(len(features), 256, replace=False)]
    sample = sample.astype(np.float32)
    embedding, group = forward(weights, sample)
    # A voxel halfway between two centroids may go to either in float32.
    squared = np.sort(((embedding[:, None] - weights["groups/centroids"]) ** 2).sum(2), axis=1)
    clear = squared[:, 1] - squared[:, 0] > 1e-3
    case = {
        "voxels/input.F": sample[clear],
        "voxels/expected.embedding": embedding[clear],
        "voxels/expected.groups": np.eye(GROUPS)[group[clear]],
    }
    tolerance = {"rtol": "1e-4", "atol": "1e-4"}
    (version / "validation.safetensors").write_bytes(safetensors(case, tolerance))
    if options.fixtures:
        write_fixture(options.fixtures)


def write_fixture(folder):
    """Points with a height each, and the features of their voxels, for a test."""
    position, height, multiple, _ = random_scene(200)
    near = (position[:, :2] < 14).all(1)
    features, voxel = voxels(position[near], height[near], multiple[near])
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "cluster-positions.npy", position[near])
    np.save(folder / "cluster-heights.npy", height[near])
    np.save(folder / "cluster-multiple-returns.npy", multiple[near])
    np.save(folder / "cluster-features.npy", features)


if __name__ == "__main__":
    main()
