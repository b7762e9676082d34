"""Projected gradient descent on a smoothed classifier with the true gradients of its networks (Salman et al., NeurIPS 2019, the attack of
SmoothAdv): the strongest change within a certified radius that gradients find. `certification/attack --changed` decides what it changed.
"""
import csv
import json
from pathlib import Path

import numpy as np
import torch

from ..errors import InputError
from .graph import Graph
from .halves import SIDES, half_of

REACH = 2.5  # steps together are so many times the length that is allowed
MOMENTUM = 0.9


class SmoothedCard:
    """The networks of a card, and what each sees of a noisy image."""

    def __init__(self, card):
        card = Path(card)
        known = json.loads(card.read_text(encoding="utf-8"))
        if known.get("kind") != "classifier":
            raise InputError(f"{card} is no card of a classifier")
        self.low, self.high = known["inputs"]["low"], known["inputs"]["high"]
        self.sigma, self.split = known["smoothing"]["sigma"], known["smoothing"]["split"]
        self.networks = [Graph(card.parent / entry["file"]) for entry in known["files"]]

    def mean_share(self, image, answer, noise):
        """Mean over copies and networks of the probability of `answer`; `noise` [networks, copies, C, H, W]."""
        total = 0
        for side, network in enumerate(self.networks):
            noisy = image + self.sigma * noise[side]
            shown = noisy if len(self.networks) == 1 else half_of(noisy, SIDES[side], self.split)
            total = total + torch.softmax(network(shown), 1)[:, answer].mean()
        return total / len(self.networks)


def attack(smoothed, image, answer, radius, steps, copies, seed):
    """The changed image [C, H, W]: |change| <= radius."""
    generator = torch.Generator().manual_seed(seed)
    change, direction = torch.zeros_like(image), torch.zeros_like(image)
    for _ in range(steps):
        noise = torch.randn((len(smoothed.networks), copies, *image.shape), generator=generator)
        change.requires_grad_(True)
        loss = -torch.log(smoothed.mean_share(image + change, answer, noise).clamp(min=1e-12))
        gradient, = torch.autograd.grad(loss, change)
        with torch.no_grad():
            direction = MOMENTUM * direction + gradient / gradient.norm().clamp(min=1e-20)
            change = change + REACH * radius / steps * direction / direction.norm().clamp(min=1e-20)
            change = change * min(1.0, radius / max(float(change.norm()), 1e-20))
    return image + change


def certified(file, most):
    """(case, answer, radius) of the certificates that do not abstain, in their order, as certification/attack takes them."""
    with open(file, encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if float(row["abstains"]) == 0]
    return [(row["case"], int(float(row["answer"])), float(row["radius"])) for row in (rows[:most] if most else rows)]


def names_of(images, labels):
    if not labels:
        return [str(i + 1) for i in range(len(images))]
    with open(labels, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [row.get("case", str(i + 1)) for i, row in enumerate(rows)]


def attack_all(card, images, certificates, labels, part, steps, copies, most, seed, told=print):
    """Changed images [case, H, W] in values from 0 to 1, one for each certificate that does not abstain."""
    smoothed = SmoothedCard(card)
    values = np.load(images)
    if values.ndim != 3:
        raise InputError(f"{images} has {values.ndim} axes; give one of [image, row, column]")
    place = {name: i for i, name in enumerate(names_of(values, labels))}
    found = []
    for number, (case, answer, radius) in enumerate(certified(certificates, most)):
        if case not in place:
            raise InputError(f"there is no image '{case}', which the certificates speak of; give the images and labels that were certified")
        image = torch.from_numpy((values[place[case]].astype(np.float32) - smoothed.low) / (smoothed.high - smoothed.low))[None]
        changed = attack(smoothed, image, answer, part * radius, steps, copies, seed + number)
        told(f"{case}: change of {float((changed - image).norm()):.4f}, radius {radius:.4f}")
        found.append(changed[0].detach().numpy())
    if not found:
        raise InputError(f"no image of {certificates} has a radius")
    return np.stack(found)
