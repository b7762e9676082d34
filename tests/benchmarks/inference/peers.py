#!/usr/bin/env python3
"""Time of graphs by the program, ONNX Runtime and PyTorch eager: same weights, same threads, taking turns in one run, medians.

    cmake --build build/release --target network_speed
    python3 peers.py build/release/bin/network_speed [THREADS [ROUNDS]]
    python3 peers.py build/release/bin/network_speed --memory

The graphs are those of resources/models/training with random weights: the U-Net (438,500 parameters) at 256 and 512, and a dual and a primal block
of the primal-dual U-Net (511 elements, 24 views; 256 x 256). `--memory`: growth of the resident memory over a hundred runs of each. Needs the
packages of resources/models/training/requirements.txt. On a machine that others use, only the ratios of processor time mean anything.
"""
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import onnxruntime
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "resources/models/training"))
from isotrain.export import write_graph  # noqa: E402
from isotrain.networks.pd_unet import DualBlock, PrimalBlock  # noqa: E402
from isotrain.networks.unet import ResidualUNet  # noqa: E402


def measure(run):
    wall, worked = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - worked


def blocks():
    """(what, module, {input: shape}, output)."""
    unet = ResidualUNet().eval()
    return [("U-Net, 256 x 256", unet, {"image": (3, 256, 256)}, "estimate"), ("U-Net, 512 x 512", unet, {"image": (3, 512, 512)}, "estimate"),
            ("dual block, 511 x 24", DualBlock().eval(), {"h": (5, 511, 24), "a": (1, 511, 24), "g": (1, 511, 24)}, "h_next"),
            ("primal block, 256 x 256", PrimalBlock().eval(), {"f": (4, 256, 256), "b": (1, 256, 256)}, "f_next")]


def by_program(program, graph, threads, runs, shapes):
    words = [f"{name}={w}x{h}x{c}" for name, (c, h, w) in shapes.items()]
    done = subprocess.run([program, str(graph), str(threads), str(runs), *words], capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def compare(program, graph, module, shapes, threads, rounds):
    """{who: [(seconds, processor seconds)]}."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    tensors = {name: torch.full((1, *shape), 0.5) for name, shape in shapes.items()}
    arrays = {name: value.numpy() for name, value in tensors.items()}
    found = {"ours": [], "ONNX Runtime": [], "PyTorch eager": []}
    with torch.no_grad():
        module(*tensors.values()), session.run(None, arrays)
        for _ in range(rounds):
            found["ours"].append(tuple(by_program(program, graph, threads, 3, shapes)[:2]))
            found["ONNX Runtime"].append(measure(lambda: session.run(None, arrays)))
            found["PyTorch eager"].append(measure(lambda: module(*tensors.values())))
    return found


def main(program, threads=1, rounds=5, memory=False):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    axes = {0: "batch", 2: "height", 3: "width"}
    with tempfile.TemporaryDirectory() as place:
        for what, module, shapes, output in blocks():
            graph = Path(place) / "graph.onnx"
            write_graph(graph, module, {name: torch.rand(1, shape[0], 32, 32) for name, shape in shapes.items()}, output, axes)
            if memory:
                print(f"{what}: {by_program(program, graph, threads, 100, shapes)[3]:.0f} KiB more after a hundred runs", flush=True)
                continue
            for name, times in compare(program, graph, module, shapes, threads, rounds).items():
                print(f"{what}, {threads} thread(s), {name}: {median(t[0] for t in times):.4f} s, processor {median(t[1] for t in times):.4f} s", flush=True)


numbers = [int(word) for word in sys.argv[2:] if word != "--memory"]
main(sys.argv[1], *numbers, memory="--memory" in sys.argv)
