"""`denoiser`: D(x, sigma) with the preconditioning of Karras et al. (NeurIPS 2022, "EDM"), for diffusion-mbir.md.

    D = c_skip x + c_out F(c_in x, ln(sigma) / 4),  c_skip = sd^2 / (s^2 + sd^2),  c_out = s sd / sqrt(s^2 + sd^2),  c_in = 1 / sqrt(s^2 + sd^2)

F is a U-Net of 24-48-96; the noise level is a second channel. x in units of water, sd = 0.5. Fully convolutional: trained on crops.
"""
import torch
from torch import nn

from .blocks import UNet

SIGMA_DATA = 0.5


class Denoiser(nn.Module):
    def __init__(self, widths=(24, 48, 96), sigma_data=SIGMA_DATA):
        super().__init__()
        self.body, self.sigma_data = UNet(2, 1, widths, False, 1), sigma_data
        self.multiple, self.halo = self.body.multiple, self.body.halo

    def forward(self, x, sigma):
        """x [B, 1, H, W], sigma [B] -> [B, 1, H, W]."""
        s, sd = sigma.view(-1, 1, 1, 1), self.sigma_data
        total = s * s + sd * sd
        level = (torch.log(s) / 4).expand_as(x[:, :1])
        return sd * sd / total * x + s * sd / total.sqrt() * self.body(torch.cat([x / total.sqrt(), level], 1))
