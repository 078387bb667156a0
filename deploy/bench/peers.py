"""Runs other implementations alternately with ours on the same inputs; see peers.sh."""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

LAYER_PEERS = ["torch", "torch-compile", "tensorflow", "tensorflow-xla", "onnxruntime", "openvino"]
NEIGHBOR_PEERS = ["scipy", "pykdtree"]
MODULES = {"torch-compile": "torch", "tensorflow-xla": "tensorflow"}
LAYER_CASES = ["4096/16/64/256", "4096/16/64/384", "16384/32/64/256", "4096/16/128/512"]
NEGATIVE_SLOPE, GROUP = 0.3, 8


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=".build/release/pointserve")
    parser.add_argument("--only", help="peers, with commas between: " + ", ".join(LAYER_PEERS + NEIGHBOR_PEERS))
    parser.add_argument("--case", action="append", help="points/neighbors/width/hidden; several are allowed")
    parser.add_argument("--points", type=int, default=1_000_000, help="of the cloud for the neighbors")
    parser.add_argument("--neighbors", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each peer and ours")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long a peer's turn lasts")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall", help="cpu where others use the machine")
    parser.add_argument("--isa", help="the kernels that ours uses")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    known = LAYER_PEERS + NEIGHBOR_PEERS
    options.only = options.only.split(",") if options.only else known
    for name in options.only:
        if name not in known:
            parser.error(f"--only: expected some of {', '.join(known)}, found {name}")
    options.case = options.case or LAYER_CASES
    if not os.access(options.binary, os.X_OK):
        parser.error(f"--binary: {options.binary} is no program; swift build -c release --product pointserve makes it")
    return options


def set_single_thread():
    """Before any library is loaded: all of them on one thread, as ours."""
    for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]:
        os.environ[name] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def ours(options, *words):
    """Runs our program and returns what it prints."""
    isa = ["--isa", options.isa] if options.isa else []
    return subprocess.run(
        [options.binary, "bench", *words, *isa], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def load(options, *words):
    from safetensors.numpy import load_file

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "inputs.safetensors")
        ours(options, *words, "--export", path)
        return load_file(path)


def torch_block(t):
    import torch

    torch.set_num_threads(1)

    class Block(torch.nn.Module):
        def __init__(self):
            super().__init__()
            for name, value in t.items():
                if name not in "XFNY":
                    self.register_buffer("p_" + name, torch.from_numpy(value))

        def forward(self, x, f, n):
            p = {name[2:]: value for name, value in self._buffers.items()}
            act = lambda v: torch.nn.functional.leaky_relu(v, NEGATIVE_SLOPE)
            points, width = f.shape
            offsets = (x[n] - x.unsqueeze(1)).unsqueeze(2) - p["Q"]
            squares, nearest = (offsets * offsets).sum(-1).min(-1)
            influence = torch.clamp(1 - torch.sqrt(squares), min=0)
            z = torch.sigmoid(act(f @ p["Phi"] + p["phi"]) @ p["Psi"] + p["psi"])
            z = z.reshape(points, -1, width // GROUP)
            chosen = torch.gather(z, 1, nearest.unsqueeze(-1).expand(-1, -1, width // GROUP))
            weights = p["W"][nearest].reshape(points, n.shape[1], width // GROUP, GROUP)
            modulated = (chosen.unsqueeze(-1) * weights).reshape(points, n.shape[1], width)
            sums = (influence.unsqueeze(-1) * modulated * f[n]).sum(1)
            hidden = act(sums @ p["Atilde"] + p["btilde"])
            return f + act(hidden @ p["Ahat"] + p["bhat"])

    inputs = torch.from_numpy(t["X"]), torch.from_numpy(t["F"]), torch.from_numpy(t["N"].astype("int64"))
    return torch, Block().eval(), inputs


def run_torch(t, compiled):
    torch, block, inputs = torch_block(t)
    if compiled:
        block = torch.compile(block)

    def run():
        with torch.inference_mode():
            return block(*inputs).numpy()

    return run


def run_tensorflow(t, compiled):
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        pass  # Set by the case before.
    p = {name: tf.constant(value) for name, value in t.items() if name != "Y"}
    points, width = t["F"].shape
    act = lambda v: tf.nn.leaky_relu(v, NEGATIVE_SLOPE)

    def block(x, f, n):
        offsets = tf.expand_dims(tf.gather(x, n) - tf.expand_dims(x, 1), 2) - p["Q"]
        squares = tf.reduce_sum(offsets * offsets, -1)
        nearest = tf.argmin(squares, -1, output_type=tf.int32)
        influence = tf.maximum(0.0, 1 - tf.sqrt(tf.reduce_min(squares, -1)))
        z = tf.sigmoid(act(f @ p["Phi"] + p["phi"]) @ p["Psi"] + p["psi"])
        z = tf.reshape(z, (points, -1, width // GROUP))
        modulated = tf.repeat(tf.gather(z, nearest, batch_dims=1), GROUP, axis=-1) * tf.gather(p["W"], nearest)
        sums = tf.reduce_sum(tf.expand_dims(influence, -1) * modulated * tf.gather(f, n), 1)
        hidden = act(sums @ p["Atilde"] + p["btilde"])
        return f + act(hidden @ p["Ahat"] + p["bhat"])

    graph = tf.function(block, jit_compile=compiled)
    return lambda: graph(p["X"], p["F"], p["N"]).numpy()


def onnx_file(t, folder):
    torch, block, inputs = torch_block(t)
    path = os.path.join(folder, "block.onnx")
    torch.onnx.export(block, inputs, path, input_names=["X", "F", "N"], output_names=["Y"],
                      opset_version=17, dynamo=False)
    return path, dict(X=t["X"], F=t["F"], N=t["N"].astype("int64"))


def run_onnxruntime(t):
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        path, inputs = onnx_file(t, folder)
        session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, inputs)[0]


def run_openvino(t):
    import openvino

    core = openvino.Core()
    core.set_property("CPU", {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1,
                              "INFERENCE_PRECISION_HINT": "f32", "ENABLE_CPU_PINNING": False})
    with tempfile.TemporaryDirectory() as folder:
        path, inputs = onnx_file(t, folder)
        model = core.compile_model(core.read_model(path), "CPU")
    request = model.create_infer_request()
    return lambda: request.infer(inputs)[model.output(0)]


def layer_peer(name, t):
    return {
        "torch": lambda: run_torch(t, False),
        "torch-compile": lambda: run_torch(t, True),
        "tensorflow": lambda: run_tensorflow(t, False),
        "tensorflow-xla": lambda: run_tensorflow(t, True),
        "onnxruntime": lambda: run_onnxruntime(t),
        "openvino": lambda: run_openvino(t),
    }[name]()


def neighbor_peer(name, points, count):
    """Building and querying in one: the seconds are those of the whole job."""
    if name == "scipy":
        from scipy.spatial import cKDTree

        return lambda: cKDTree(points).query(points, k=count, workers=1)[1]
    from pykdtree.kdtree import KDTree

    return lambda: KDTree(points).query(points, k=count)[1]


def turn(run, options):
    """The median seconds of the calls of one turn, at least one."""
    clock = time.perf_counter if options.clock == "wall" else time.process_time
    seconds, end = [], time.perf_counter() + options.seconds
    while not seconds or time.perf_counter() < end:
        start = clock()
        run()
        seconds.append(clock() - start)
    return statistics.median(seconds)


def compare(name, case, run, run_ours, options):
    """Takes turns; the ratio is the median of those of neighboring turns."""
    theirs, mine = [], []
    for _ in range(options.rounds):
        theirs.append(turn(run, options))
        mine.append(run_ours())
    ratios = sorted(a / b for a, b in zip(theirs, mine))
    return dict(case=case, peer=name, peer_ms=statistics.median(theirs) * 1e3,
                ours_ms=statistics.median(mine) * 1e3, ratio=statistics.median(ratios),
                lowest_ratio=ratios[0], highest_ratio=ratios[-1])


def show(row, options):
    if options.json:
        return
    print(f"{row['case']:24} {row['peer']:16} {row['peer_ms']:10.2f} {row['ours_ms']:10.2f} "
          f"{row['ratio']:8.2f}x  {row['lowest_ratio']:.2f} to {row['highest_ratio']:.2f}  {row['check']}",
          flush=True)


def layers(options, results):
    import numpy

    peers = [name for name in options.only if name in LAYER_PEERS]
    for case in options.case if peers else []:
        tensors = load(options, "layers", "--case", case)

        def run_ours():
            report = json.loads(ours(options, "layers", "--case", case, "--rounds", "40",
                                     "--clock", options.clock, "--json"))
            return report["cases"][0]["milliseconds"] * 1e-3

        for name in peers:
            if importlib.util.find_spec(MODULES.get(name, name)) is None:
                print(f"{name}: not installed", file=sys.stderr)
                continue
            try:
                run = layer_peer(name, tensors)
                difference = float(numpy.abs(run() - tensors["Y"]).max())
                run()
                row = compare(name, case, run, run_ours, options)
            except Exception as error:  # One peer's fault is not the others'.
                print(f"{case} {name}: {str(error).splitlines()[0] if str(error) else repr(error)}", file=sys.stderr)
                results.append(dict(case=case, peer=name, failed=repr(error)[:200]))
                continue
            row["check"] = f"differs by {difference:.1e}"
            results.append(row)
            show(row, options)


def neighbors(options, results):
    import numpy

    peers = [name for name in options.only if name in NEIGHBOR_PEERS]
    case = f"knn {options.points}/{options.neighbors}"
    words = ["knn", "--points", str(options.points), "--neighbors", str(options.neighbors), "--order", "morton"]
    tensors = load(options, *words) if peers else None

    def run_ours():
        item = json.loads(ours(options, *words, "--rounds", "3", "--clock", options.clock, "--json"))["cases"][0]
        return (item["build_ns_per_point"] + item["query_ns_per_point"]) * 1e-9 * options.points

    for name in peers:
        if importlib.util.find_spec(name) is None:
            print(f"{name}: not installed", file=sys.stderr)
            continue
        run = neighbor_peer(name, tensors["X"], options.neighbors)
        equal = float((numpy.asarray(run()).reshape(tensors["N"].shape) == tensors["N"]).mean())
        row = compare(name, case, run, run_ours, options)
        row["check"] = f"{equal:.4%} of ids equal"
        results.append(row)
        show(row, options)


def main():
    set_single_thread()
    options = arguments()
    if not options.json:
        print(f"{'case':24} {'peer':16} {'peer ms':>10} {'ours ms':>10} {'ratio':>9}  lowest to highest  check")
    results = []
    layers(options, results)
    neighbors(options, results)
    if options.json:
        print(json.dumps(results, indent=2))
    return 0 if any("ratio" in row for row in results) else 1


if __name__ == "__main__":
    sys.exit(main())
