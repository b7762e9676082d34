"""How far a scan (for a denoiser: an image) lies from what a network was trained on: one number, its threshold from validation (ours).

Four features of a scan and its starting image x: mean, standard deviation and 99th percentile of x (units of water), and the relative data
residual |A x - p| / |p|. The score is the root mean square of the features' distances from the means of the training pool, each over its
standard deviation there; about 1 for a scan like those. Warned of is what scores above the highest of the validation samples.
"""
import torch

FEATURES = ("mean", "deviation", "percentile_99", "residual")


@torch.no_grad()
def features(operators, image, readings):
    """[B, n, n], [B, views, elements] -> [B, 4]."""
    flat = image.flatten(1)
    rank = int(0.99 * (flat.shape[1] - 1))
    residual = (operators.project(image) - readings).flatten(1).norm(dim=1) / readings.flatten(1).norm(dim=1).clamp(min=1e-12)
    return torch.stack([flat.mean(1), flat.std(1), flat.sort(dim=1).values[:, rank], residual], 1)


def score(found, mean, deviation):
    return ((found - mean) / deviation).square().mean(1).sqrt()


def all_features(task, pool, batch, device, limit=256):
    """Of the first `limit` samples of a pool."""
    rows, count = [], min(len(pool), limit)
    for first in range(0, count, batch):
        samples = pool.batch(range(first, min(first + batch, count)), device)
        rows.append(features(task.operators, task.start_of(samples), samples["readings"]).cpu())
    return torch.cat(rows)


@torch.no_grad()
def denoiser_features(image, denoised):
    """Of a network without readings: mean, deviation, 99th percentile of the clean image, and how badly noise of 0.1 is removed from it."""
    flat = image.flatten(1)
    rank = int(0.99 * (flat.shape[1] - 1))
    error = (denoised - image).flatten(1).square().mean(1).sqrt()
    return torch.stack([flat.mean(1), flat.std(1), flat.sort(dim=1).values[:, rank], error], 1)


def all_denoiser_features(task, networks, pool, batch, device, limit=256):
    rows, count = [], min(len(pool), limit)
    for first in range(0, count, batch):
        samples = pool.batch(range(first, min(first + batch, count)), device)
        with torch.no_grad():
            rows.append(denoiser_features(samples["truth"], task.predict(samples, networks)).cpu())
    return torch.cat(rows)


def domain(task, train, validation, batch=4, device="cpu", networks=None):
    """{features, mean, deviation, threshold} for the card. `networks`: the trained ones, which a denoiser is scored with."""
    if task.denoises:
        known = all_denoiser_features(task, networks, train, batch, device)
        mean, deviation = known.mean(0), known.std(0).clamp(min=1e-6)
        threshold = float(score(all_denoiser_features(task, networks, validation, batch, device), mean, deviation).max())
        names = [*FEATURES[:3], "denoising_error"]
        return {"features": names, "mean": mean.tolist(), "deviation": deviation.tolist(), "threshold": threshold}
    known = all_features(task, train, batch, device)
    mean, deviation = known.mean(0), known.std(0).clamp(min=1e-6)
    threshold = float(score(all_features(task, validation, batch, device), mean, deviation).max())
    return {"features": list(FEATURES), "mean": mean.tolist(), "deviation": deviation.tolist(), "threshold": threshold}
