#!/usr/bin/env python3
"""Time of one graph by the program, ONNX Runtime and PyTorch eager: same weights, same threads, taking turns in one run, medians.

    cmake --build build/release --target network_speed
    python3 peers.py build/release/bin/network_speed [THREADS [ROUNDS]]

The graph is the U-Net of resources/models/training with random weights (438,500 parameters, 3 channels), at 256 and 512. Needs the packages of
resources/models/training/requirements.txt. On a machine that others use, only the ratios of processor time mean anything.
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
from isotrain.networks.unet import ResidualUNet  # noqa: E402


def measure(run):
    wall, worked = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - worked


def main(program, threads=1, rounds=5):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    net = ResidualUNet().eval()
    with tempfile.TemporaryDirectory() as place:
        graph = Path(place) / "unet.onnx"
        write_graph(graph, net, {"image": torch.rand(1, 3, 64, 64)}, "estimate", {0: "batch", 2: "height", 3: "width"})
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        for size in (256, 512):
            image = torch.full((1, 3, size, size), 0.5)
            found = {"ours": [], "ONNX Runtime": [], "PyTorch eager": []}
            with torch.no_grad():
                net(image), session.run(None, {"image": image.numpy()})
                for _ in range(rounds):
                    words = subprocess.run([program, str(graph), str(size), "3", str(threads), "3"], capture_output=True, text=True, check=True)
                    found["ours"].append(tuple(float(w) for w in words.stdout.split()[:2]))
                    found["ONNX Runtime"].append(measure(lambda: session.run(None, {"image": image.numpy()})))
                    found["PyTorch eager"].append(measure(lambda: net(image)))
            for name, times in found.items():
                print(f"{size} x {size}, {threads} thread(s), {name}: {median(t[0] for t in times):.3f} s, processor {median(t[1] for t in times):.3f} s")


main(sys.argv[1], *(int(word) for word in sys.argv[2:]))
