"""`click_encoder`: what a Gaussian process of clicks may compare beside hand-made features, once an image and without clicks.

Contract (gp-interactive-segmentation.md, section 6): image [B, 1, H, W], the grey values g that the program makes (0 to 1 between the 1st and
the 99th percentile), H and W multiples of `multiple`; feat [B, D, H/2, W/2], of norm 1 in each pixel; prior [B, 1, H/2, W/2], the
latent function where nobody clicked. *Ours*: pixels folded by two, four levels, no norm, D = 16; the scales of the kernel are learned beside it:
one a plane of the hand-made features (1 at first: those of the form without a network), one for all of feat, and the height.
"""
import math

import torch
import torch.nn.functional as functional
from torch import nn

from .blocks import UNet, unshuffle

PLANES = 7  # of the hand-made features of one channel
PRIOR = -0.5
SPEED = 10


class ClickEncoder(nn.Module):
    def __init__(self, features=16, widths=(16, 32, 48, 64)):
        super().__init__()
        self.features = features
        self.body = UNet(4, features + 1, widths, shuffled=1, zero_last=False)
        self.multiple = 2 * self.body.multiple

    def forward(self, image):
        x = self.body(unshuffle(image, 2))
        feat = x[:, :-1]
        return feat / (feat.square().sum(1, keepdim=True) + 1e-6).sqrt(), PRIOR + x[:, -1:]


class KernelScales(nn.Module):
    """Factors of the planes that the product part of the kernel compares, and its height: exp(10 p) of the parameters p, so that they move ten
    times as fast as weights."""

    def __init__(self, height=16.0, encoder=1.0):
        super().__init__()
        self.logs = nn.Parameter(torch.tensor([0.0] * PLANES + [math.log(encoder), math.log(height)]) / SPEED)

    def planes(self):
        return (SPEED * self.logs[:PLANES]).exp()

    def encoder(self):
        return (SPEED * self.logs[PLANES]).exp()

    def height(self):
        return (SPEED * self.logs[PLANES + 1]).exp()


def to_planes(hand_made, feat, scales):
    """[B, PLANES + D, H, W]: hand-made planes times their factors, and feat, bilinear to the image, of norm 1 again, times its own."""
    feat = functional.interpolate(feat, size=hand_made.shape[-2:], mode="bilinear", align_corners=False)
    feat = feat / (feat.square().sum(1, keepdim=True) + 1e-6).sqrt()
    return torch.cat([hand_made * scales.planes().view(1, -1, 1, 1), feat * scales.encoder()], 1)
