#!/usr/bin/env python3
"""Compares the classes of two LAS files of the same points: the truth, then an answer.

Usage: accuracy.py TRUTH.las ANSWER.las
"""

import struct
import sys
from collections import Counter

NAMES = {2: "ground", 3: "low vegetation", 5: "high vegetation", 6: "building", 14: "wire",
         15: "pole", 64: "vehicle"}


def read_classes(path):
    """The class of every point of a LAS file of point format 6 to 10."""
    with open(path, "rb") as file:
        content = file.read()
    first_point, = struct.unpack_from("<I", content, 96)
    length, = struct.unpack_from("<H", content, 105)
    count, = struct.unpack_from("<Q", content, 247)
    if content[104] & 0x3F < 6 or len(content) < first_point + length * count:
        raise SystemExit(f"{path}: not a whole LAS file of point format 6 to 10")
    return content[first_point + 16 : first_point + length * count : length]


def main():
    if len(sys.argv) != 3:
        raise SystemExit("usage: accuracy.py TRUTH.las ANSWER.las")
    truth, answer = (read_classes(path) for path in sys.argv[1:])
    if len(truth) != len(answer):
        raise SystemExit(f"{len(truth)} points against {len(answer)}")
    pairs = Counter(zip(truth, answer))
    right = sum(count for (wanted, found), count in pairs.items() if wanted == found)
    shares = []
    for code in sorted(set(truth)):
        union = sum(count for pair, count in pairs.items() if code in pair)
        shares.append(f"{NAMES.get(code, code)} {pairs[code, code] / union:.2f}")
    print(f"{right / len(truth):.1%} of {len(truth)} points right; IoU: {', '.join(shares)}")


if __name__ == "__main__":
    main()
