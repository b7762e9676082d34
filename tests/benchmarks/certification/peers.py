#!/usr/bin/env python3
"""Evaluations a second of a shipped pair of classifiers by the program, ONNX Runtime and PyTorch eager: same graphs, same batch, same threads,
taking turns in one run, medians of processor time.

    cmake --build build/release --target certification_speed
    python3 peers.py build/release/bin/certification_speed resources/models/drs_018.card.json [THREADS [DRAWS [ROUNDS]]]

The program's time holds noise, halves and counting; that of the others the network alone, on a batch that lies ready. PyTorch runs the network of the training
package with other weights, which changes no time.
"""
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import onnxruntime
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "resources/models/training"))
from isotrain.networks.classifier import SmallResNet  # noqa: E402

BATCH = 256


def processor_time(run):
    begin = time.process_time()
    run()
    return time.process_time() - begin


def main(program, card, threads=1, draws=2560, rounds=5):
    torch.set_num_threads(threads)
    known = json.loads(Path(card).read_text(encoding="utf-8"))
    graphs = [Path(card).parent / entry["file"] for entry in known["files"]]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    sessions = [onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"]) for graph in graphs]
    net = SmallResNet(len(known["inputs"]["channels"]), len(known["classes"])).eval()
    images = torch.rand(BATCH, len(known["inputs"]["channels"]), known["inputs"]["height"], known["inputs"]["width"])
    turns = max(1, draws // BATCH)
    found = {"ours, all": [], "ours, noise and halves": [], "ours, networks": [], "ONNX Runtime": [], "PyTorch eager": []}

    def by_sessions():
        for session in sessions:
            for _ in range(turns):
                session.run(None, {"image": images.numpy()})

    def by_torch():
        for _ in range(turns * len(graphs)):
            net(images)

    with torch.no_grad():
        by_sessions(), by_torch()
        for _ in range(rounds):
            words = subprocess.run([program, card, str(turns * BATCH), str(threads), str(BATCH), "1"], capture_output=True, text=True, check=True).stdout.split()
            for name, word in zip(("ours, noise and halves", "ours, networks", "ours, all"), words):
                found[name].append(float(word))
            found["ONNX Runtime"].append(processor_time(by_sessions))
            found["PyTorch eager"].append(processor_time(by_torch))
    evaluations = turns * BATCH * len(graphs)
    for name, times in found.items():
        print(f"{name}: {1e6 * median(times) / evaluations:.1f} us of processor time an evaluation, {evaluations / median(times):.0f} a second and core")


main(sys.argv[1], sys.argv[2], *(int(word) for word in sys.argv[3:]))
