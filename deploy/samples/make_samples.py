#!/usr/bin/env python3
"""Makes tile.las and tile.xyz: a small airborne-lidar scene with the true class of every point.

Needs NumPy alone. The scene is a village street on a gentle slope: houses, trees, hedges, parked
vehicles and an overhead line. A simulated scanner sends pulses along two crossing flight strips;
solid surfaces end a pulse, foliage returns part of it. The classification field holds the truth
as ASPRS codes: 2 ground, 3 low vegetation, 5 high vegetation, 6 building, 14 wire, 15 pole,
64 vehicle. One seed makes one scene, byte for byte.

Usage: make_samples.py [--output DIRECTORY] [--check]
"""

import argparse
import hashlib
import pathlib
import struct
import sys

import numpy as np

SEED = 20
SIDE = 48.0  # meters, of the square tile
CELL = 0.25  # meters, of the surface raster
PULSE_DENSITY = 3.1  # pulses per square meter and strip
ORIGIN = np.array([500_000.0, 5_400_000.0, 310.0])  # UTM zone 32N, meters
SCALE = 0.001  # meters per stored unit
GROUND, LOW_VEGETATION, HIGH_VEGETATION, BUILDING, WIRE, POLE, VEHICLE = 2, 3, 5, 6, 14, 15, 64

WKT = (
    'PROJCS["WGS 84 / UTM zone 32N",GEOGCS["WGS 84",DATUM["WGS_1984",'
    'SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",9],'
    'PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],'
    'PARAMETER["false_northing",0],UNIT["metre",1],AUTHORITY["EPSG","32632"]]'
)

# Center x, center y, heading in degrees, width, length, eave height (meters), roof kind.
HOUSES = [
    (9.5, 9.0, 4.0, 8.0, 11.5, 4.6, "gable"),
    (26.0, 8.0, 2.0, 9.0, 12.0, 5.2, "hip"),
    (41.0, 9.5, -3.0, 7.5, 9.0, 3.1, "gable"),
    (10.0, 38.5, 3.0, 10.0, 14.0, 6.4, "gable"),
    (31.0, 40.0, -2.0, 11.0, 16.0, 7.0, "flat"),
    (19.5, 16.0, 2.0, 3.0, 5.5, 2.5, "flat"),
]
# Center x, center y, height, crown radius, share of a pulse that the crown returns per step.
TREES = [
    (18.0, 8.5, 9.0, 2.6, 0.22),
    (33.8, 14.6, 7.5, 2.2, 0.28),
    (45.0, 17.0, 12.0, 3.2, 0.20),
    (3.5, 17.5, 6.5, 2.0, 0.30),
    (20.5, 42.0, 14.0, 3.4, 0.18),
    (20.0, 34.5, 8.0, 2.3, 0.25),
    (44.5, 33.5, 10.5, 3.0, 0.22),
    (44.0, 44.0, 15.0, 3.6, 0.18),
    (2.5, 45.5, 11.0, 2.8, 0.22),
]
# Center x, center y, heading in degrees, length, width, height.
HEDGES = [
    (16.0, 18.8, 2.0, 18.0, 1.1, 1.5),
    (38.0, 18.6, -1.0, 16.0, 1.0, 1.3),
    (9.0, 29.6, 1.0, 13.0, 1.2, 1.6),
    (36.5, 31.0, 0.0, 12.0, 0.9, 1.2),
    (27.5, 33.2, 90.0, 5.0, 1.4, 0.9),
]
VEHICLES = [
    (7.0, 22.2, 1.0, 4.5, 1.8, 1.5),
    (14.5, 22.3, 2.0, 4.2, 1.8, 1.4),
    (29.0, 26.2, 181.0, 4.7, 1.9, 1.6),
    (37.5, 26.1, 180.0, 7.2, 2.4, 3.1),
]
# The overhead line: poles as (x, y), wire height at a pole, sag at mid-span, lateral offsets.
LINE_POLES = [(-9.0, 27.6), (22.5, 28.0), (54.0, 28.4)]
LINE_HEIGHT, LINE_SAG, LINE_OFFSETS = 10.4, 0.9, (-1.1, 0.0, 1.1)
LINE_DENSITY = 1.2  # returns per meter of wire


def terrain(x, y):
    """Height of the bare ground, meters, at positions of any shape."""
    slope = 0.035 * x + 0.012 * y
    swell = 0.35 * np.sin(x / 9.0 + 0.6) * np.cos(y / 11.0)
    bank = 0.9 / (1.0 + np.exp(-(y - 19.5) / 0.8)) - 0.5 / (1.0 + np.exp(-(y - 28.8) / 0.6))
    return slope + swell - bank


def local_axes(x, y, center_x, center_y, heading):
    """Positions along and across an object with this center and heading (degrees)."""
    angle = np.deg2rad(heading)
    along = (x - center_x) * np.cos(angle) + (y - center_y) * np.sin(angle)
    across = -(x - center_x) * np.sin(angle) + (y - center_y) * np.cos(angle)
    return along, across


class Scene:
    """Rasters `[row (y), column (x)]`: the solid surface with its classes, and foliage above it."""

    def __init__(self, random):
        count = round(SIDE / CELL)
        y, x = (np.mgrid[0:count, 0:count] + 0.5) * CELL
        self.solid = terrain(x, y)
        self.label = np.full(x.shape, GROUND, np.uint8)
        self.top = np.full(x.shape, -np.inf)
        self.bottom = np.full(x.shape, np.inf)
        self.density = np.zeros(x.shape)
        self.foliage = np.zeros(x.shape, np.uint8)
        self._add_houses(x, y)
        self._add_vehicles(x, y)
        self._add_trees(x, y, random)
        self._add_hedges(x, y, random)

    def _raise(self, where, height, label):
        where = where & (height > self.solid)
        self.solid[where] = height[where]
        self.label[where] = label

    def _add_houses(self, x, y):
        for center_x, center_y, heading, width, length, eave, roof in HOUSES:
            along, across = local_axes(x, y, center_x, center_y, heading)
            inside = (np.abs(along) < length / 2) & (np.abs(across) < width / 2)
            to_side, to_end = width / 2 - np.abs(across), length / 2 - np.abs(along)
            height = terrain(center_x, center_y) + eave + 0.0 * x
            if roof == "gable":
                height = height + 0.7 * to_side
            elif roof == "hip":
                height = height + 0.6 * np.minimum(to_side, to_end)
            elif length > 10.0:  # a parapet and a rooftop unit
                height = height + 0.5 * (np.minimum(to_side, to_end) < 0.4)
                height = height + 1.3 * ((np.abs(along - 3.0) < 1.2) & (np.abs(across) < 1.0))
            if roof != "flat":  # a chimney
                height = height + 0.9 * (
                    (np.abs(along - length / 4) < 0.4) & (np.abs(across - 0.8) < 0.4)
                )
            self._raise(inside, height, BUILDING)

    def _add_vehicles(self, x, y):
        for center_x, center_y, heading, length, width, height in VEHICLES:
            along, across = local_axes(x, y, center_x, center_y, heading)
            inside = (np.abs(along) < length / 2) & (np.abs(across) < width / 2)
            cabin = (np.abs(along + 0.2) < 0.28 * length) | (height > 2.5)
            self._raise(inside, terrain(x, y) + height * np.where(cabin, 1.0, 0.62), VEHICLE)

    def _add_foliage(self, where, top, bottom, density, label):
        where = where & (top > self.solid)
        self.top[where] = np.maximum(self.top[where], top[where])
        self.bottom[where] = np.minimum(self.bottom[where], np.maximum(bottom, self.solid)[where])
        self.density[where] = density
        self.foliage[where] = label

    def _add_trees(self, x, y, random):
        for center_x, center_y, height, radius, density in TREES:
            distance = np.hypot(x - center_x, y - center_y) / radius
            base = terrain(center_x, center_y)
            crown = 0.3 * height
            top = base + crown + (height - crown) * np.sqrt(np.clip(1.0 - distance**2, 0.0, None))
            top = top + random.normal(0.0, 0.15, x.shape)
            bottom = np.full(x.shape, base + 0.8 * crown)
            self._add_foliage(distance < 1.0, top, bottom, density, HIGH_VEGETATION)

    def _add_hedges(self, x, y, random):
        for center_x, center_y, heading, length, width, height in HEDGES:
            along, across = local_axes(x, y, center_x, center_y, heading)
            inside = (np.abs(along) < length / 2) & (np.abs(across) < width / 2)
            free = (self.label == GROUND) & (self.foliage == 0)
            ground = terrain(x, y)
            top = ground + height * random.uniform(0.75, 1.05, x.shape)
            self._add_foliage(inside & free, top, ground + 0.05, 0.55, LOW_VEGETATION)


def flight_strip(random, heading, tilt):
    """Where pulses meet height 0, `[pulses, 2]`, and how far they move sideways per meter up."""
    across_spacing = np.sqrt(1.3 / PULSE_DENSITY)
    along_spacing = 1.0 / (PULSE_DENSITY * across_spacing)
    reach = 0.8 * SIDE
    v, u = np.meshgrid(
        np.arange(-reach, reach, along_spacing),
        np.arange(-reach, reach, across_spacing),
        indexing="ij",
    )
    u = u + random.normal(0.0, 0.12 * across_spacing, u.shape)
    v = v + random.normal(0.0, 0.12 * along_spacing, v.shape)
    angle = np.deg2rad(heading)
    x = SIDE / 2 + u * np.cos(angle) - v * np.sin(angle)
    y = SIDE / 2 + u * np.sin(angle) + v * np.cos(angle)
    scan_angle = tilt + 0.08 * u  # degrees from straight down
    sideways = np.tan(np.deg2rad(scan_angle))
    direction = np.stack([sideways * np.cos(angle), sideways * np.sin(angle)], axis=-1)
    return (
        np.stack([x, y], axis=-1).reshape(-1, 2),
        direction.reshape(-1, 2),
        scan_angle.reshape(-1),
    )


def scan(scene, random, foot, direction, source):
    """Follows every pulse down; the returns as columns x y z label pulse return_number source."""
    highest = max(scene.solid.max(), scene.top[np.isfinite(scene.top)].max()) + 0.3
    step = 0.3
    active = np.arange(len(foot))
    returns = np.zeros(len(foot), int)
    found = []
    for z in np.arange(highest, scene.solid.min() - 2 * step, -step):
        position = foot[active] + direction[active] * z
        column = np.floor(position / CELL).astype(int)
        inside = ((column >= 0) & (column < scene.solid.shape[0])).all(axis=1)
        active, position, column = active[inside], position[inside], column[inside]
        cell = column[:, 1], column[:, 0]
        solid = z <= scene.solid[cell]
        leaf = ~solid & (z < scene.top[cell] + 0.15) & (z > scene.bottom[cell] - 0.15)
        leaf &= random.random(len(active)) < scene.density[cell]
        hit = solid | leaf
        on_top = solid & (scene.solid[cell] - z < 0.5)  # otherwise a wall
        height = z + random.uniform(-0.15, 0.15, len(active))
        height = np.where(on_top, scene.solid[cell], height)
        height = np.where(leaf, np.minimum(height, scene.top[cell]), height)
        label = np.where(solid, scene.label[cell], scene.foliage[cell])
        returns[active[hit]] += 1
        found.append(
            np.column_stack([
                position[hit], height[hit], label[hit], active[hit], returns[active[hit]],
                np.full(hit.sum(), source),
            ])
        )
        stops = solid | (leaf & (random.random(len(active)) < 0.45)) | (returns[active] >= 4)
        active = active[~stops]
    return np.vstack(found), returns


def overhead_line(random):
    """Returns from wires and poles: columns x y z label returns (of the pulse)."""
    points = []
    poles = np.array(LINE_POLES)
    tops = terrain(poles[:, 0], poles[:, 1]) + LINE_HEIGHT
    for first in range(len(poles) - 1):
        start, end = poles[first], poles[first + 1]
        span = np.hypot(*(end - start))
        normal = np.array([start[1] - end[1], end[0] - start[0]]) / span
        for offset in LINE_OFFSETS:
            share = random.uniform(0.0, 1.0, round(LINE_DENSITY * span))
            height = tops[first] * (1 - share) + tops[first + 1] * share
            height = height - 4.0 * LINE_SAG * share * (1 - share)
            position = start + share[:, None] * (end - start) + offset * normal
            # A wire covers little of a pulse: the rest mostly reaches what is below.
            returns = random.integers(1, 3, len(share))
            wire = np.full(len(share), WIRE)
            points.append(np.column_stack([position, height, wire, returns]))
    for pole, top in zip(poles, tops):
        height = top + 0.4 - random.uniform(0.0, LINE_HEIGHT, 40)
        position = pole + random.normal(0.0, 0.1, (40, 2))
        pole_returns = np.full((40, 2), [POLE, 1])
        points.append(np.column_stack([position, height, pole_returns]))
    return np.vstack(points)


def make_points():
    """The tile's points as a record array with the fields of LAS point format 6."""
    random = np.random.default_rng(SEED)
    scene = Scene(random)
    parts = []
    for source, (heading, tilt) in enumerate([(12.0, -7.0), (98.0, 9.0)], start=1):
        foot, direction, scan_angle = flight_strip(random, heading, tilt)
        found, returns = scan(scene, random, foot, direction, source)
        pulse = found[:, 4].astype(int)
        time = 1_000.0 * source + pulse * 4e-6
        parts.append(np.column_stack([found, returns[pulse], scan_angle[pulse], time]))
    line = overhead_line(random)
    count = len(line)
    ones = np.ones(count)
    time = 3_000.0 + np.arange(count) * 4e-6
    line, returns = line[:, :4], line[:, 4]
    parts.append(np.column_stack([line, 0 * ones, ones, 2 * ones, returns, 0 * ones, time]))
    points = np.vstack(parts)
    points[:, :3] += random.normal(0.0, 1.0, (len(points), 3)) * [0.05, 0.05, 0.025]
    points = points[((points[:, :2] > 0.0) & (points[:, :2] < SIDE)).all(axis=1)]
    points = points[np.argsort(points[:, 8], kind="stable")]
    x, y, z, label, _, number, source, returns, scan_angle, time = points.T
    low = (label == HIGH_VEGETATION) & (z - terrain(x, y) < 2.0)
    label = np.where(low, LOW_VEGETATION, label)

    record = np.zeros(len(points), POINT_FORMAT_6)
    for axis, values in zip("xyz", (x, y, z)):
        record[axis] = np.round(values / SCALE)
    brightness = {GROUND: 420, LOW_VEGETATION: 610, HIGH_VEGETATION: 540, BUILDING: 330}
    base = np.array([brightness.get(code, 200) for code in label.astype(int)])
    record["intensity"] = np.clip(base / returns + random.normal(0.0, 40.0, len(x)), 1, 2047)
    record["returns"] = number.astype(int) | (returns.astype(int) << 4)
    record["classification"] = label
    record["scan_angle"] = np.round(scan_angle / 0.006)
    record["source"] = source
    record["gps_time"] = time
    return record


POINT_FORMAT_6 = np.dtype([
    ("x", "<i4"), ("y", "<i4"), ("z", "<i4"), ("intensity", "<u2"), ("returns", "u1"),
    ("flags", "u1"), ("classification", "u1"), ("user_data", "u1"), ("scan_angle", "<i2"),
    ("source", "<u2"), ("gps_time", "<f8"),
])
HEADER_BYTES = 375


def las_bytes(points):
    """A LAS 1.4 file of point format 6 (ASPRS LAS 1.4 R15, sections 2.4 and 2.6)."""
    wkt = WKT.encode() + b"\0"
    record = struct.pack("<H16sHH32s", 0, b"LASF_Projection", 2112, len(wkt), b"WKT") + wkt
    first_point = HEADER_BYTES + len(record)
    number = points["returns"] & 15
    by_return = [int((number == k).sum()) for k in range(1, 16)]
    extent = []
    for axis, origin in zip("xyz", ORIGIN):
        values = points[axis] * SCALE + origin
        extent += [values.max(), values.min()]
    header = struct.pack("<4sHH16sBB", b"LASF", 2, 0b10001, bytes(16), 1, 4)
    header += struct.pack("<32s32sHH", b"SIMULATION", b"make_samples.py", 1, 2026)
    header += struct.pack("<HIIBH", HEADER_BYTES, first_point, 1, 6, POINT_FORMAT_6.itemsize)
    header += struct.pack("<I5I", 0, 0, 0, 0, 0, 0)  # the legacy counts are zero for format 6
    header += struct.pack("<3d3d6d", SCALE, SCALE, SCALE, *ORIGIN, *extent)
    header += struct.pack("<QQIQ15Q", 0, 0, 0, len(points), *by_return)
    assert len(header) == HEADER_BYTES
    return header + record + points.tobytes()


def text_bytes(points):
    """The north-east quarter as text: one header line, then one line per point."""
    half = round(SIDE / 2 / SCALE)
    lines = ["x y z intensity return_number number_of_returns classification"]
    for point in points[(points["x"] > half) & (points["y"] > half)]:
        x, y, z = (point[axis] * SCALE + origin for axis, origin in zip("xyz", ORIGIN))
        number, returns = point["returns"] & 15, point["returns"] >> 4
        lines.append(
            f"{x:.3f} {y:.3f} {z:.3f} {point['intensity']} {number} {returns} "
            f"{point['classification']}"
        )
    return ("\n".join(lines) + "\n").encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = pathlib.Path(__file__).resolve().parent
    parser.add_argument("--output", type=pathlib.Path, default=here)
    parser.add_argument("--check", action="store_true", help="compare with the files that exist")
    arguments = parser.parse_args()
    points = make_points()
    different = False
    for name, content in {"tile.las": las_bytes(points), "tile.xyz": text_bytes(points)}.items():
        path = arguments.output / name
        if arguments.check:
            same = path.read_bytes() == content
            different |= not same
            print(f"{name}: {'as generated' if same else 'DIFFERS from what the script makes'}")
        else:
            path.write_bytes(content)
            print(f"{name}: {len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")
    codes, counts = np.unique(points["classification"], return_counts=True)
    print(f"{len(points)} points, {len(points) / SIDE**2:.1f} per square meter, classes",
          ", ".join(f"{code}: {count}" for code, count in zip(codes, counts)))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
