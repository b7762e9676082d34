"""`gloredi`: the FFC encoder and decoder of Li et al. (ICCV 2023, arXiv 2308.08463), with the Fourier transforms as matrix products.

Student: filtered back-projection (or TV, our completion) [B, 1, n, n] -> image. The latent is local (a quarter) and global channels. Distillation:
a second encoder sees the image of twice the views; its latent pulls the student's (`distillation` in losses.py). The paper ends in a sigmoid;
`residual` (our small profile, gloredi.md 9.1) adds the input instead. Sizes must be multiples of 4 and of the size the matrices were made for.
"""
import math

import torch
import torch.nn.functional as functional
from torch import nn


def dft_matrices(n):
    """Cosine and sine of the orthonormal transform of length n, [n, n], made in double precision."""
    k = torch.arange(n, dtype=torch.float64)
    angle = 2 * math.pi * ((k[:, None] * k[None, :]) % n) / n
    return torch.cos(angle) / math.sqrt(n), torch.sin(angle) / math.sqrt(n)


class Transforms(nn.Module):
    """rfft2 and irfft2 (orthonormal) of h x w by matrices, gloredi.md section 7. In float32 whatever the precision around them."""

    def __init__(self, h, w):
        super().__init__()
        kept = w // 2 + 1
        ch, sh = dft_matrices(h)
        cw, sw = dft_matrices(w)
        weight = torch.full((kept,), 2.0, dtype=torch.float64)
        weight[0] = 1
        if w % 2 == 0:
            weight[-1] = 1
        values = {"ch": ch, "sh": sh, "cw": cw[:, :kept], "sw": sw[:, :kept],
                  "iw_c": (cw[:, :kept] * weight).T, "iw_s": (sw[:, :kept] * weight).T}
        for name, value in values.items():
            self.register_buffer(name, value.float().contiguous(), persistent=False)

    def forward(self, x):
        a, b = x @ self.cw, -(x @ self.sw)
        return self.ch @ a + self.sh @ b, self.ch @ b - self.sh @ a

    def inverse(self, re, im):
        p, q = self.ch @ re - self.sh @ im, self.ch @ im + self.sh @ re
        return p @ self.iw_c - q @ self.iw_s


class FourierUnit(nn.Module):
    """Convolution 1 x 1, norm and ReLU among the frequencies; channels alternate real and imaginary part."""

    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(2 * channels, 2 * channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(2 * channels)

    def forward(self, x, transforms):
        with torch.autocast(x.device.type, enabled=False):
            re, im = transforms(x.float())
            b, c, h, k = re.shape
            y = torch.stack([re, im], 2).reshape(b, 2 * c, h, k)
            y = functional.relu(self.norm(self.mix(y))).reshape(b, c, 2, h, k)
            return transforms.inverse(y[:, :, 0], y[:, :, 1])


class SpectralTransform(nn.Module):
    def __init__(self, channels):
        super().__init__()
        half = channels // 2
        self.enter = nn.Sequential(nn.Conv2d(channels, half, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU())
        self.unit = FourierUnit(half)
        self.leave = nn.Conv2d(half, channels, 1, bias=False)

    def forward(self, x, transforms):
        a = self.enter(x)
        return self.leave(a + self.unit(a, transforms))


def conv3(inputs, outputs):
    return nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect", bias=False)


class FfcLayer(nn.Module):
    def __init__(self, local, whole):
        super().__init__()
        self.ll, self.gl, self.lg = conv3(local, local), conv3(whole, local), conv3(local, whole)
        self.gg = SpectralTransform(whole)
        self.norm_l, self.norm_g = nn.BatchNorm2d(local), nn.BatchNorm2d(whole)

    def forward(self, l, g, transforms):
        y = self.ll(l) + self.gl(g)
        z = self.lg(l) + self.gg(g, transforms)
        return functional.relu(self.norm_l(y)), functional.relu(self.norm_g(z))


class FfcBlock(nn.Module):
    def __init__(self, local, whole):
        super().__init__()
        self.first, self.second = FfcLayer(local, whole), FfcLayer(local, whole)

    def forward(self, l, g, transforms):
        y, z = self.second(*self.first(l, g, transforms), transforms)
        return l + y, g + z


def split_latent(z, local):
    """Latent -> (local, global) channels; the paper's code takes others (gloredi.md section 3, quirk)."""
    return z[:, :local], z[:, local:]


def normed(inputs, outputs, kernel, **more):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, bias=False, **more), nn.BatchNorm2d(outputs), nn.ReLU())


class Encoder(nn.Module):
    def __init__(self, ngf=24, blocks=4):
        super().__init__()
        self.local = ngf
        self.stem = normed(1, ngf, 7, padding=3, padding_mode="reflect")
        self.down = normed(ngf, 2 * ngf, 3, stride=2, padding=1, padding_mode="reflect")
        self.to_local = normed(2 * ngf, ngf, 3, stride=2, padding=1, padding_mode="reflect")
        self.to_global = normed(2 * ngf, 3 * ngf, 3, stride=2, padding=1, padding_mode="reflect")
        self.blocks = nn.ModuleList(FfcBlock(ngf, 3 * ngf) for _ in range(blocks))

    def forward(self, x, transforms):
        x = self.down(self.stem(x))
        l, g = self.to_local(x), self.to_global(x)
        for block in self.blocks:
            l, g = block(l, g, transforms)
        return torch.cat([l, g], 1)


class Decoder(nn.Module):
    def __init__(self, ngf=24, blocks=1):
        super().__init__()
        self.local = ngf
        self.blocks = nn.ModuleList(FfcBlock(ngf, 3 * ngf) for _ in range(blocks))
        up = {"stride": 2, "padding": 1, "output_padding": 1}
        self.up = nn.Sequential(nn.ConvTranspose2d(4 * ngf, 2 * ngf, 3, **up), nn.BatchNorm2d(2 * ngf), nn.ReLU(),
                                nn.ConvTranspose2d(2 * ngf, ngf, 3, **up), nn.BatchNorm2d(ngf), nn.ReLU())
        self.last = nn.Conv2d(ngf, 1, 7, padding=3, padding_mode="reflect")

    def forward(self, z, transforms):
        l, g = split_latent(z, self.local)
        for block in self.blocks:
            l, g = block(l, g, transforms)
        return self.last(self.up(torch.cat([l, g], 1)))


MU_OF_WATER = 0.192  # 1/cm: the paper's images are attenuation, which a sigmoid holds between 0 and 1


class Gloredi(nn.Module):
    """Encoder and decoder, images in units of water. `residual`: adds the input and begins as the identity; else the paper's form, a
    sigmoid on attenuation in 1/cm."""

    def __init__(self, ngf=24, blocks=(4, 1), size=256, residual=True):
        super().__init__()
        self.residual, self.multiple = residual, 4
        self.transforms = Transforms(size // 4, size // 4)
        self.encoder, self.decoder = Encoder(ngf, blocks[0]), Decoder(ngf, blocks[1])
        if residual:
            nn.init.zeros_(self.decoder.last.weight)
            nn.init.zeros_(self.decoder.last.bias)

    def encode(self, x):
        return self.encoder(x if self.residual else MU_OF_WATER * x, self.transforms)

    def decode(self, z, x):
        y = self.decoder(z, self.transforms)
        return x + y if self.residual else torch.sigmoid(y) / MU_OF_WATER

    def forward(self, x):
        return self.decode(self.encode(x), x)
