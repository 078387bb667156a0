#!/usr/bin/env python3
"""Writes the LAZ fixtures, and in expected.json what their point records are.

Needs laspy, lazrs and numpy. All points are made up, from fixed seeds.
"""
import io
import json
import struct
import sys
from pathlib import Path

import laspy
import lazrs
import numpy as np

FOLDER = Path(__file__).parent
USER_ID, RECORD_ID = b"laszip encoded", 22204
VARIABLE = 2**32 - 1


def random_bits(random, dtype, count):
    return random.integers(0, 256, dtype.itemsize * count, np.uint8).view(dtype)


def surveyed(random, array, count):
    """Fields as a scanner gives them: pulses of several returns along a flight line."""
    names = array.dtype.names
    returns = np.minimum(random.geometric(0.6, count), 7)
    number, pulse = np.ones(count, int), np.zeros(count, int)
    index = 0
    for size in returns:
        if index >= count:
            break
        size = min(size, count - index)
        number[index:index + size] = np.arange(1, size + 1)
        returns[index:index + size] = size
        pulse[index:] += 1
        index += size
    array["X"] = pulse * 35 + random.normal(0, 20, count)
    array["Y"] = 4000 * np.sin(pulse / 40) + random.normal(0, 9, count)
    array["Z"] = 12000 - 900 * number + random.normal(0, 60, count)
    array["intensity"] = np.clip(random.normal(900, 300, count) / number, 0, 65535)
    if "classification" in names:
        array["bit_fields"] = number | returns << 4
        channel = (random.random(count) < 0.02).cumsum() % 3
        array["classification_flags"] = (random.random(count) < 0.05) | channel << 4 | (
            np.sin(pulse / 40) > 0).astype(int) << 6
        array["classification"] = random.choice([1, 2, 2, 2, 5, 6, 64], count)
        array["scan_angle"] = 5000 * np.sin(pulse / 40)
    else:
        array["bit_fields"] = number | returns << 3 | (np.sin(pulse / 40) > 0).astype(int) << 6
        array["raw_classification"] = random.choice([1, 2, 2, 2, 5, 6], count)
        array["scan_angle_rank"] = 25 * np.sin(pulse / 40)
    array["user_data"] = random.choice([0, 0, 0, 7], count)
    array["point_source_id"] = 3 + (pulse > pulse[-1] / 2)
    if "gps_time" in names:
        # Steady pulses, with pauses of all lengths, and steps back to the line before.
        steps = np.where(random.random(count) < 0.05, 10.0 ** random.integers(-6, 6, count), 5e-6)
        times = 3e5 + np.cumsum(np.where(np.diff(pulse, prepend=0) > 0, steps, 0))
        lines = (random.random(count) < 0.03).cumsum() % 2
        array["gps_time"] = times + 1e6 * lines
    for name in ["red", "green", "blue", "nir"]:
        if name in names:
            shade = 60 + 20 * number + random.integers(-9, 9, count)
            array[name] = shade * (256 if random.random() < 0.5 else 257)


def wild(random, array, count):
    """Bits at random, of which some repeat, so that no field is what the last one suggests."""
    for name in array.dtype.names:
        values = random_bits(random, array.dtype[name], count)
        same = random.random(count) < random.choice([0.0, 0.5, 0.95])
        for index in range(1, count):
            if same[index]:
                values[index] = values[index - 1]
        array[name] = values


def times(random, array, count):
    """Times whose differences are all the multiples and jumps that have a symbol of their own."""
    surveyed(random, array, count)
    bits = np.zeros(count, np.int64)
    bits[0] = 0x4112_4F80_0000_0000
    others, step = [bits[0]] * 4, 1000
    for index in range(1, count):
        kind = random.integers(0, 12)
        last = int(bits[index - 1])
        if kind == 0:
            value = last
        elif kind == 1:
            value = last + step * int(random.integers(2, 520))
        elif kind == 2:
            value = last - step * int(random.integers(1, 14))
        elif kind == 3:
            value = last + int(random.integers(-2**31, 2**31 - 1))
        elif kind == 4:
            value = int(random.integers(0, 2**62))
            others[int(random.integers(0, 4))] = value
        elif kind == 5:
            value = int(others[int(random.integers(0, 4))]) + int(random.integers(0, 10**6))
        elif kind == 6:
            step = int(random.integers(1, 10**5))
            value = last + step
        else:
            value = last + step + int(random.integers(-3, 4))
        bits[index] = value
    array["gps_time"] = bits.view(np.float64)
    if "classification" in array.dtype.names:
        for name in ["bit_fields", "classification_flags"]:
            array[name] = random_bits(random, array.dtype[name], count)


def still(random, array, count):
    """Fields that never change, which take no bytes in a layered chunk."""
    array["X"] = np.arange(count) * 7


def make(fill, point_format, count, chunk, extra=0, seed=0, evlr=None):
    """A file, and the records that it holds. A chunk size in a list is that of each chunk."""
    random = np.random.default_rng(seed)
    header = laspy.LasHeader(
        point_format=point_format, version="1.4" if point_format >= 6 else "1.2")
    header.scales, header.offsets = [0.001] * 3, [650000, 6860000, 0]
    if extra:
        header.add_extra_dims([laspy.ExtraBytesParams(f"extra{i}", "uint8") for i in range(extra)])
    cloud = laspy.LasData(header)
    cloud.points = laspy.ScaleAwarePointRecord.zeros(count, header=header)
    array = cloud.points.array
    if count:
        fill(random, array, count)
        for index in range(extra):
            if index % 3:
                array[f"extra{index}"] = (np.arange(count) * index // 5 if index % 2
                                          else random.integers(0, 256, count)) & 0xFF
    if evlr:
        cloud.evlrs = laspy.vlrs.vlrlist.VLRList([laspy.VLR("made up", 7, "made up", evlr)])
    buffer = io.BytesIO()
    cloud.write(buffer)
    return compress(buffer.getvalue(), chunk), array.tobytes()


def compress(las, chunk):
    data_offset, record_count = struct.unpack_from("<II", las, 96)
    point_format, length = struct.unpack_from("<BH", las, 104)
    is_new = las[25] >= 4
    count = struct.unpack_from("<Q", las, 247)[0] if is_new else struct.unpack_from("<I", las, 107)[0]
    base = {0: 20, 1: 28, 2: 26, 3: 34, 6: 30, 7: 36, 8: 38}[point_format]
    variable = isinstance(chunk, list)
    content = bytearray(lazrs.LazVlr.new_for_compression(
        point_format, length - base, variable).record_data())
    struct.pack_into("<I", content, 12, VARIABLE if variable else chunk)
    record = struct.pack("<H16sHH32s", 0, USER_ID, RECORD_ID, len(content), b"") + content
    head = bytearray(las[:data_offset]) + record
    struct.pack_into("<II", head, 96, len(head), record_count + 1)
    head[104] |= 0x80
    out = io.BytesIO()
    out.write(head)
    compressor = lazrs.LasZipCompressor(out, lazrs.LazVlr(bytes(content)))
    data_end = data_offset + count * length
    position = data_offset
    for size in chunk if variable else [count]:
        compressor.compress_many(np.frombuffer(las[position:position + size * length], np.uint8))
        position += size * length
        if variable and position < data_end:
            compressor.finish_current_chunk()
    compressor.done()
    file = bytearray(out.getvalue())
    if is_new and struct.unpack_from("<I", las, 243)[0]:
        start = struct.unpack_from("<Q", las, 235)[0]
        struct.pack_into("<Q", file, 235, len(file))
        file += las[start:]
    return bytes(file)


def checksum(content):
    """FNV-1a of 64 bits."""
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


FIXTURES = {
    **{f"surveyed_{f}": (surveyed, f, 400, 150) for f in [0, 1, 2, 3, 6, 7, 8]},
    **{f"wild_{f}": (wild, f, 120, 50) for f in [0, 3, 6, 8]},
    "times_1": (times, 1, 500, 500),
    "times_6": (times, 6, 500, 500),
    "still_8": (still, 8, 60, 50, 2),
    "extra_3": (surveyed, 3, 130, 60, 5),
    "extra_7": (surveyed, 7, 130, 60, 5),
    "extra_wild_8": (wild, 8, 60, 60, 4),
    "variable_6": (surveyed, 6, 200, [1, 80, 2, 117]),
    "evlr_6": (surveyed, 6, 40, 50000, 0, b"behind the points"),
    "one_0": (surveyed, 0, 1, 50000),
    "one_8": (surveyed, 8, 1, 50000),
    "none_6": (surveyed, 6, 0, 50000),
    "single_points_3": (surveyed, 3, 5, 1),
    "single_points_6": (surveyed, 6, 5, 1),
    "long_3": (still, 3, 9000, 9000),
    "long_6": (still, 6, 9000, 9000),
}


def main():
    if sys.argv[1:]:
        sys.exit(__doc__)
    expected = {}
    for seed, (name, arguments) in enumerate(FIXTURES.items()):
        fill, point_format, count, chunk, extra, evlr = (arguments + (0, None))[:6]
        file, records = make(fill, point_format, count, chunk, extra, seed, evlr)
        (FOLDER / f"{name}.laz").write_bytes(file)
        expected[name] = {"points": count, "bytes": len(records), "checksum": checksum(records)}
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
