"""What the networks share: levels, a U-Net of them, pixels folded into channels, padding of views."""
import torch
import torch.nn.functional as functional
from torch import nn


def unshuffle(x, factor=2):
    """[B, C, H, W] -> [B, C f f, H / f, W / f], as plain reshapes, which every runtime has."""
    b, c, h, w = x.shape
    x = x.reshape(b, c, h // factor, factor, w // factor, factor)
    return x.permute(0, 1, 3, 5, 2, 4).reshape(b, c * factor * factor, h // factor, w // factor)


def shuffle(x, factor=2):
    b, c, h, w = x.shape
    x = x.reshape(b, c // (factor * factor), factor, factor, h, w)
    return x.permute(0, 1, 4, 2, 5, 3).reshape(b, c // (factor * factor), h * factor, w * factor)


def level(inputs, outputs, norm):
    """Twice convolution, ReLU, and BatchNorm if `norm` (primal-dual-unet.md, section 4: in this order)."""
    parts = []
    for channels in (inputs, outputs):
        parts += [nn.Conv2d(channels, outputs, 3, padding=1), nn.ReLU()] + ([nn.BatchNorm2d(outputs)] if norm else [])
    return nn.Sequential(*parts)


def halo_of(shuffled, levels):
    """How many pixels around its own a pixel of the output of a U-Net depends on. A pixel of level i is shuffled 2^i wide, s_i: two
    convolutions reach 2 s_i on the way down and again on the way up, the interpolation from level i + 1 reaches s_(i+1), and the block
    that is averaged into the deepest pixel ends up to s - 1 beside the one that is asked for."""
    wide = [shuffled * 2**i for i in range(levels)]
    return 2 * sum(wide) + sum(wide[1:]) + 2 * sum(wide[:-1]) + wide[-1] - 1


class UNet(nn.Module):
    """Average pooling down, bilinear up and 1 x 1 convolution to half the channels, skips joined. Sizes must be multiples of
    `multiple`. `shuffle` folds pixels into channels first; the last convolution starts at zero if `zero_last`."""

    def __init__(self, inputs, outputs, widths=(32, 64, 128), norm=False, shuffled=2, zero_last=True):
        super().__init__()
        self.shuffled, self.multiple = shuffled, shuffled * 2 ** (len(widths) - 1)
        fold = shuffled * shuffled
        self.down = nn.ModuleList(level(a, b, norm) for a, b in zip((inputs * fold, *widths), widths))
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in zip(widths, widths[1:]))
        self.up = nn.ModuleList(level(2 * a, a, norm) for a in widths[:-1])
        self.last = nn.Conv2d(widths[0], outputs * fold, 1)
        self.halo = halo_of(shuffled, len(widths))
        if zero_last:
            nn.init.zeros_(self.last.weight)
            nn.init.zeros_(self.last.bias)

    def forward(self, x):
        x = unshuffle(x, self.shuffled) if self.shuffled > 1 else x
        skips = []
        for i, down in enumerate(self.down):
            x = down(functional.avg_pool2d(x, 2) if i else x)
            skips.append(x)
        for i in range(len(self.up) - 1, -1, -1):
            x = self.narrow[i](functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False))
            x = self.up[i](torch.cat([x, skips[i]], 1))
        x = self.last(x)
        return shuffle(x, self.shuffled) if self.shuffled > 1 else x


def pad_views(x, half_turn):
    """One element around a sinogram [B, C, elements, views]: the detector repeats its edge, views go round. After half a turn the
    neighbour of the last view is the first one with the detector turned round (primal-dual-unet.md, pitfall 1)."""
    first, last = x[..., :1], x[..., -1:]
    if half_turn:
        first, last = first.flip(2), last.flip(2)
    x = torch.cat([last, x, first], 3)
    return torch.cat([x[:, :, :1], x, x[:, :, -1:]], 2)


def parameter_count(module):
    return sum(p.numel() for p in module.parameters())
