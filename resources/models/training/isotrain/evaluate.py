"""Figures on patients that were not trained on, with confidence intervals over patients. Errors in HU, images in units of water.

Each figure is the mean over patients of the mean over a patient's slices; the interval is the 2.5 and 97.5 percentile of that over
2000 draws of patients with replacement (bootstrap; B. Efron, Ann. Statist. 7 (1979) 1). Slices of one patient are no independent cases.
"""
import numpy as np
import torch
import torch.nn.functional as functional

from .phantoms import random_of
from .total_variation import total_variation

DRAWS = 2000


def rmse_hu(image, truth):
    return 1000 * (image - truth).square().flatten(1).mean(1).sqrt()


def windowed(image, width=3000.0, centre=500.0):
    """HU -> 0 .. 1 in a window."""
    return ((1000 * (image - 1) - (centre - width / 2)) / width).clamp(0, 1)


def psnr(image, truth, width=3000.0, centre=500.0):
    error = (windowed(image, width, centre) - windowed(truth, width, centre)).square().flatten(1).mean(1)
    return -10 * error.clamp(min=1e-20).log10()


def ssim(image, truth, width=3000.0, centre=500.0):
    """11 x 11 Gaussian of 1.5 pixels, K 0.01 and 0.03, range 1, zeros outside (gloredi.md section 8)."""
    x, y = windowed(image, width, centre)[:, None], windowed(truth, width, centre)[:, None]
    g = torch.exp(-torch.arange(-5, 6, dtype=torch.float32, device=x.device).square() / (2 * 1.5**2))
    g = g / g.sum()

    def smooth(a):
        return functional.conv2d(functional.conv2d(a, g.view(1, 1, 1, 11), padding=(0, 5)), g.view(1, 1, 11, 1), padding=(5, 0))

    mx, my = smooth(x), smooth(y)
    vx, vy, cov = smooth(x * x) - mx * mx, smooth(y * y) - my * my, smooth(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    return ((2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))).flatten(1).mean(1)


def patient_means(values, patients):
    values = np.asarray(values, float)
    names = sorted(set(patients))
    return np.array([values[[p == name for p in patients]].mean() for name in names])


def interval(values, patients, seed=1, draws=DRAWS):
    """{mean, low, high, patients, cases}; low and high are the mean itself if there is one patient."""
    means = patient_means(values, patients)
    random = random_of(seed, 6)
    drawn = means[random.integers(0, len(means), (draws, len(means)))].mean(1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {"mean": float(means.mean()), "low": float(low), "high": float(high), "patients": len(means), "cases": len(values)}


@torch.no_grad()
def images_by_method(task, networks, samples, bar=None):
    """{method: [B, n, n]}: the network, what it starts from, FBP; `bar` = (iterations, strength) adds a total variation to beat."""
    out = {"network": task.predict(samples, networks)}
    if task.denoises:
        out["start"] = task.start_of(samples)
        return out
    out["start"] = task.start_of(samples)
    out["fbp"] = task.operators.fbp(samples["readings"]).clamp(min=0)
    if bar:
        water = task.pool_settings(task.options).water_per_mm
        out["tv"] = total_variation(task.operators, samples["readings"] * water, *bar)[0] / water
    return out


def residuals(task, image, readings):
    """|A x - p| / |p| of each."""
    r = task.operators.project(image) - readings
    return r.flatten(1).norm(dim=1) / readings.flatten(1).norm(dim=1).clamp(min=1e-12)


@torch.no_grad()
def evaluate(task, networks, pool, batch=4, bar=None, device="cpu"):
    """{figures: {method: {rmse_hu, psnr_db, ssim, residual}}, better_than: {method: share of slices}} over all samples of a pool."""
    values = {}
    for first in range(0, len(pool), batch):
        samples = pool.batch(range(first, min(first + batch, len(pool))), device)
        for method, image in images_by_method(task, networks, samples, bar).items():
            mine = values.setdefault(method, {"rmse_hu": [], "psnr_db": [], "ssim": [], "residual": []})
            mine["rmse_hu"] += rmse_hu(image, samples["truth"]).tolist()
            mine["psnr_db"] += psnr(image, samples["truth"]).tolist()
            mine["ssim"] += ssim(image, samples["truth"]).tolist()
            if task.operators is not None and not task.denoises:
                mine["residual"] += residuals(task, image, samples["readings"]).tolist()
    figures = {method: {name: interval(found, pool.patients) for name, found in mine.items() if found} for method, mine in values.items()}
    network = np.array(values["network"]["rmse_hu"])
    better = {method: float((network < np.array(mine["rmse_hu"])).mean()) for method, mine in values.items() if method != "network"}
    ratios = {method: interval(network / np.array(mine["rmse_hu"]), pool.patients) for method, mine in values.items() if method != "network"}
    residual = values["network"]["residual"]
    return {"figures": figures, "share_better": better, "rmse_ratio": ratios,
            "residual_median": float(np.median(residual)) if residual else None}
