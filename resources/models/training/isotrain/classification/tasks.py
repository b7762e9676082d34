"""How classifiers for smoothing are trained: `rs`, one network on noisy images; `drs`, one network for each half of the pixels.

Gaussian training is cross-entropy on one noisy copy (Cohen, Rosenfeld, Kolter, ICML 2019); consistency adds the divergence of the
copies from their mean (Jeong, Shin, NeurIPS 2020): w (mean_i KL(F || F_i) + 0.05 H(F)), F the mean of the probabilities F_i.
"""
import copy
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import nn

from ..errors import UsageError
from ..networks.blocks import parameter_count
from ..networks.classifier import SmallResNet
from .halves import SIDES, half_of
from .images import noise_like, shifted

LOSSES = ("gaussian", "consistency")


@dataclass(frozen=True)
class ClassifierOptions:
    sigma: float
    loss: str = "gaussian"
    copies: int = 2           # noisy copies an image, for consistency
    weight: float = 10.0      # of the consistency
    split: str = "checkerboard"
    epochs: int = 40          # passes over the images by all networks together
    channels: int = 1
    classes: int = 2
    seed: int = 1

    def check(self):
        if not 0.01 <= self.sigma <= 2:
            raise UsageError(f"--sigma {self.sigma} is not between 0.01 and 2; it is in units of images from 0 to 1")
        if self.loss not in LOSSES:
            raise UsageError(f"there is no loss '{self.loss}'; there are {' and '.join(LOSSES)}")
        if self.epochs < 4:
            raise UsageError(f"--epochs {self.epochs} is too small; the least is 4")


def consistency(scores, weight):
    """`scores` [copies, B, classes]."""
    logs = functional.log_softmax(scores, 2)
    mean = logs.exp().mean(0).clamp(min=1e-8)
    divergence = (mean * (mean.log() - logs)).sum(2).mean()
    entropy = -(mean * mean.log()).sum(1).mean()
    return weight * (divergence + 0.05 * entropy)


class ClassifierTask:
    """What the trainer trains: `networks` with the names of the graphs, one step."""

    rate = 2e-3
    batch = 128

    def __init__(self, name, options, images, mean, deviation):
        options.check()
        self.name, self.options = name, options
        torch.manual_seed(options.seed)
        whole = SmallResNet(options.channels, options.classes, mean=mean, deviation=deviation)
        self.steps_an_epoch = max(1, len(images) // self.batch)
        # A quarter of the passes is a start on whole images for both halves (drs-certification.md, 8), the rest is shared by the two.
        self.start_steps = 0 if name == "rs" else self.steps_an_epoch * (options.epochs // 4)
        self.steps = self.steps_an_epoch * options.epochs if name == "rs" else (
            self.start_steps + self.steps_an_epoch * ((options.epochs - options.epochs // 4) // 2))
        names = ("whole",) if name == "rs" else SIDES
        self.networks = nn.ModuleDict({n: copy.deepcopy(whole) for n in names})
        self.done = 0

    def optimisers(self):
        return [torch.optim.AdamW(net.parameters(), self.rate, weight_decay=1e-3) for net in self.networks.values()]

    def extra_state(self):
        return {"done": self.done}

    def load_extra_state(self, state):
        self.done = state["done"]

    def parameters(self):
        return parameter_count(self.networks)

    def shown(self, noisy, name):
        return noisy if name == "whole" else half_of(noisy, name, self.options.split)

    def loss(self, net, name, samples, images):
        o = self.options
        copies = o.copies if o.loss == "consistency" else 1
        noisy = [images + o.sigma * noise_like(images, o.seed, self.done, 2 * i + (name == "right")) for i in range(copies)]
        scores = net(torch.cat([self.shown(x, name) for x in noisy])).reshape(copies, len(images), -1)
        loss = functional.cross_entropy(scores.flatten(0, 1), samples["label"].repeat(copies))
        return loss + consistency(scores, o.weight) if copies > 1 else loss

    def step(self, samples, optimisers, random, autocast):
        images = shifted(samples["image"], random)
        names, total = list(self.networks), 0.0
        starting = self.done < self.start_steps
        for i, name in enumerate(names[:1] if starting else names):
            with autocast():
                loss = self.loss(self.networks[name], "whole" if starting else name, samples, images)
            optimisers[i].zero_grad(set_to_none=True)
            if torch.isfinite(loss):
                loss.backward()
                nn.utils.clip_grad_norm_(self.networks[name].parameters(), 1.0)
                optimisers[i].step()
            total += float(loss.detach()) / (1 if starting else len(names))
        self.done += 1
        if starting and self.done == self.start_steps:
            for name in names[1:]:
                self.networks[name].load_state_dict(self.networks[names[0]].state_dict())
        return {"loss": total}


def probit(p):
    return torch.special.ndtri(torch.as_tensor(p, dtype=torch.float64))


@torch.no_grad()
def figures(task, networks, images, draws=200, seed=7, chunk=64):
    """Over a part: accuracy without noise, accuracy of the smoothed classifier, and the mean plug-in radius of the right answers with
    `draws` draws a network. A plug-in radius is an estimate to choose by; it certifies nothing."""
    o, plain, smooth, radius = task.options, 0, 0, 0.0
    networks.eval()
    for first in range(0, len(images), chunk):
        batch = images.batch(range(first, min(first + chunk, len(images))))
        image, label = batch["image"], batch["label"]
        shares = {name: torch.zeros(len(image), o.classes, dtype=torch.float64) for name in networks}
        clean = sum(torch.softmax(networks[name](task.shown(image, name)), 1) for name in networks)
        plain += int((clean.argmax(1) == label).sum())
        for draw in range(draws):
            for side, name in enumerate(networks):
                noisy = image + o.sigma * noise_like(image, seed, first * 1000 + draw, 20 + side)
                votes = networks[name](task.shown(noisy, name)).argmax(1)
                shares[name][torch.arange(len(image)), votes] += 1.0 / draws
        total = sum(shares.values())
        right = total.argmax(1) == label
        smooth += int(right.sum())
        limit = 0.5 / draws
        a = sum(probit(shares[name][torch.arange(len(image)), label].clamp(limit, 1 - limit)) for name in networks)
        found = o.sigma * a / math.sqrt(len(networks))
        radius += float(found[right].clamp(min=0).sum())
    count = len(images)
    return {"plain_accuracy": plain / count, "smoothed_accuracy": smooth / count, "mean_plug_in_radius": radius / count,
            "images": count, "draws": draws}
