"""How the encoder is trained: scenes are clicked on by a simulated user, and the loss is that of the mask after every click."""
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch import nn

from ..networks.blocks import parameter_count
from ..networks.click_encoder import ClickEncoder, KernelScales, to_planes
from .process import Scene


@dataclass(frozen=True)
class ClickOptions:
    features: int = 16
    most_clicks: int = 6   # of a sample; how many there are follows from (seed, step)
    prior: bool = True     # learned; without it the prior mean is that of the form without a network
    size: int = 128
    seed: int = 1


def normalised_focal(field, truth):
    """NFL of section 3: beta = (1 - p_t)^2, scaled so that its mean in an image is 1, that factor constant; mean of -0.5 beta log p_t."""
    y = truth.float()
    error = (torch.sigmoid(field) - y).abs()
    beta = (error.square()).detach()
    scale = beta.mean((1, 2), keepdim=True).clamp(min=1e-6)
    log_p = torch.nn.functional.logsigmoid(torch.where(truth, field, -field))
    return (-0.5 * (beta / scale) * log_p).mean((1, 2))


def overlap_loss(field, truth):
    """1 - soft Dice. Ours, beside NFL: the user counts overlap."""
    p, y = torch.sigmoid(2 * field), truth.float()
    return 1 - (2 * (p * y).sum((1, 2)) + 1) / (p.sum((1, 2)) + y.sum((1, 2)) + 1)


def correction(mask, truth, random):
    """(flat place, label) of a click on the deeper half of the larger error, found on every second pixel; None where nothing is wrong."""
    best = None
    for wrong, label in ((truth & ~mask, 1.0), (mask & ~truth, -1.0)):
        half = wrong[::2, ::2]
        if not half.any():
            continue
        distance = ndimage.distance_transform_edt(np.pad(half, 1))[1:-1, 1:-1]
        if best is None or distance.max() > best[0].max():
            best = (distance, label)
    if best is None:
        return None
    rows, columns = np.nonzero(best[0] > best[0].max() * (0.5 if random.random() < 0.3 else 0.9))
    at = random.integers(len(rows))
    return 2 * rows[at] * truth.shape[1] + 2 * columns[at], best[1]


def clicked_parts(mask, at):
    """The parts of a mask that hold one of the flat places."""
    parts, _ = ndimage.label(mask)
    return np.isin(parts, list({parts.ravel()[a] for a in at} - {0}))


class ClickEncoderTask:
    name, says = "click_encoder", "Features for clicks, once an image: what a Gaussian process compares beside grey values."
    batch, rate = 8, 1.5e-3
    references = ("arXiv 2302.14578",)

    def __init__(self, options):
        self.options = options
        torch.manual_seed(options.seed)
        self.networks = nn.ModuleDict({"net": ClickEncoder(options.features), "scales": KernelScales()})

    def optimisers(self):
        return [torch.optim.AdamW([{"params": self.networks["net"].parameters()},
                                   {"params": self.networks["scales"].parameters(), "weight_decay": 0.0}], self.rate, weight_decay=1e-4)]

    def extra_state(self):
        return {}

    def load_extra_state(self, state):
        pass

    def parameters(self):
        return parameter_count(self.networks)

    def scene(self, samples, reach):
        scales = self.networks["scales"]
        feat, prior = self.networks["net"](samples["image"][:, None])
        planes = to_planes(samples["hand_made"], feat.float(), scales)
        prior = nn.functional.interpolate(prior.float(), size=planes.shape[-2:], mode="bilinear", align_corners=False)[:, 0]
        if not self.options.prior:
            prior = torch.full_like(prior, -0.5)
        return Scene(planes, prior, scales.height(), reach)

    def loss(self, samples, random):
        """Mean over the clicks of the losses of the mask after each."""
        truth, count = samples["truth"], int(random.integers(1, self.options.most_clicks + 1))
        number, device = len(truth), truth.device
        reach = torch.from_numpy(random.uniform(24, 64, number).astype("float32")).to(device)
        scene = self.scene(samples, reach)
        known = truth.cpu().numpy()
        mask = np.zeros_like(known)
        at, y, weight = (np.zeros((number, count), kind) for kind in ("int64", "float32", "float32"))
        total = 0.0
        for k in range(count):
            for i in range(number):
                found = correction(mask[i], known[i], random)
                if found is not None:
                    at[i, k], y[i, k], weight[i, k] = *found, 1.0
                else:
                    y[i, k] = 1.0  # weight 0: no click
            scene.add(*(torch.from_numpy(v[:, k].copy()).to(device) for v in (at, y, weight)))
            field = scene.latent()
            total = total + (normalised_focal(field, truth) + overlap_loss(field, truth)).mean()
            if k + 1 < count:
                above = (field.detach() > 0).cpu().numpy()
                mask = np.stack([clicked_parts(above[i], at[i, :k + 1][(y[i, :k + 1] > 0) & (weight[i, :k + 1] > 0)]) for i in range(number)])
        return total / count

    def step(self, samples, optimisers, random, autocast):
        with autocast():
            loss = self.loss(samples, random)
        optimisers[0].zero_grad(set_to_none=True)
        if torch.isfinite(loss):
            loss.backward()
            nn.utils.clip_grad_norm_(self.networks.parameters(), 1.0)
            optimisers[0].step()
        return {"loss": float(loss.detach())}
