#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets: small inputs that reach what random bytes do not.

--check writes nothing and fails when the committed seeds are not what this script makes.
"""
import gzip
import json
import struct
import sys
import zlib
from pathlib import Path

FOLDER = Path(__file__).parent / "seeds"
FIXTURES = Path(__file__).parents[3] / "Tests" / "Fixtures" / "laz"


def las(minor, point_format, points=3, records=b"", header=None):
    header_length = header or (375 if minor >= 4 else 227)
    length = {0: 20, 1: 28, 3: 34, 6: 30, 7: 36, 8: 38}[point_format]
    offset = header_length + len(records)
    data = bytearray(header_length)
    data[0:4] = b"LASF"
    data[24:26] = bytes([1, minor])
    struct.pack_into("<HII", data, 94, header_length, offset, 1 if records else 0)
    struct.pack_into("<BHI", data, 104, point_format, length, points if minor < 4 else 0)
    struct.pack_into("<6d", data, 131, 0.01, 0.01, 0.01, 0, 0, 0)
    struct.pack_into("<6d", data, 179, 3, 0, 3, 0, 3, 0)
    if minor >= 4:
        struct.pack_into("<Q", data, 247, points)
    body = b""
    for index in range(points):
        record = bytearray(length)
        struct.pack_into("<iiiH", record, 0, index * 100, index * 50, index * 25, index)
        record[14] = 0x11 if point_format >= 6 else 0x09
        record[16 if point_format >= 6 else 15] = 2
        body += bytes(record)
    return bytes(data) + records + body


def record(user, number, content):
    return struct.pack("<H16sHH32s", 0, user, number, len(content), b"") + content


def ply(encoding, order):
    head = (
        f"ply\nformat {encoding} 1.0\ncomment seed\nelement vertex 2\nproperty double x\n"
        "property float y\nproperty float z\nproperty uchar classification\n"
        "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
    ).encode()
    if order is None:
        return head + b"0 1 2 3\n1 2 3.5 4\n3 0 1 1\n"
    body = b"".join(struct.pack(order + "dffB", *row) for row in [(0, 1, 2, 3), (1, 2, 3.5, 4)])
    return head + body + struct.pack(order + "B3i", 3, 0, 1, 1)


def pcd(storage, body, fields="x y z rgb normal classification", sizes="4 8 4 4 4 1",
        types="F F F U F U", counts="1 1 1 1 3 1"):
    return (
        f"# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS {fields}\nSIZE {sizes}\n"
        f"TYPE {types}\nCOUNT {counts}\nWIDTH 2\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 2\n"
        f"DATA {storage}\n"
    ).encode() + body


PCD_ROWS = [struct.pack("<fdfI3fB", *row) for row in
            [(0, 1, 2, 0x102030, 0, 0, 1, 2), (1, 2, 3.5, 0xFFFFFF, 1, 0, 0, 6)]]
PCD_PLANES = b"".join(row[start:end] for start, end in
                      [(0, 4), (4, 12), (12, 16), (16, 20), (20, 32), (32, 33)]
                      for row in PCD_ROWS)


def npy(version, descr, shape, body, fortran=False):
    head = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(head))
    return b"\x93NUMPY" + bytes([version, 0]) + length + head + body


def tensors(entries):
    header, body = {}, b""
    for name, datatype, shape, content in entries:
        header[name] = {
            "dtype": datatype,
            "shape": shape,
            "data_offsets": [len(body), len(body) + len(content)],
        }
        body += content
    header["__metadata__"] = {"format": "seed"}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def manifest(**changes):
    value = {
        "format": "pointserve-model-1",
        "name": "seed",
        "inputs": [
            {"name": "X", "datatype": "FP32", "shape": [-1, 3]},
            {"name": "N", "datatype": "INT32", "shape": [-1, 4]},
            {"name": "F", "datatype": "FP32", "shape": [-1, 2]},
        ],
        "layers": [
            {"name": "a", "class_name": "ReLU", "config": {}, "inputs": ["F"]},
            {"name": "b", "class_name": "Softmax", "config": {"axis": -1}, "inputs": ["a"]},
            {"name": "c", "class_name": "Concatenate", "config": {}, "inputs": ["a", "b"]},
            {"name": "d", "class_name": "NeighborMaxPooling", "config": {}, "inputs": ["c", "N"]},
        ],
        "outputs": [{"name": "out", "from": "d"}],
        "batching": {},
        "warmup": [],
    }
    value.update(changes)
    return json.dumps(value, indent=1).encode()


def tensor(name, shape, datatype, **rest):
    return {"name": name, "shape": shape, "datatype": datatype, **rest}


def infer(inputs, binary=b"", is_split=False, **rest):
    text = json.dumps({"inputs": inputs, **rest}).encode()
    return bytes([is_split]) + struct.pack(">H", len(text)) + text + binary


def demo_inputs(count=2):
    def floats(name, width):
        return tensor(name, [count, width], "FP32", data=[0.5] * (count * width))

    def indices(name, width):
        return tensor(name, [count, width], "INT32", data=[[1] * width] * count)

    return (
        [floats(f"X{level}", 3) for level in range(3)]
        + [indices(name, 16) for name in ["N0", "N1", "N2", "D0", "D1"]]
        + [indices(name, 1) for name in ["U0", "U1"]]
        + [floats("F", 7)]
    )


def crlf(*lines, body=b""):
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


CHUNKS = b'4;a=b;c="d\\"e"\r\nWiki\r\n6\r\npedia \r\n0\r\nX-Trailer: 1\r\n\r\n'
PLAIN = b"0 0 0\n1 1 1.5\n2 2 3e0\n"
PACKED = gzip.compress(PLAIN, mtime=0)

SEEDS = {
    "http": {
        "get": crlf("GET /v2/models/demo?a=b%20c HTTP/1.1", "Host: localhost:8080",
                    "Accept: application/json;q=0.5, */*;q=0.1", "Accept-Encoding: gzip;q=1, *;q=0"),
        "absolute": crlf("GET http://host/a/%2e%2e/b HTTP/1.1", "Host: host"),
        "options": crlf("OPTIONS * HTTP/1.1", "Host: [::1]:80", "Connection: close"),
        "old": crlf("GET / HTTP/1.0", "Connection: keep-alive"),
        "length": crlf("POST / HTTP/1.1", "Host: a", "Content-Length: 5",
                       "Expect: 100-continue", body=b"hello"),
        "chunked": crlf("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked",
                        "Content-Encoding: gzip, deflate", body=CHUNKS),
        "pipelined": crlf("GET /a HTTP/1.1", "Host: a") * 2
        + crlf("POST /b HTTP/1.1", "Host: a", "Content-Length: 1", body=b"x")
        + crlf("HEAD / HTTP/1.1", "Host: a", "X-Request-Id: 1"),
        "both": crlf("POST / HTTP/1.1", "Host: a", "Content-Length: 4",
                     "Transfer-Encoding: chunked", body=CHUNKS),
        "folded": crlf("GET / HTTP/1.1", "Host: a", "X: a", " b"),
    },
    "chunked": {
        "plain": CHUNKS,
        "empty": b"0\r\n\r\n",
        "long": b"00000000000fff\r\n" + b"x" * 10,
        "bare": b"4;a\nx\r\nWiki\r\n0\r\n\r\n",
    },
    "content": {
        "gzip": b"\x00" + PACKED,
        "deflate": b"\x01" + zlib.compress(PLAIN),
        "members": b"\x00" + PACKED * 2,
        "twice": b"\x02" + gzip.compress(PACKED, mtime=0),
        "mixed": b"\x03" + gzip.compress(zlib.compress(PLAIN), mtime=0),
        "bomb": b"\x00" + gzip.compress(bytes(2_000_000), 9, mtime=0),
    },
    "json": {
        "tree": b'{"a": [1, -2.5e-3, true, false, null, "\\u00e9\\ud83d\\ude00\\n\\""], "b": {}}',
        "numbers": b"[9223372036854775807, 9223372036854775808, 1e308, 0.1, -0, -0.0, 1E+2]",
        "deep": b"[" * 60 + b"]" * 60,
    },
    "safetensors": {
        "two": tensors([("a/kernel", "F32", [2, 2], struct.pack("<4f", 1, 2, 3, 4)),
                        ("a/index", "I64", [2], struct.pack("<2q", 1, -1))]),
        "halves": tensors([("h", "F16", [2], struct.pack("<2e", 1, 0.1)),
                           ("b", "BF16", [2], b"\x80\x3f\x00\x40"), ("e", "F64", [0], b""),
                           ("s", "F64", [], struct.pack("<d", 1))]),
        "small": tensors([("u", "U8", [3], b"abc"), ("i", "I16", [1], b"\x01\x00"),
                          ("t", "BOOL", [1], b"\x01")]),
    },
    "manifest": {
        "graph": manifest(),
        "dense": manifest(layers=[{
            "name": "dense", "class_name": "Dense", "inputs": ["F"],
            "config": {"units": 3, "activation": "relu", "use_bias": True}}],
            outputs=[{"name": "out", "from": "dense"}]),
        "segmentation": manifest(segmentation={
            "classes": [{"id": 0, "name": "ground", "las_code": 2, "color": "#a0764a"}],
            "features": ["one", {"name": "height_above_ground", "minimum": -2.0, "maximum": 40.0,
                                 "transform": "square_root", "divisor": 3.0}],
            "voxel": {"kind": "adaptive", "spacing_factor": 1.15, "minimum_meters": 0.6,
                      "maximum_meters": 2.2},
            "levels": [{"voxel_units": 1.0, "neighbors": 16}],
            "window": {"kind": "nearest", "max_points": 4096, "potential": {
                "threshold": 0.25, "radius_factor": 1.02, "minimum_weight": 0.02,
                "exponent": 2.0}},
            "origin": "center_and_floor", "reduce": "mean", "excluded_las_codes": [7, 18],
            "height_above_ground": {"cell_meters": 1.0, "outlier_window_cells": 9,
                                    "window_cells": [3, 5]}},
            warmup=[{"points": 16}], batching={"max_batch_size": 32}),
        "hourglass": manifest(layers=[{
            "name": "h", "class_name": "HourglassLayer", "inputs": ["F"],
            "config": {"Dh": 16, "Dout": 4, "activation": "relu", "activation2": "relu",
                       "regularize": True, "beta": 0.1, "spectral_strategy": "approx"}}],
            outputs=[{"name": "out", "from": "h"}]),
        "kpconvx": manifest(layers=[{
            "name": "k", "class_name": "KPConvXLayer", "inputs": ["X", "N", "F"],
            "config": {"blocks": 1, "sigma": 1.2, "shell_radii": [0.0, 1.0], "shell_points": [1, 6],
                       "DH": 4, "groups": 2, "deformable": False, "drop_path": 0,
                       "activation": {"class_name": "LeakyReLU",
                                      "config": {"negative_slope": 0.1}}}}],
            outputs=[{"name": "out", "from": "k"}]),
    },
    "infer": {
        "json": infer(demo_inputs(1), id="1", outputs=[{"name": "probabilities"}]),
        "binary": infer([tensor("F", [2, 7], "FP32", parameters={"binary_data_size": 56})],
                        struct.pack("<14f", *range(14)), True,
                        parameters={"binary_data_output": True, "timeout": 1000}),
        "nested": infer([tensor("X0", [2, 3], "FP32", data=[[1, 2, 3], [4, 5, 6.5]]),
                         tensor("N0", [1, 16], "UINT64", data=[2**63] * 16)]),
    },
    "config": {
        "settings": b"port=0\nthreads=2\nmax_body_bytes=64MiB\nidle_timeout=0.5\nlog_format=json\n"
                    b"allowed_origins=http://a, *\ntls_certificate=a\ntls_key=b\n",
        "keys": b"ops:infer,metrics:" + b"0f" * 16 + b":" + b"a0" * 32 + b"\n",
        "labels": b'{"stable": 3, "canary": 12}',
    },
    "las": {
        "v12f0": las(2, 0),
        "v12f1": las(2, 1),
        "v12f3": las(2, 3),
        "v14f6": las(4, 6),
        "v14f7": las(4, 7, records=record(b"LASF_Spec", 4, struct.pack(
            "<HBB32s4s", 0, 9, 0, b"height", b"").ljust(192, b"\x00"))),
        "v14f8": las(4, 8, records=record(b"LASF_Projection", 2112, b"LOCAL_CS[\"a\"]\x00")),
    },
    "laz": {
        name: (FIXTURES / f"{name}.laz").read_bytes()
        for name in ["single_points_3", "single_points_6", "one_8", "still_8", "evlr_6", "wild_0",
                     "extra_wild_8", "extra_3", "variable_6", "times_1"]
    },
    "ply": {
        "ascii": ply("ascii", None),
        "behind": b"ply\nformat ascii 1.0\nelement face 1\nproperty list uchar int vertex_indices\n"
                  b"element vertex 1\nproperty float x\nproperty float y\nproperty float z\n"
                  b"end_header\n3 0 1 1\n1 2 3\n",
        "little": ply("binary_little_endian", "<"),
        "big": ply("binary_big_endian", ">"),
    },
    "pcd": {
        "ascii": pcd("ascii", b"0 1 2 3 0 0 1 2\n1 2 3.5 16777215 1 0 0 6\n"),
        "binary": pcd("binary", b"".join(PCD_ROWS)),
        # Literals, then a repetition that reaches into what it writes.
        "compressed": pcd("binary_compressed", struct.pack("<II", 69, 66) + bytes([31])
                          + PCD_PLANES[:32] + bytes([31]) + PCD_PLANES[32:64] + bytes([1])
                          + PCD_PLANES[64:]),
        "repeated": pcd("binary_compressed", struct.pack("<II", 6, 24) + b"\x00\x07\xe0\x0e\x00"
                        + b"\x00", "x y z", "4 4 4", "F F F", "1 1 1"),
        "short": b"VERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nWIDTH 1\nDATA ascii\n1 2 3\n",
    },
    "numpy": {
        "float32": npy(1, "'<f4'", "(2, 3)", struct.pack("<6f", *range(6))),
        "fortran": npy(2, "'>f8'", "(2, 4)", struct.pack(">8d", *range(8)), fortran=True),
        "structured": npy(3, "[('x', '<f8'), ('y', '>f4'), ('n', '|S2'), ('z', '<i4'), "
                             "('classification', '|u1'), ('w', '<f4', (2,))]", "(1,)",
                          struct.pack("<d", 1) + struct.pack(">f", 2) + b"ab"
                          + struct.pack("<iB2f", 3, 6, 1, 1)),
    },
    "text": {
        "xyz": PLAIN,
        "csv": b"x,y,z,intensity,classification\r\n0,0,0,12,2\r\n1.5,-2e3,.5,65535,6\r\n",
        "tabs": b"# comment\n//X Y Z\n1\t2\t3\n\n4;5;6\n",
        "digits": b"179179769769313431863",
        "edges": b"179769313486231570000000000000000000e289 0 0\n4.9e-324 1e-400 1\n",
    },
    "cloud-json": {
        "digits": b'{"points": [[0, 888888888888888888888',
        "points": b'{"points": [[0, 0, 0], [1, 0, 0.1]], "attributes": {"intensity": [1, 2]}}',
        "all": b'{"attributes": {"classification": [2], "return_number": [1], '
               b'"number_of_returns": [1]}, "points": [[1e3, -1.5, 0.25]], "x": [{"y": null}]}',
    },
}


def main():
    checks = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not checks:
        sys.exit(__doc__)
    wrong = []
    for target, seeds in SEEDS.items():
        for name, content in seeds.items():
            path = FOLDER / target / name
            if checks:
                # Compressed seeds depend on the library's version; that they exist is enough.
                if not path.exists() or target != "content" and path.read_bytes() != content:
                    wrong.append(str(path))
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    if wrong:
        sys.exit(f"not as deploy/verify/fuzz/make_seeds.py makes them: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
