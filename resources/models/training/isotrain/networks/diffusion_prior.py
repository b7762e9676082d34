"""`diffusion_prior`: D(x, sigma) of whole axial slices, preconditioned as EDM (see denoiser.py), for diffusion-mbir.md section 8.1.

F is a plain U-Net: residual levels of two convolutions, ReLU, average pooling and bilinear interpolation, no norm. The noise level scales and
shifts the channels of every level (additive and multiplicative embedding of ln sigma); two more input channels hold the coordinates of the
pixel within the slice, -1 to 1, made inside of the graph, so that the network knows where in the body it is. x in units of water, sd = 0.5.
"""
import math

import torch
import torch.nn.functional as functional
from torch import nn

SIGMA_DATA = 0.5
FREQUENCIES = 4


def coordinates(x):
    """[B, 1, H, W] -> [B, 2, H, W]: row and column, -1 to 1; for any size, so by sums of ones, which an exported graph keeps."""
    ones = torch.ones_like(x)
    found = []
    for axis in (2, 3):
        position = torch.cumsum(ones, axis) - 0.5
        found.append(2 * position / ones.sum(axis, keepdim=True) - 1)
    return torch.cat(found, 1)


class Level(nn.Module):
    """x + two convolutions; between them the channels are scaled and shifted as the embedding says."""

    def __init__(self, inputs, outputs, embedding):
        super().__init__()
        self.first, self.second = nn.Conv2d(inputs, outputs, 3, padding=1), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.affine = nn.Linear(embedding, 2 * outputs)
        nn.init.zeros_(self.affine.weight)
        nn.init.zeros_(self.affine.bias)

    def forward(self, x, embedded):
        scale, shift = self.affine(embedded)[:, :, None, None].chunk(2, 1)
        h = functional.relu(self.first(x) * (1 + scale) + shift)
        return functional.relu(self.skip(x) + self.second(h))


class DiffusionPrior(nn.Module):
    def __init__(self, widths=(32, 64, 128, 192), embedding=64, sigma_data=SIGMA_DATA):
        super().__init__()
        self.sigma_data, self.multiple = sigma_data, 2 ** (len(widths) - 1)
        self.embed = nn.Sequential(nn.Linear(1 + 2 * FREQUENCIES, embedding), nn.ReLU(), nn.Linear(embedding, embedding), nn.ReLU())
        self.down = nn.ModuleList(Level(a, b, embedding) for a, b in zip((3, *widths), widths))
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in zip(widths, widths[1:]))
        self.up = nn.ModuleList(Level(2 * a, a, embedding) for a in widths[:-1])
        self.last = nn.Conv2d(widths[0], 1, 1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def embedded(self, sigma):
        t = (torch.log(sigma) / 4)[:, None]
        waves = [f(math.pi * k * t / 2) for k in range(1, FREQUENCIES + 1) for f in (torch.sin, torch.cos)]
        return self.embed(torch.cat([t, *waves], 1))

    def body(self, x, sigma):
        embedded, skips = self.embedded(sigma), []
        x = torch.cat([x, coordinates(x)], 1)
        for i, down in enumerate(self.down):
            x = down(functional.avg_pool2d(x, 2) if i else x, embedded)
            skips.append(x)
        for i in range(len(self.up) - 1, -1, -1):
            x = functional.interpolate(self.narrow[i](x), scale_factor=2, mode="bilinear", align_corners=False)
            x = self.up[i](torch.cat([x, skips[i]], 1), embedded)
        return self.last(x)

    def forward(self, x, sigma):
        """x [B, 1, H, W], sigma [B] -> [B, 1, H, W]; H and W are multiples of `multiple`."""
        s, sd = sigma.view(-1, 1, 1, 1), self.sigma_data
        total = s * s + sd * sd
        return sd * sd / total * x + s * sd / total.sqrt() * self.body(x / total.sqrt(), sigma)
