"""The Gaussian process of clicks in PyTorch, for training through it: Laplace's approximation, the reach by its evidence, the latent field.

Clicks are padded to one number a batch: weight 0 is no click. Everything about clicks is float64, everything about pixels float32. Lengths in pixels.
"""
import math

import torch

from .form_n import BRUSH_PIXELS, FOOTPRINT, LEAST_BRUSHES, PARTS_OF_REACH, PRIOR_POWER


def kernel(alike, d2, height, reach):
    """Of squared distances `d2` [B, ...] and exp(-|a - a'|^2 / 2) `alike`, with the reach [B] of each."""
    wide = reach.reshape(-1, *(1 for _ in d2.shape[1:])).to(d2)
    return height * alike * torch.exp(-d2 / (2 * wide**2)) + FOOTPRINT * torch.exp(-d2 / (2 * BRUSH_PIXELS**2))


def curvature(k, y, mu, weight, f):
    """(s, b, lower) of Newton's method at f: W = w pi (1 - pi), s = sqrt W, b = W f + w ((y + 1) / 2 - pi), L L' = I + s K s."""
    pi = torch.sigmoid(f + mu)
    s = weight.sqrt() * (pi * (1 - pi)).sqrt()  # in this order: a weight of 0 has no derivative
    b = s * s * f + weight * ((y + 1) / 2 - pi)
    eye = torch.eye(k.shape[-1], dtype=k.dtype, device=k.device)
    return s, b, torch.linalg.cholesky(eye + s[..., :, None] * k * s[..., None, :])


def coefficients(k, y, mu, weight, f):
    """a with K a = the next f: b - s L'^-1 L^-1 s K b."""
    s, b, lower = curvature(k, y, mu, weight, f)
    inner = torch.cholesky_solve((s * (k @ b[..., None])[..., 0])[..., None], lower)[..., 0]
    return b - s * inner


def objective(y, mu, weight, a, f):
    return -0.5 * (a * f).sum(-1) + (weight * torch.nn.functional.logsigmoid(y * (f + mu))).sum(-1)


@torch.no_grad()
def mode(k, y, mu, weight, steps=10):
    """(f at the mode, log evidence). Of each step the whole, a half or a quarter is taken, whichever makes the objective largest."""
    f = a = torch.zeros(torch.broadcast_shapes(k.shape[:-1], y.shape), dtype=k.dtype, device=k.device)
    best = objective(y, mu, weight, a, f)
    for _ in range(steps):
        toward = coefficients(k, y, mu, weight, f) - a
        from_a, from_f, along = a, f, (k @ toward[..., None])[..., 0]
        for part in (1.0, 0.5, 0.25):
            tried_a, tried_f = from_a + part * toward, from_f + part * along
            value = objective(y, mu, weight, tried_a, tried_f)
            better = value > best
            a, f = torch.where(better[..., None], tried_a, a), torch.where(better[..., None], tried_f, f)
            best = torch.where(better, value, best)
    lower = curvature(k, y, mu, weight, f)[2]
    return f, best - torch.diagonal(lower, dim1=-2, dim2=-1).log().sum(-1)


class Scene:
    """A batch of slices to click on: planes [B, P, H, W] and prior mean [B, H, W] with gradient, the height of the kernel, the usual reach [B].

    Clicks are added one to each slice; `latent` answers all so far."""

    def __init__(self, planes, prior, height, reach):
        self.planes, self.prior, self.height, self.reach = planes, prior, height, reach
        self.flat, (self.h, self.w) = planes.flatten(2), planes.shape[-2:]
        self.norms = self.flat.square().sum(1)
        self.own, self.alike, self.brush, self.at, self.y, self.weight = [], [], [], [], [], []

    def near(self, at, length):
        """exp(-d^2 / 2 l^2) of the flat places [B, n] to all pixels, [B, n, H, W]; `length` [B, 1] or a number."""
        y, x = (torch.arange(n, device=at.device, dtype=torch.float32) for n in (self.h, self.w))
        down, across = at[..., None] // self.w - y, at[..., None] % self.w - x
        twice = 2 * length * length if isinstance(length, float) else 2 * length[..., None].square()
        return torch.exp(-down.square() / twice)[..., :, None] * torch.exp(-across.square() / twice)[..., None, :]

    def add(self, at, y, weight):
        """One click a slice: flat places [B], labels (+1, -1), weights (0: none)."""
        own = torch.gather(self.flat, 2, at[:, None, None].expand(-1, self.flat.shape[1], 1))[..., 0]
        d2 = own.square().sum(1)[:, None] + self.norms - 2 * torch.einsum("bp,bpx->bx", own, self.flat)
        self.own.append(own)
        self.alike.append(torch.exp(-0.5 * d2.clamp(min=0)).reshape(-1, self.h, self.w))
        self.brush.append(FOOTPRINT * self.near(at[:, None], BRUSH_PIXELS)[:, 0])
        self.at.append(at), self.y.append(y), self.weight.append(weight)

    @torch.no_grad()
    def choose_reach(self, alike, d2, y, mu, weight):
        """Of the usual reach and parts of it, the one with the largest evidence (decision 0088)."""
        parts = torch.tensor([1.0, *PARTS_OF_REACH], device=self.reach.device)
        tried = parts[:, None] * self.reach
        kernels = torch.stack([kernel(alike, d2, self.height, one) for one in tried])
        evidence = mode(kernels, y, mu, weight)[1] + PRIOR_POWER * parts.double().log()[:, None]
        evidence[1:] = evidence[1:].masked_fill(tried[1:] < LEAST_BRUSHES * BRUSH_PIXELS, -math.inf)
        return torch.gather(tried, 0, evidence.argmax(0)[None])[0]

    def latent(self):
        """F [B, H, W]. The gradient is that of the mode: one more Newton step at the mode, whose own derivative with respect to f vanishes there."""
        at, y, weight = torch.stack(self.at, 1), torch.stack(self.y, 1).double(), torch.stack(self.weight, 1).double()
        own = torch.stack(self.own, 1).double()
        alike = torch.exp(-0.5 * (own[:, :, None] - own[:, None]).square().sum(3))
        places = torch.stack([at // self.w, at % self.w], 2).double()
        apart = (places[:, :, None] - places[:, None]).square().sum(3)
        mu = torch.gather(self.prior.flatten(1), 1, at).double()
        reach = self.choose_reach(alike.detach(), apart, y, mu.detach(), weight)
        k = kernel(alike, apart, self.height.double(), reach)
        f, _ = mode(k.detach(), y, mu.detach(), weight)
        a = coefficients(k, y, mu, weight, f).float()
        near = self.near(at, reach[:, None])
        field = self.prior
        for i in range(at.shape[1]):
            field = field + a[:, i, None, None] * (self.height * self.alike[i] * near[:, i] + self.brush[i])
        return field
