"""Networks to ONNX (opset 17, standard operators only), each with a parity test against PyTorch by ONNX Runtime.

`pd_unet` becomes four graphs (dual_1, primal_1, dual_2, primal_2) with our operators between them (primal-dual-unet.md, section 7, A). All
sizes but those of `gloredi` are dynamic; the sizes must be multiples of what the metadata calls `multiple`.
"""
import hashlib
import warnings
from pathlib import Path

import torch
from torch import nn

from .errors import TrainingError
from .files import replace_file

OPSET = 17
PARITY = 2e-4  # of water 1 (0.2 HU), the largest difference that is let pass


class WithSigma(nn.Module):
    """Sigma as [B], as the contract of denoisers has it."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, image, sigma):
        return self.net(image, sigma)


def graphs(task, networks):
    """[(suffix, module, {input: example}, output, {axis: name})]."""
    n = task.options.size or (task.operators.scan.size if task.operators else 256)
    generator = torch.Generator().manual_seed(11)

    def example(*shape):
        return torch.randn(*shape, generator=generator)

    plane = {0: "batch", 2: "height", 3: "width"}
    if task.name == "unet":
        return [("", networks["net"], {"image": example(1, 3, 64, 64)}, "estimate", plane)]
    if task.denoises:
        return [("", WithSigma(networks["net"]), {"image": example(1, 1, 64, 64), "sigma": torch.full((1,), 0.1)}, "denoised", plane)]
    if task.name == "gloredi":
        return [("", networks["student"], {"image": example(1, 1, n, n)}, "estimate", {0: "batch"})]
    net, out = networks["net"], []
    sinogram = {0: "batch", 2: "elements", 3: "views"}
    for i, (dual, primal) in enumerate(zip(net.dual, net.primal), 1):
        h, a, g = (example(1, c, 33, 12) for c in (net.dual_channels, 1, 1))
        out.append((f".dual_{i}", dual, {"h": h, "a": a, "g": g}, "h_next", sinogram))
        f, b = (example(1, c, 64, 64) for c in (net.primal_channels, 1))
        out.append((f".primal_{i}", primal, {"f": f, "b": b}, "f_next", plane))
    return out


def write_graph(path, module, inputs, output, axes):
    module = module.eval().cpu()
    names = list(inputs)
    dynamic = {name: (axes if inputs[name].dim() == 4 else {0: "batch"}) for name in names} | {output: axes}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        replace_file(path, lambda part: torch.onnx.export(module, tuple(inputs.values()), str(part), input_names=names,
                                                          output_names=[output], dynamic_axes=dynamic, opset_version=OPSET,
                                                          dynamo=False))


def parity(path, module, inputs):
    """Largest difference between ONNX Runtime and PyTorch, also for two images at once and another size where that is free."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    free = [isinstance(side, str) for side in session.get_inputs()[0].shape] + [False]
    generator, worst = torch.Generator().manual_seed(12), 0.0
    for batch, grow in ((1, 1), (2, 2 if free[2] else 1)):
        tried = {}
        for name, value in inputs.items():
            shape = [batch, *value.shape[1:2], *(side * grow for side in value.shape[2:])]
            tried[name] = torch.randn(shape, generator=generator) if value.dim() == 4 else torch.full((batch,), 0.3)
        with torch.no_grad():
            expected = module(*tried.values())
        found = session.run(None, {name: value.numpy() for name, value in tried.items()})[0]
        worst = max(worst, float((torch.from_numpy(found) - expected).abs().max()))
    return worst


def export(task, networks, folder, say=print):
    """Writes the graphs of a reconstruction or a denoiser."""
    named = [(task.name + suffix, *rest) for suffix, *rest in graphs(task, networks)]
    return export_graphs(named, folder, say)


def export_graphs(named, folder, say=print):
    """Writes [(name, module, {input: example}, output, axes)]; returns [{file, sha256, bytes, parity}]. Fails if a graph differs from
    what was trained."""
    written = []
    for name, module, inputs, output, axes in named:
        path = Path(folder) / f"{name}.onnx"
        write_graph(path, module, inputs, output, axes)
        difference = parity(path, module, inputs)
        if not difference <= PARITY:
            raise TrainingError(f"{path.name} differs from the network by {difference:.2g}, more than {PARITY}; do not use it", 88)
        raw = path.read_bytes()
        written.append({"file": path.name, "sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw), "parity": difference})
        say(f"wrote {path.name}, {len(raw)} bytes, differs from PyTorch by {difference:.2g}")
    return written
