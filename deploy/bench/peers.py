"""Runs other implementations alternately with ours on the same inputs, on one thread each, and
prints times and ratios.

A turn of a peer calls it again and again for --seconds, in this process, after warm-up calls that
are not counted; a turn of ours runs `pointserve bench` on the same inputs, which also measures in
its process what is warm. Reading, converting and compiling are in neither. The time of a turn is the
median of its calls, the time of a peer the median of its turns, and the ratio the median of the
ratios of neighboring turns. Every peer's output is compared with ours first.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

from layer_peers import LAYER_PEERS
from neighbor_peers import NEIGHBOR_PEERS

LAYER_CASES = ["4096/16/64/256", "4096/16/64/384", "16384/32/64/256", "4096/16/128/512"]
PEERS = LAYER_PEERS | NEIGHBOR_PEERS
# What a result may differ from ours by: |a - b| <= ABSOLUTE + RELATIVE |b|.
ABSOLUTE, RELATIVE = 1e-4, 1e-4
# Seconds that making and compiling a peer and a turn of ours take, about.
PREPARATION, OWN_TURN = 3, 1


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, found {number}")
    return number


def case(text):
    if not re.fullmatch("[1-9][0-9]*(/[1-9][0-9]*){3}", text):
        raise argparse.ArgumentTypeError(f"expected points/neighbors/width/hidden, found {text}")
    return text


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=".build/release/pointserve")
    parser.add_argument("--only", help="peers, with commas between: " + ", ".join(PEERS))
    parser.add_argument("--case", action="append", type=case, help="points/neighbors/width/hidden of a KPConvX "
                        "block; may be given several times (default: " + ", ".join(LAYER_CASES) + ")")
    parser.add_argument("--points", type=positive, default=1_000_000, help="of the cloud, in Morton order")
    parser.add_argument("--neighbors", type=positive, default=16)
    parser.add_argument("--rounds", type=positive, default=5, help="turns of each peer and ours")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long a turn of a peer lasts")
    parser.add_argument("--short", action="store_true", help="three rounds of 0.3 seconds")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall", help="cpu where others use the machine")
    parser.add_argument("--isa", help="the kernels that ours uses")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plan", action="store_true", help="only say what would be measured, and for how long")
    options = parser.parse_args()
    if options.short:
        options.rounds, options.seconds = 3, 0.3
    options.only = options.only.split(",") if options.only else list(PEERS)
    for name in options.only:
        if name not in PEERS:
            parser.error(f"--only: expected some of {', '.join(PEERS)}, found {name}")
    options.case = options.case or LAYER_CASES
    if not options.plan and not os.access(options.binary, os.X_OK):
        parser.error(f"--binary: {options.binary} is no program; deploy/build.sh makes it")
    return options


def set_single_thread():
    """Before any library is loaded."""
    for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]:
        os.environ[name] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


class Ours:
    """Our program, and what it is asked to measure."""

    def __init__(self, options, *words):
        self.command = [options.binary, "bench", *words]
        if options.isa:
            self.command += ["--isa", options.isa]
        self.clock = options.clock

    def tensors(self):
        """Inputs, weights, and our results."""
        from safetensors.numpy import load_file

        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "case.safetensors")
            self.run("--export", path)
            return load_file(path)

    def measure(self, rounds):
        """What it says of its one case."""
        text = self.run("--rounds", str(rounds), "--clock", self.clock, "--json")
        return json.loads(text)["cases"][0]

    def run(self, *words):
        """What it prints; its own progress would be drawn over ours."""
        return subprocess.run([*self.command, *words], check=True, capture_output=True, text=True).stdout


class Progress:
    """One line on a terminal that tells which turn it is, and how long the rest may take."""

    def __init__(self, total):
        self.total, self.done = total, 0
        self.start = time.monotonic()
        self.is_shown = sys.stderr.isatty()

    def step(self, text):
        left = (time.monotonic() - self.start) / self.done * (self.total - self.done) if self.done else 0
        self.done += 1
        self.write(f"{self.done}/{self.total}  {text}{f', {duration(left)} left' if left else ''}")

    def clear(self):
        self.write("")

    def write(self, text):
        if self.is_shown:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def duration(seconds):
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def turn(run, options):
    """The median seconds of the calls of one turn, at least one."""
    clock = time.perf_counter if options.clock == "wall" else time.process_time
    seconds, end = [], time.perf_counter() + options.seconds
    while not seconds or time.perf_counter() < end:
        start = clock()
        run()
        seconds.append(clock() - start)
    return statistics.median(seconds)


class Comparison:
    """Compares peers with ours, case by case."""

    def __init__(self, options):
        self.options = options
        self.layer_peers = [name for name in options.only if name in LAYER_PEERS]
        self.neighbor_peers = [name for name in options.only if name in NEIGHBOR_PEERS]
        self.pairs = len(options.case) * len(self.layer_peers) + len(self.neighbor_peers)
        self.progress = Progress(self.pairs * options.rounds)
        self.rows = []

    def plan(self):
        """What will be measured, and for how long about."""
        rounds = self.options.rounds
        seconds = self.pairs * (PREPARATION + rounds * (self.options.seconds + OWN_TURN))
        return f"{self.pairs} comparisons of {rounds} rounds, about {duration(seconds)} on a quiet machine"

    def run(self):
        if self.layer_peers:
            for case in self.options.case:
                self.layer(case)
        if self.neighbor_peers:
            self.neighbor_search()
        self.progress.clear()

    def layer(self, case):
        ours = Ours(self.options, "layers", "--case", case)
        tensors = ours.tensors()
        for name in self.layer_peers:
            self.compare(
                case, name, make=lambda: LAYER_PEERS[name][1](tensors),
                check=lambda result: check_values(result, tensors["Y"]),
                run_ours=lambda: ours.measure(rounds=40)["milliseconds"] * 1e-3)

    def neighbor_search(self):
        options = self.options
        points, neighbors = options.points, options.neighbors
        ours = Ours(options, "knn", "--points", str(points), "--neighbors", str(neighbors), "--order", "morton")
        tensors = ours.tensors()

        def run_ours():
            measured = ours.measure(rounds=3)
            return (measured["build_ns_per_point"] + measured["query_ns_per_point"]) * 1e-9 * points

        for name in self.neighbor_peers:
            self.compare(
                f"knn {points}/{neighbors}", name, make=lambda: NEIGHBOR_PEERS[name][1](tensors["X"], neighbors),
                check=lambda result: check_ids(result, tensors["X"], tensors["N"]), run_ours=run_ours)

    def compare(self, case, name, make, check, run_ours):
        """Adds and shows one row; one peer's fault is not the others'."""
        row = dict(case=case, peer=name)
        self.progress.write(f"{case}  {name}: prepares")
        try:
            run = make()
            row["check"], row["agrees"] = check(run())
            run()
            row |= self.take_turns(row, run, run_ours)
        except Exception as error:
            if isinstance(error, subprocess.CalledProcessError):
                raise
            row["failed"] = (str(error).splitlines() or [repr(error)])[0][:200]
        self.rows.append(row)
        self.progress.done = len(self.rows) * self.options.rounds  # Also where the peer failed.
        self.progress.clear()
        if not self.options.json:
            show(row)

    def take_turns(self, row, run, run_ours):
        theirs, mine = [], []
        for number in range(self.options.rounds):
            self.progress.step(f"{row['case']}  {row['peer']}: round {number + 1} of {self.options.rounds}")
            theirs.append(turn(run, self.options))
            mine.append(run_ours())
        ratios = [a / b for a, b in zip(theirs, mine)]
        return dict(
            peer_ms=statistics.median(theirs) * 1e3, ours_ms=statistics.median(mine) * 1e3,
            ratio=statistics.median(ratios), lowest_ratio=min(ratios), highest_ratio=max(ratios))


def check_values(result, expected):
    import numpy

    difference = numpy.abs(numpy.asarray(result) - expected)
    agrees = bool((difference <= ABSOLUTE + RELATIVE * numpy.abs(expected)).all())
    return f"differs by {difference.max():.1e}", agrees


def check_ids(result, points, expected):
    """Where ids differ, the distances must be those of a tie in float32."""
    import numpy

    ids = numpy.asarray(result).reshape(expected.shape).astype(numpy.int64)
    rows, columns = numpy.nonzero(ids != expected)

    def squares(found):
        offsets = points[found[rows, columns]].astype("float64") - points[rows]
        return (offsets * offsets).sum(-1)

    agrees = numpy.allclose(squares(ids), squares(expected), rtol=1e-6, atol=0)
    if not len(rows):
        return "all ids equal", True
    return f"{len(rows)} of {ids.size} ids differ{', all by ties' if agrees else ''}", agrees


def show(row):
    head = f"{row['case']:18} {row['peer']:16}"
    if "failed" in row:
        print(f"{head} failed: {row['failed']}", flush=True)
        return
    check = row["check"] if row["agrees"] else f"WRONG: {row['check']}"
    print(f"{head} {row['peer_ms']:10.2f} {row['ours_ms']:9.2f} {row['ratio']:7.2f}   "
          f"{row['lowest_ratio']:.2f} to {row['highest_ratio']:.2f}   {check}", flush=True)


def versions(options):
    """What is compared, on what."""
    packages = {"numpy"} | {PEERS[name][0] for name in options.only}
    if {"onnxruntime", "openvino"} & packages:
        packages |= {"torch", "onnx"}
    found = {"python": platform.python_version()}
    for package in sorted(packages):
        for distribution in importlib.metadata.packages_distributions().get(package, []):
            found[distribution] = importlib.metadata.version(distribution)
    text = subprocess.run([options.binary, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout
    said = dict(line.split(None, 1) for line in text.splitlines())
    return found, f"{said['pointserve']} of commit {said['commit']}, kernels {options.isa or said['kernels']}"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{models[0] if models else platform.machine()}, {os.cpu_count()} processors"


def main():
    set_single_thread()
    options = arguments()
    comparison = Comparison(options)
    if options.plan:
        print(comparison.plan())
        return 0
    peers, ours = versions(options)
    machine = processor()
    if not options.json:
        print(f"on     {machine}")
        print(f"ours   {ours}")
        print(f"peers  {', '.join(f'{name} {version}' for name, version in peers.items())}")
        print(f"one thread each, {options.clock} time, {comparison.plan()}\n")
        print(f"{'case':18} {'peer':16} {'peer ms':>10} {'ours ms':>9} {'ratio':>7}   lowest to highest, check",
              flush=True)
    comparison.run()
    if options.json:
        print(json.dumps(dict(machine=machine, ours=ours, peers=peers, clock=options.clock, threads=1,
                              rounds=options.rounds, rows=comparison.rows), indent=2))
    return 0 if all(row.get("agrees") for row in comparison.rows) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError as failure:
        sys.exit(f"{' '.join(failure.cmd)} ended with {failure.returncode}: {failure.stderr or ''}".rstrip(": \n"))
