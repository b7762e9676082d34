"""Total variation of many scans at once, with the algorithm of `sparse_view_ct/tv`.

Minimises 1/2 |A x - p|^2 + lambda TV(x) over x >= 0 by the primal-dual method with diagonal steps (A. Chambolle and T. Pock 2011; T. Pock
and A. Chambolle 2011, lemma 2), started from filtered back-projection; lambda follows from the noise and is corrected from the misfit
as `core/src/tomography/total_variation.cpp` does it. The test holds it to the image of the program. Strength 1 and a step ratio of 0.01
are what the networks were trained with; the program's own are 1.5 and 0.03.
"""
import torch

BALANCE, EXACT, CORRECTIONS = 0.75, 5e-4, (0.30, 0.55, 0.75)


def noise_level(readings):
    """Of each sinogram, from third differences along the detector (`noise_level` of the program)."""
    r = readings
    d = (r[..., 3:] - 3 * r[..., 2:-1] + 3 * r[..., 1:-2] - r[..., :-3]).abs().flatten(1)
    middle = d.shape[1] // 2
    return d.sort(dim=1).values[:, middle] / (0.6745 * 20.0**0.5)


def differences(x):
    """Forward differences along x and y, zero at the far border: [B, n, n] -> [B, 2, n, n]."""
    d = torch.zeros(x.shape[0], 2, *x.shape[1:], device=x.device)
    d[:, 0, :, :-1] = x[:, :, 1:] - x[:, :, :-1]
    d[:, 1, :-1] = x[:, 1:] - x[:, :-1]
    return d


def differences_adjoint(d):
    x = torch.zeros(d.shape[0], *d.shape[2:], device=d.device)
    x[:, :, 1:] += d[:, 0, :, :-1]
    x[:, :, :-1] -= d[:, 0, :, :-1]
    x[:, 1:] += d[:, 1, :-1]
    x[:, :-1] -= d[:, 1, :-1]
    return x


def inverted(sums, factor):
    """factor / sums; 0 where a sum is 0."""
    small = sums.abs() <= 1e-9 * sums.abs().max()
    return torch.where(small, torch.zeros_like(sums), factor / torch.where(small, torch.ones_like(sums), sums))


def stages(iterations, fixed):
    ends = []
    for part in () if fixed else CORRECTIONS:
        end = int(part * iterations + 0.5)
        if (ends[-1] if ends else 0) < end < iterations:
            ends.append(end)
    return ends + [iterations]


@torch.no_grad()
def total_variation(operators, readings, iterations=150, strength=1.0, weight_mm=0.0, ratio=0.01, start=None):
    """[B, views, elements] -> ([B, n, n], lambda of each). All images take all iterations: there is no tolerance."""
    scan, p = operators.scan, readings.float()
    ones = torch.ones(1, scan.views, scan.elements, device=p.device)
    columns = operators.project_adjoint(ones)
    positive = columns[columns > 0].sort().values
    column = float(positive[len(positive) // 2])
    factor, balance = column / 4, ratio**0.5
    rows = operators.project(torch.ones_like(columns))
    sigma, sigma_d = inverted(rows, 1 / balance), 1 / (balance * 2 * factor)
    tau = inverted(columns + 4 * factor, balance)
    size = p.flatten(1).norm(dim=1) / (scan.views * scan.elements) ** 0.5

    def weight_for(misfit):
        return BALANCE * strength * (scan.spacing_mm * column) ** 0.5 * torch.maximum(misfit, EXACT * size)

    weight = torch.full_like(size, weight_mm) if weight_mm > 0 else weight_for(noise_level(p))
    x = (operators.fbp_ramp(p) if start is None else start).clamp(min=0)
    ax, dx = operators.project(x), factor * differences(x)

    def ascend(y, z, mean_ax, mean_dx):
        y = (y + sigma * mean_ax - sigma * p) / (1 + sigma)
        z = z + sigma_d * mean_dx
        length = z.square().sum(1, keepdim=True).sqrt()
        radius = (weight / factor)[:, None, None, None]
        return y, z * torch.where(length > radius, radius / length.clamp(min=1e-30), torch.ones_like(length))

    y, z = ascend(torch.zeros_like(p), torch.zeros_like(dx), ax, dx)
    ends, done = stages(iterations, weight_mm > 0), 0
    for end in ends:
        for _ in range(end - done):
            x = (x - tau * (operators.project_adjoint(y) + factor * differences_adjoint(z))).clamp(min=0)
            new_ax, new_dx = operators.project(x), factor * differences(x)
            y, z = ascend(y, z, 2 * new_ax - ax, 2 * new_dx - dx)
            ax, dx = new_ax, new_dx
        done = end
        if end != ends[-1]:
            weight = weight_for((ax - p).flatten(1).norm(dim=1) / (scan.views * scan.elements) ** 0.5)
    return x, weight
