#!/usr/bin/env python3
"""Makes the networks of this folder: the architectures of resources/models/training with a handful of channels and random weights, exported
as those that ship, with inputs and what PyTorch makes of them. Arrays are float32, little-endian, last axis fastest.

    python3 make_networks.py        (needs the packages of resources/models/training/requirements.txt)
"""
import hashlib
import json
import sys
from pathlib import Path

import torch
from torch import nn

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[2] / "resources/models/training"))
from isotrain.export import WithSigma, parity, write_graph  # noqa: E402
from isotrain.geometry import Scan  # noqa: E402
from isotrain.networks.denoiser import Denoiser  # noqa: E402
from isotrain.networks.blocks import UNet  # noqa: E402
from isotrain.networks.pd_unet import DualBlock, PrimalDualUNet  # noqa: E402
from isotrain.networks.unet import ResidualUNet, inputs_of  # noqa: E402
from isotrain.operators import Operators  # noqa: E402
from isotrain.phantoms import phantom, random_of  # noqa: E402
from isotrain.simulate import noisy, to_water  # noqa: E402
from isotrain.total_variation import total_variation  # noqa: E402

PLANE = {0: "batch", 2: "height", 3: "width"}
SCAN = Scan("fan", 24, 63, 2.0, 360.0, 100.0, 150.0, 32, 2.0)


def randomise(module, scale=0.3):
    """Also the last convolution, which is zero in a network that was not trained."""
    for value in module.parameters():
        nn.init.normal_(value, 0, scale / max(1, value[0].numel()) ** 0.5)
    return module.eval()


def save(name, tensor):
    (here / f"{name}.f32").write_bytes(tensor.detach().numpy().astype("<f4").tobytes())


def make(name, module, inputs, output):
    path = here / f"{name}.onnx"
    write_graph(path, module, inputs, output, PLANE)
    for key, value in inputs.items():
        save(f"{name}.{key}", value)
    with torch.no_grad():
        save(f"{name}.{output}", module(*inputs.values()))
    raw = path.read_bytes()
    return {"file": path.name, "sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw), "parity": parity(path, module, inputs)}


def card(name, files, channels, start, parameters):
    figure = {"rmse_hu": {"mean": 100.0, "low": 90.0, "high": 110.0, "patients": 1, "cases": 1}}
    unit = "attenuation over that of water (HU / 1000 + 1)"
    found = {
        "card_version": 1, "name": name, "says": "A network of the tests with random weights.", "files": files, "references": [],
        "inputs": {"channels": channels, "start": start, "unit": unit, "multiple": 8}, "output": {"unit": unit, "lower_bound": 0},
        "parameters": parameters, "geometry": vars(SCAN), "geometry_hash": SCAN.hash(), "water_per_mm": 0.0192, "domain": "phantoms of the tests",
        "training": {"data": [{"collection": "phantoms", "patients": [], "slices": 1, "licence": "Apache-2.0"}],
                     "split": {"train": 0, "validation": 0, "test": 0}, "samples": 1, "pool": {"tv_strength": 2.0, "tv_iterations": 20},
                     "options": {}, "settings": {}, "steps": 0, "images": 0, "hours": 0.0, "machine": "none", "code_version": "none",
                     "command": "make_networks.py", "date": "2026-11-30", "curve": []},
        "held_out": {"validation": {"figures": {"network": figure}, "share_better": {}, "rmse_ratio": {}, "residual_median": 0.5}},
        "out_of_domain": {"features": ["mean", "deviation", "percentile_99", "residual"], "mean": [0.4, 0.4, 1.0, 0.05],
                          "deviation": [0.2, 0.2, 0.2, 0.05], "threshold": 4.0},
        "residual_warning": 0.75, "known_failures": ["Its weights are random: no result has a meaning."],
    }
    (here / f"{name}.card.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def main():
    torch.manual_seed(5)
    torch.set_num_threads(1)
    unet = randomise(ResidualUNet(3, (4, 4, 6)))
    files = [make("tiny_unet", unet, {"image": torch.rand(2, 3, 32, 48)}, "estimate")]
    card("tiny_unet", files, ["start", "FBP of the readings", "FBP of readings minus projection of the start"], "tv",
         sum(p.numel() for p in unet.parameters()))
    denoiser = randomise(Denoiser((4, 4, 6)))
    inputs = {"image": torch.rand(2, 1, 32, 32), "sigma": torch.tensor([0.1, 0.4])}
    files = [make("tiny_denoiser", WithSigma(denoiser), inputs, "denoised")]
    card("tiny_denoiser", files, ["image with noise", "sigma"], "none", sum(p.numel() for p in denoiser.parameters()))
    make_scan(unet)


def make_scan(unet):
    """A scan with noise in the unit of the program, and what the training package makes of it: start, estimates of both networks."""
    operators = Operators(SCAN)
    image = torch.from_numpy(to_water(phantom(5, SCAN.size, 8.0)).astype("float32"))[None]
    physical = 0.0192 * operators.project(image)
    physical = torch.from_numpy(noisy(physical.numpy(), 1e5, random_of(1, 9)).astype("float32"))
    start = total_variation(operators, physical, 20, 2.0)[0] / 0.0192
    readings = physical / 0.0192
    save("scan.readings", physical)
    save("scan.start", start)
    with torch.no_grad():
        save("scan.unet", unet(inputs_of(operators, readings, start))[:, 0].clamp(min=0))
    net = PrimalDualUNet(operators, 2)
    for dual, primal in zip(net.dual, net.primal):
        primal.body = UNet(5, 4, (4, 4, 6), False, 2)
    net.dual = nn.ModuleList(DualBlock(5, 4) for _ in net.dual)
    randomise(net)
    with torch.no_grad():
        save("scan.pd_unet", net(readings, start)[:, 0].clamp(min=0))
    sinogram = {0: "batch", 2: "elements", 3: "views"}
    files = []
    for i, (dual, primal) in enumerate(zip(net.dual, net.primal), 1):
        for name, module, inputs, output, axes in (
                (f"tiny_pd_unet.dual_{i}", dual, {k: torch.randn(1, c, 33, 12) for k, c in (("h", 5), ("a", 1), ("g", 1))}, "h_next", sinogram),
                (f"tiny_pd_unet.primal_{i}", primal, {k: torch.randn(1, c, 32, 32) for k, c in (("f", 4), ("b", 1))}, "f_next", PLANE)):
            path = here / f"{name}.onnx"
            write_graph(path, module, inputs, output, axes)
            raw = path.read_bytes()
            files.append({"file": path.name, "sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw), "parity": parity(path, module, inputs)})
    card("tiny_pd_unet", files, ["readings", "start"], "tv", sum(p.numel() for p in net.parameters()))


main()
