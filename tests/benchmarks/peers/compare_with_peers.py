#!/usr/bin/env python3
"""Our operators and reconstructions beside those of ASTRA and ITK-RTK: same data, same threads, same run.

    compare_with_peers.py --build build/release [--work DIR] [--threads 1] [--repetitions 3] [--only WORD ...]

Makes a virtual environment with the peers under --work (PyPI, once), the data with `isocenter phantom` and `isocenter
project`, and prints a Markdown table of ratios, ours over the peer's. Repetitions of both sides alternate, so that what
else the machine does meets both; the ratios are medians over pairs. README.md says what is counted.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = ["numpy==2.4.6", "astra-toolbox==2.5.0", "itk==5.4.7", "itk-rtk==2.7.0.post1"]

PLANE = {"size": [512, 512, 1], "spacing": 1.0}
FAN = {"beam": "fan", "detector": "flat", "elements": [800, 1], "pitch_mm": [1, 1], "source_to_axis_mm": 1000,
       "source_to_detector_mm": 1500}
CONE = {"beam": "cone", "detector": "flat", "source_to_axis_mm": 600, "source_to_detector_mm": 1200}
HEAD_2D = ["shepp-logan", "--radius", "240", "--factor", "0.02"]
HEAD_3D = ["shepp-logan-3d-original", "--scale", "116", "--factor", "0.02"]


def turn(views, arc=360):
    return {"angles_deg": {"first": 0, "step": arc / views, "count": views}}


# grid, scan, object, radius in which errors count (mm), noise, then rows of (operation, peer, how)
CASES = {
    "parallel": (PLANE, {"beam": "parallel", "elements": [729, 1], "pitch_mm": [1, 1], **turn(720, 180)}, HEAD_2D, 245, [],
                 [("forward", "astra", {"projector": "linear"}), ("adjoint", "astra", {"projector": "linear"}),
                  ("fbp", "astra", {"projector": "linear"})]),
    "parallel, 60 noisy views": (PLANE, {"beam": "parallel", "elements": [729, 1], "pitch_mm": [1, 1], **turn(60, 180)},
                                 HEAD_2D, 245, ["--photons", "1e5", "--seed", "1"],
                                 [("sart", "astra", {"projector": "linear", "iterations": 10, "relaxation": 0.5}),
                                  ("cgls", "astra", {"projector": "linear", "iterations": 15})]),
    "fan": (PLANE, {**FAN, **turn(360)}, HEAD_2D, 245, [],
            [("forward", "astra", {"projector": "line_fanflat"}), ("forward", "rtk", {}),
             ("adjoint", "astra", {"projector": "line_fanflat"}), ("fdk", "rtk", {}), ("fbp", "rtk", {})]),
    "fan, 60 noisy views": (PLANE, {**FAN, **turn(60)}, HEAD_2D, 245, ["--photons", "1e5", "--seed", "1"],
                            [("sart", "astra", {"projector": "line_fanflat", "iterations": 10, "relaxation": 0.5}),
                             ("cgls", "astra", {"projector": "line_fanflat", "iterations": 15})]),
    "cone": ({"size": [128, 128, 128], "spacing": 2.0}, {**CONE, "elements": [128, 128], "pitch_mm": [4, 4], **turn(180)},
             HEAD_3D, 116, [],
             [("forward", "rtk", {}), ("adjoint", "rtk", {}), ("fdk", "rtk", {}), ("fbp", "rtk", {})]),
    "cone, 40 noisy views": ({"size": [64, 64, 64], "spacing": 4.0},
                             {**CONE, "elements": [64, 64], "pitch_mm": [8, 8], **turn(40)}, HEAD_3D, 116,
                             ["--photons", "1e5", "--seed", "1"],
                             [("sart", "rtk", {"iterations": 5, "relaxation": 0.5}), ("cgls", "rtk", {"iterations": 15})]),
}
OPERATORS = {"forward", "adjoint", "fdk"}


class Ours:
    """Our two programs: the operators alone, and the command."""

    def __init__(self, build, threads):
        self.command, self.operators = build / "bin/isocenter", build / "bin/peer_operators"
        self.threads = threads
        self.environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}

    def call(self, *words):
        """Processor seconds of a command that must succeed; its output."""
        child = subprocess.Popen([str(w) for w in words], env=self.environment, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        out, err = child.stdout.read(), child.stderr.read()
        _, status, use = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}: exit code {child.returncode}\n{err}")
        return use.ru_utime + use.ru_stime, out

    def make(self, *words):
        self.call(self.command, *words, "--overwrite")

    def operator(self, name, case):
        result = case.folder / f"ours-{name}.npy"
        _, out = self.call(self.operators, name, case.scan, case.truth, result, 1, self.threads)
        times = json.loads(out)
        return {"wall": times["wall"][0], "processor": times["processor"][0], "mib": None, "result": result}

    def method(self, name, case, how):
        output = case.folder / f"ours-{name}.mha"
        size, spacing = case.grid["size"], case.grid["spacing"]
        width = ",".join(str(n * spacing) for n in size)
        words = [self.command, "run", f"sparse_view_ct/{name}", "-i", case.scan, "-o", output, "--size", size[0], "--spacing-mm",
                 spacing, "--no-mask", "--threads", self.threads, "--progress", "none", "--overwrite"]
        words += ["--roi-size-mm", width] if size[2] > 1 else []
        words += ["--iterations", how["iterations"]] if "iterations" in how else []
        words += ["--relaxation", how["relaxation"]] if "relaxation" in how else []
        words += ["--no-stop-at-noise"] if name == "cgls" else []
        idle, _ = self.call(*words, "--dry-run")
        processor, _ = self.call(*words)
        record = json.loads(Path(str(output) + ".record.json").read_text())
        result = output.with_suffix(".npy")
        self.make("convert", output, result)
        return {"wall": record["timings"]["run"], "processor": processor - idle,
                "mib": record["peak_memory_bytes"] / 2**20, "result": result}


class Case:
    """A scan of a known object, as our command makes it, and as .npy for the peers."""

    def __init__(self, name, ours, work):
        self.name = name
        self.grid, self.geometry, thing, self.radius, noise, self.rows = CASES[name]
        self.folder = work / name.replace(", ", "-").replace(" ", "-")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.scan, self.truth = self.folder / "scan.h5", self.folder / "truth.mha"
        description = self.folder / "scan.json"
        description.write_text(json.dumps(self.geometry))
        size = ",".join(map(str, self.grid["size"]))
        ours.make("project", thing[0], "-g", description, "-o", self.scan, *thing[1:], "--rays", 2, *noise)
        ours.make("phantom", thing[0], "-o", self.truth, *thing[1:], "--size", size, "--spacing", self.grid["spacing"],
                  "--supersampling", 3)
        ours.make("convert", self.scan, self.folder / "scan.npy")
        ours.make("convert", self.truth, self.folder / "truth.npy")

    def job(self, operation, peer, how, threads):
        job = {"peer": peer, "operation": operation, "geometry": self.geometry, "grid": self.grid, "threads": threads,
               "result": str(self.folder / f"{peer}-{operation}.npy"), **how}
        if operation == "forward":
            job["image"] = str(self.folder / "truth.npy")
        else:
            job["readings"] = str(self.folder / "scan.npy")
        return job

    def array(self, name):
        import numpy as np
        shape = self.grid["size"][::-1]
        array = np.load(self.folder / name).astype(np.float64)
        return array.reshape(shape) if array.size == shape[0] * shape[1] * shape[2] else array

    def inside(self):
        import numpy as np
        axes = [(np.arange(n) - (n - 1) / 2) * self.grid["spacing"] for n in self.grid["size"][::-1]]
        return sum(a * a for a in np.meshgrid(*axes, indexing="ij")) <= self.radius**2

    def error(self, operation, who, result, other):
        """(number that is smaller the better, or None; its text)"""
        import numpy as np
        x = np.load(result).astype(np.float64)
        if operation == "forward":
            exact = self.array("scan.npy")
            worst = np.linalg.norm(x.ravel() - exact.ravel()) / np.linalg.norm(exact)
            return worst, f"{100 * worst:.2f} %"
        if operation == "adjoint":
            forward, y, truth = self.array(f"{who}-forward.npy"), self.array("scan.npy"), self.array("truth.npy")
            gap = abs(np.vdot(forward, y) - np.vdot(truth, x)) / np.linalg.norm(forward) / np.linalg.norm(y)
            return gap, f"gap {gap:.0e}"
        if operation == "fdk":
            theirs = np.load(other).astype(np.float64).ravel()
            scale = np.vdot(theirs, x) / np.vdot(theirs, theirs)
            return None, f"differs by {100 * np.linalg.norm(x.ravel() - scale * theirs) / np.linalg.norm(x):.2f} %"
        truth, inside = self.array("truth.npy"), self.inside()
        rms = np.sqrt(np.mean((x.reshape(truth.shape) - truth)[inside] ** 2))
        share, decibels = rms / np.sqrt(np.mean(truth[inside] ** 2)), 20 * np.log10(truth.max() / rms)
        return share, f"{100 * share:.2f} % ({decibels:.2f} dB)"


class Peer:
    """A peer's process, kept from job to job because it takes long to start."""

    def __init__(self, name):
        self.name = name
        self.process = subprocess.Popen([sys.executable, "-B", HERE / "peers.py", name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        print(f"{name} {json.loads(self.process.stdout.readline())['version']}", file=sys.stderr)

    def run(self, job):
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        while line and not line.startswith("{"):  # what a library says
            line = self.process.stdout.readline()
        answer = json.loads(line or '{"error": "its process ended"}')
        if "error" in answer:
            sys.exit(f"{self.name} failed on {job['operation']}: {answer['error']}")
        return {**answer, "result": job["result"]}

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def compare(case, row, ours, peers, repetitions):
    """One line of the table."""
    operation, peer, how = row
    if peer not in peers:
        peers[peer] = Peer(peer)
    us, them = [], []
    for _ in range(repetitions):
        us.append(ours.operator(operation, case) if operation in OPERATORS else ours.method(operation, case, how))
        them.append(peers[peer].run(case.job(operation, peer, how, ours.threads)))

    def ratio(key):
        if us[0][key] is None:
            return ""
        return f"{statistics.median(a[key] / b[key] for a, b in zip(us, them)):.2f}"

    mine, my_text = case.error(operation, "ours", us[-1]["result"], them[-1]["result"])
    theirs, their_text = case.error(operation, peer, them[-1]["result"], us[-1]["result"])
    more = "" if mine is None else "alike" if abs(mine - theirs) <= 0.01 * max(mine, theirs) else \
        "ours" if mine < theirs else "peer"
    if operation == "adjoint":  # below the rounding of single precision a smaller gap means nothing
        more = "alike" if max(mine, theirs) < 1e-5 else more
    return (f"| {case.name} | {operation} | {peer} | {ratio('processor')} | {ratio('wall')} | {ratio('mib')} | {my_text} | "
            f"{'' if mine is None else their_text} | {more} |")


def in_environment(work):
    """Goes on in the virtual environment of the peers, made if it is not there."""
    place = work / "environment"
    python = place / "bin/python"
    if Path(sys.prefix).resolve() == place.resolve():
        return
    if not (place / "complete").exists():
        print(f"making {place}", file=sys.stderr)
        venv.create(place, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        (place / "complete").touch()
    os.execv(python, [str(python), *sys.argv])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", type=Path, required=True, help="with isocenter, its plugins and peer_operators")
    p.add_argument("--work", type=Path, default=Path("build/peers"), help="environment and data, default build/peers")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--repetitions", type=int, default=3)
    p.add_argument("--only", nargs="*", default=[], help="cases, operations or peers that hold one of these words")
    arguments = p.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    in_environment(arguments.work)
    begin = time.monotonic()
    ours, peers = Ours(arguments.build, arguments.threads), {}
    print("| scan | what | peer | processor | wall | memory | our error | peer's error | more exact |\n" + "|---" * 9 + "|")
    for name in CASES:
        rows = [row for row in CASES[name][5]
                if not arguments.only or any(word in f"{name} {row[0]} {row[1]}" for word in arguments.only)]
        case = Case(name, ours, arguments.work) if rows else None
        for row in rows:
            print(compare(case, row, ours, peers, arguments.repetitions), flush=True)
    for peer in peers.values():
        peer.end()
    use = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"\n{arguments.threads} threads, {arguments.repetitions} repetitions, {time.monotonic() - begin:.0f} s, of the "
          f"processor {sum(u.ru_utime + u.ru_stime for u in use):.0f} s, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
