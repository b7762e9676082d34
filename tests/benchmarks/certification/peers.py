#!/usr/bin/env python3
"""Evaluations a second of a shipped pair of classifiers by the program, ONNX Runtime and PyTorch eager: same graphs, same threads,
taking turns in one run, medians of processor time. ONNX Runtime is asked in batches of 32 and of 256, the program in those that it takes by itself (32).

    cmake --build build/release --target certification_speed
    python3 peers.py build/release/bin/certification_speed resources/models/drs_018.card.json [THREADS [DRAWS [ROUNDS]]]

The program's time holds noise, halves and counting; that of the others the network alone, on a batch that lies ready. PyTorch runs the network of the training
package with other weights, which changes no time. Threads of ONNX Runtime that wait sleep, as those of the program do: spinning would be counted as work.
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

OURS, LARGE = 32, 256


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
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    sessions = [onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"]) for graph in graphs]
    net = SmallResNet(len(known["inputs"]["channels"]), len(known["classes"])).eval()
    images = torch.rand(LARGE, len(known["inputs"]["channels"]), known["inputs"]["height"], known["inputs"]["width"])
    draws = max(LARGE, draws // LARGE * LARGE)

    def by_sessions(batch):
        for session in sessions:
            for _ in range(draws // batch):
                session.run(None, {"image": images[:batch].numpy()})

    def by_torch():
        for _ in range(draws // LARGE * len(graphs)):
            net(images)

    ours = ("ours, noise and halves", "ours, networks", "ours, all")
    others = {f"ONNX Runtime, batch {OURS}": lambda: by_sessions(OURS), f"ONNX Runtime, batch {LARGE}": lambda: by_sessions(LARGE), "PyTorch eager": by_torch}
    found = {name: [] for name in (*ours, *others)}
    with torch.no_grad():
        for run in others.values():
            run()
        for _ in range(rounds):
            words = subprocess.run([program, card, str(draws), str(threads), str(OURS), "1"], capture_output=True, text=True, check=True).stdout.split()
            for name, word in zip(ours, words):
                found[name].append(float(word))
            for name, run in others.items():
                found[name].append(processor_time(run))
    evaluations = draws * len(graphs)
    for name, times in found.items():
        print(f"{name}: {1e6 * median(times) / evaluations:.1f} us of processor time an evaluation (least {1e6 * min(times) / evaluations:.1f}), {evaluations / median(times):.0f} a second and core")


main(sys.argv[1], sys.argv[2], *(int(word) for word in sys.argv[3:]))
