"""`pd_unet`: the primal-dual U-Net of Ernst et al. (arXiv 2112.13443), in the form with one projection and one FBP an iteration.

    g = Z(g);  a = Z(A(mean f s_img));  h += w_d D(h, a, g);  b = F(Z^-1(mean h)) / s_img;  f += w_p U(f, b);  out = s_img mean f

The paper's form has U-Nets of 32-64-128-256 with BatchNorm and w_p = 0 at first. Ours (`small`): pixel-unshuffle 2, 32-64-128, no norm, w_p = 1 and
a zero last convolution, which also begins as the identity on the start. A and F stand outside of the graphs: `dual` and `primal` are
exported one by one. Sinograms are [B, C, elements, views], images in units of water.
"""
import torch
from torch import nn

from .blocks import UNet, pad_views


class DualBlock(nn.Module):
    """h [5], a [1], g [1] -> h [5]: three convolutions of 3 x 3, PReLU between them."""

    def __init__(self, channels=5, width=32, half_turn=False):
        super().__init__()
        self.half_turn = half_turn
        self.convolutions = nn.ModuleList(nn.Conv2d(i, o, 3) for i, o in ((channels + 2, width), (width, width), (width, channels)))
        self.slopes = nn.ModuleList(nn.PReLU(width) for _ in range(2))
        self.weight = nn.Parameter(torch.ones(1, channels, 1, 1))
        for convolution in self.convolutions:
            nn.init.zeros_(convolution.bias)

    def forward(self, h, a, g):
        x = torch.cat([h, a, g], 1)
        for i, convolution in enumerate(self.convolutions):
            x = convolution(pad_views(x, self.half_turn))
            if i < 2:
                x = self.slopes[i](x)
        return h + self.weight * x


class PrimalBlock(nn.Module):
    """f [4], b [1] -> f [4]."""

    def __init__(self, channels=4, small=True):
        super().__init__()
        self.body = UNet(channels + 1, channels, (32, 64, 128), False, 2) if small else \
            UNet(channels + 1, channels, (32, 64, 128, 256), True, 1, zero_last=False)
        self.weight = nn.Parameter(torch.full((1, channels, 1, 1), 1.0 if small else 0.0))

    def forward(self, f, b):
        return f + self.weight * self.body(torch.cat([f, b], 1))


def statistics(g):
    """Mean and unbiased standard deviation of each sinogram [B, 1, P, A]; never below 1e-6."""
    flat = g.flatten(1).float()
    return flat.mean(1).view(-1, 1, 1, 1), flat.std(1).clamp(min=1e-6).view(-1, 1, 1, 1)


class PrimalDualUNet(nn.Module):
    def __init__(self, operators, iterations=2, small=True, image_scale=1.27, dual_channels=5, primal_channels=4):
        super().__init__()
        half_turn = operators.scan.span_deg < 270
        self.operators, self.image_scale = operators, image_scale  # 1.27 of water: 0.0254 / mm, section 2
        self.dual_channels, self.primal_channels = dual_channels, primal_channels
        self.dual = nn.ModuleList(DualBlock(dual_channels, 32, half_turn) for _ in range(iterations))
        self.primal = nn.ModuleList(PrimalBlock(primal_channels, small) for _ in range(iterations))
        self.multiple = self.primal[0].body.multiple

    def project(self, image):
        """[B, 1, n, n] -> [B, 1, P, A]."""
        return self.operators.project(image[:, 0]).transpose(1, 2)[:, None]

    def fbp(self, sinogram):
        return self.operators.fbp(sinogram[:, 0].transpose(1, 2).contiguous())[:, None]

    def forward(self, readings, start):
        """readings [B, views, elements] in the unit of A(image), start [B, n, n] -> [B, 1, n, n]."""
        g = readings.transpose(1, 2)[:, None]
        mean, deviation = statistics(g)
        g = (g - mean) / deviation
        h = g.new_zeros(g.shape[0], self.dual_channels, *g.shape[2:])
        f = (start[:, None] / self.image_scale).expand(-1, self.primal_channels, -1, -1)
        for dual, primal in zip(self.dual, self.primal):
            a = (self.project(f.mean(1, keepdim=True) * self.image_scale) - mean) / deviation
            h = dual(h, a, g)
            b = self.fbp(h.mean(1, keepdim=True) * deviation + mean) / self.image_scale
            f = primal(f, b)
        return self.image_scale * f.mean(1, keepdim=True)
