"""A small residual classifier; standardisation is inside, after the noise, so that sigma and radius keep their unit."""
import torch
from torch import nn


class Block(nn.Module):
    """Two convolutions of 3 x 3 with BatchNorm around a skip; the first may halve the image."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        same = inputs == outputs and stride == 1
        self.skip = nn.Identity() if same else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return torch.relu(self.second(self.first(x)) + self.skip(x))


class SmallResNet(nn.Module):
    """[B, C, H, W] in [0, 1] plus noise -> scores [B, classes]. The image is halved by the first convolution and between stages."""

    multiple = 1

    def __init__(self, channels=1, classes=2, widths=(16, 32, 64), mean=0.5, deviation=0.25):
        super().__init__()
        self.register_buffer("mean", torch.tensor(float(mean)))
        self.register_buffer("deviation", torch.tensor(float(deviation)))
        self.stem = nn.Sequential(nn.Conv2d(channels, widths[0], 3, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU())
        self.stages = nn.Sequential(*(Block(a, b, 1 if i == 0 else 2) for i, (a, b) in enumerate(zip((widths[0], *widths), widths))))
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, x):
        x = self.stages(self.stem((x - self.mean) / self.deviation))
        return self.head(x.mean((2, 3)))
