"""`unet`: a residual U-Net on the starting image, its filtered back-projection, and what the start does not explain.

Ours (training-on-two-cores.md, section 6): pixel-unshuffle 2, widths 32-64-128, no norm, zero last convolution, so that it begins as the identity on
the start. Inputs [B, 3, n, n] in units of water: start, FBP of the readings, FBP of (readings - A start). Output [B, 1, n, n].
"""
import torch
from torch import nn

from .blocks import UNet


class ResidualUNet(nn.Module):
    def __init__(self, inputs=3, widths=(32, 64, 128), shuffled=2, norm=False):
        super().__init__()
        self.body = UNet(inputs, 1, widths, norm, shuffled)
        self.multiple, self.halo = self.body.multiple, self.body.halo

    def forward(self, x):
        return x[:, :1] + self.body(x)


def inputs_of(operators, readings, start):
    """[B, 3, n, n] from readings [B, views, elements] and start [B, n, n]; without a start, FBP takes its place."""
    fbp = operators.fbp(readings)
    if start is None:
        return torch.stack([fbp, fbp, operators.fbp(readings - operators.project(fbp))], 1)
    return torch.stack([start, fbp, operators.fbp(readings - operators.project(start))], 1)
