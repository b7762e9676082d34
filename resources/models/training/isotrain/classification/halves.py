"""The two halves of an image that dual smoothing shows its two networks (drs-certification.md, 3.2): the same as the program's."""
import torch
import torch.nn.functional as functional

SIDES = ("left", "right")


def mask(side, height, width, split="checkerboard"):
    """1 where a pixel is of the half: left is where row + column (checkerboard) or the row (rows) is even."""
    rows, columns = torch.arange(height)[:, None], torch.arange(width)[None, :]
    parity = {"checkerboard": rows + columns, "rows": rows + 0 * columns, "columns": columns + 0 * rows}[split] % 2
    return (parity == SIDES.index(side)).float()


def fill(half, own):
    """A pixel of the other half becomes the mean of its neighbours above, below, left and right that are of this half."""
    channels = half.shape[1]
    cross = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]).expand(channels, 1, 3, 3).to(half.device)
    sums = functional.conv2d(half * own, cross, padding=1, groups=channels)
    count = functional.conv2d(own.expand(1, 1, *own.shape), cross[:1], padding=1)
    return torch.where(own.bool(), half, sums / count.clamp(min=1))


def half_of(noisy, side, split="checkerboard"):
    """What the network of a side sees of a noisy image."""
    own = mask(side, *noisy.shape[2:], split).to(noisy.device)
    return fill(noisy * own, own)
