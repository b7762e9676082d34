#!/usr/bin/env python3
"""The primal-dual U-Net that ships, by the program and by PyTorch, on slices of the shared data that were kept apart for validation.

    python3 parity.py ISOCENTER WORK [SLICES]

WORK is the folder of `train.py` that holds pools and pd_unet/checkpoint.pt. Prints the largest difference in HU and that of the PSNR in dB (window
3000/500), over 20 slices unless said otherwise. Needs the packages of resources/models/training/requirements.txt.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "resources/models/training"))
from isotrain.evaluate import psnr  # noqa: E402
from isotrain.operators import Operators  # noqa: E402
from isotrain.files import read_metaimage  # noqa: E402
from isotrain.samples import Pool  # noqa: E402
from isotrain.tasks import TASKS, TaskOptions, make_task  # noqa: E402


def validation_pool(work, size):
    """The pool of single slices with the start of the network and `size` samples."""
    for about in sorted(Path(work).glob("pools/*/pool.json")):
        found = json.loads(about.read_text(encoding="utf-8"))
        if found["count"] == size and found["settings"]["start"] == "fbp" and not found["settings"]["augment"]:
            return Pool(about.parent, None)
    sys.exit(f"{work} holds no pool of {size} validation slices; train first")


def by_program(program, scan, readings):
    """[N, n, n] in 1/mm of [N, views, elements]."""
    images = []
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        (place / "scan.json").write_text(json.dumps(scan.to_json()), encoding="utf-8")
        for one in readings:
            np.save(place / "scan.npy", one[:, None, :].astype(np.float32))
            subprocess.run([program, "run", "sinogram_upsampling/pd_unet", "-i", "scan.npy", "-g", "scan.json", "-o", "x.mha", "--no-mask", "--overwrite"],
                           cwd=place, check=True, capture_output=True)
            images.append(read_metaimage(place / "x.mha").reshape(scan.size, scan.size))
    return torch.from_numpy(np.stack(images))


def main(program, work, slices=20):
    pool = validation_pool(work, 42)
    options = TaskOptions(start="fbp")
    operators = Operators(TASKS["pd_unet"].pool_settings(options).scan)
    task = make_task("pd_unet", options, operators)
    state = torch.load(Path(work) / "pd_unet" / "checkpoint.pt", map_location="cpu", weights_only=True)
    task.networks.load_state_dict(state["average"])
    task.networks.eval()
    samples = pool.batch(range(slices))
    with torch.no_grad():
        expected = torch.cat([task.predict({k: v[i:i + 1] for k, v in samples.items()}, task.networks) for i in range(slices)])
    water = task.pool_settings(options).water_per_mm
    found = by_program(program, operators.scan, samples["readings"].numpy() * water) / water
    worst = 1000 * (found - expected).abs().amax((1, 2))
    decibels = (psnr(found, samples["truth"]) - psnr(expected, samples["truth"])).abs()
    print(f"{slices} slices: largest difference {worst.max():.4f} HU, PSNR differs by at most {decibels.max():.6f} dB")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(str(Path(sys.argv[1]).resolve()), sys.argv[2], *(int(w) for w in sys.argv[3:]))
