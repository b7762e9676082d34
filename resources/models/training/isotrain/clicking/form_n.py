"""Click segmentation without a network in NumPy: the same formulas as `plugins/gp_segmentation`, in one slice and for one label.

It is what an encoder is measured against and evaluated by: planes of features and a prior mean may be given, so that the rest is the same.
"""
import math

import numpy as np
from scipy import ndimage

GAUSSIANS = ((1.0, 0.18), (2.0, 0.15), (4.0, 0.30))  # sd in pixels, length scale
MEDIAN_L, GRADIENT_L, DEVIATION_L, DEVIATION_UNIT = 0.25, 1.5, 1.5, 0.08
PARTS_OF_REACH = (0.7, 0.5, 0.35, 0.25, 0.18)
LEAST_BRUSHES, PRIOR_POWER, PRIOR_MEAN = 3, 0.25, -0.5
HEIGHT, FOOTPRINT, BRUSH_PIXELS, SMOOTHING, HOLE_MM2 = 16.0, 4.0, 4.0, 0.7, 5.0


def grey(image):
    """g of an image: 0 and 1 at the 1st and the 99th percentile of what is no padding, clamped to -0.25 and 1.25."""
    values = np.sort(image[np.isfinite(image)], axis=None)
    for _ in range(2):
        following = np.searchsorted(values, values[0], side="right")
        if following == len(values) or values[following] == values[-1] or following / len(values) < 0.02:
            break
        values = values[following:]
    low, high = (values[int(math.floor(share * (len(values) - 1) + 0.5))] for share in (0.01, 0.99))
    scaled = (image - low) / (high - low) if high > low else np.zeros_like(image, np.float64)
    return np.clip(np.nan_to_num(scaled), -0.25, 1.25).astype(np.float32)


def smooth(values, sd):
    radius = math.ceil(3.5 * sd)
    taps = np.exp(-np.arange(-radius, radius + 1) ** 2 / (2 * sd * sd))
    taps = (taps / taps.sum()).astype(np.float32)
    for axis in (0, 1):
        values = ndimage.correlate1d(values, taps, axis, mode="reflect")
    return values


def gradient(values):
    padded = np.pad(values, 1, mode="edge")
    return np.hypot(0.5 * (padded[2:, 1:-1] - padded[:-2, 1:-1]), 0.5 * (padded[1:-1, 2:] - padded[1:-1, :-2]))


def percentile95(values):
    at = int(math.floor(0.95 * (values.size - 1) + 0.5))
    return max(float(np.partition(values, at, axis=None)[at]), 1e-6)


def hand_made(g):
    """[7, H, W] float32 of grey values [H, W], square pixels: median, three Gaussians, two gradients, deviation, over their length scales."""
    planes, narrow = [ndimage.median_filter(g, 3, mode="nearest") / MEDIAN_L], g
    for i, (sd, length) in enumerate(GAUSSIANS):
        narrow = smooth(narrow, sd if i == 0 else math.sqrt(sd * sd - GAUSSIANS[i - 1][0] ** 2))
        planes.append(narrow / length)
        if i < 2:
            slope = gradient(narrow)
            planes.append(slope / (percentile95(slope) * GRADIENT_L))
            mean = narrow
    deviation = np.sqrt(np.maximum(smooth(g * g, 2.0) - mean * mean, 0))
    planes.append(deviation / (DEVIATION_UNIT * DEVIATION_L))
    return np.stack([planes[i] for i in (0, 1, 3, 5, 2, 4, 6)]).astype(np.float32)


def logistic(x):
    return 1 / (1 + np.exp(-x))


def cholesky(a):
    try:
        return np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        return np.linalg.cholesky(a + 1e-3 * np.mean(np.diag(a)) * np.eye(len(a)))


def laplace(k, y, mu):
    """(coefficients, log evidence): Newton's method with a logistic likelihood (GPML 3.1), steps halved where the objective falls."""
    f, a = np.zeros_like(y), np.zeros_like(y)

    def objective(a, f):
        return -0.5 * a @ f - np.logaddexp(0, -y * (f + mu)).sum()

    def curve():
        pi = logistic(f + mu)
        s = np.sqrt(pi * (1 - pi))
        return s, s * s * f + (y + 1) / 2 - pi, cholesky(np.eye(len(y)) + s[:, None] * k * s)

    best = objective(a, f)
    for _ in range(100):
        s, b, low = curve()
        target = b - s * np.linalg.solve(low.T, np.linalg.solve(low, s * (k @ b)))
        step, moved = 1.0, 0.0
        for _ in range(30):
            trial = a + step * (target - a)
            there = k @ trial
            value = objective(trial, there)
            if value >= best - 1e-12 * abs(best):
                moved, f, a, best = np.abs(there - f).max(), there, trial, value
                break
            step /= 2
        if moved < 1e-9:
            break
    low = curve()[2]
    return (y + 1) / 2 - logistic(f + mu), best - np.log(np.diag(low)).sum()


class Slice:
    """One slice to click on: planes of features [P, H, W] and the prior mean, a number or [H, W]. Square pixels of `pixel_mm`."""

    def __init__(self, planes, prior=PRIOR_MEAN, height=HEIGHT, pixel_mm=1.0):
        self.planes, self.height, self.pixel_mm = planes, height, pixel_mm
        self.shape = planes.shape[1:]
        self.prior = np.broadcast_to(np.float32(prior), self.shape)
        self.norms = np.einsum("pyx,pyx->yx", planes, planes)
        self.rows, self.columns = (np.arange(n, dtype=np.float32) for n in self.shape)
        self.usual_reach = 0.2 * math.sqrt(self.shape[0] * self.shape[1])  # in pixels, as everything below
        self.alike = {}  # a click's place: exp(-|a - a'|^2 / 2) over the slice

    def compared(self, at):
        if at not in self.alike:
            own = self.planes[:, at[0], at[1]]
            d2 = self.norms + own @ own - 2 * np.tensordot(own, self.planes, 1)
            self.alike[at] = np.exp(-0.5 * np.maximum(d2, 0))
        return self.alike[at]

    def near(self, at, length):
        down = np.exp(-(self.rows - at[0]) ** 2 / (2 * length * length))
        across = np.exp(-(self.columns - at[1]) ** 2 / (2 * length * length))
        return down[:, None] * across

    def kernel(self, places, alike, reach):
        d2 = ((places[:, None] - places[None]) ** 2).sum(2)
        return self.height * alike * np.exp(-d2 / (2 * reach**2)) + FOOTPRINT * np.exp(-d2 / (2 * BRUSH_PIXELS**2))

    def posterior(self, clicks):
        """(coefficients, reach): of the usual reach and parts of it the one that makes the clicks most probable (decision 0088)."""
        at = [c[0] for c in clicks]
        places = np.array(at, np.float64)
        y = np.array([1.0 if positive else -1.0 for _, positive in clicks])
        own = np.stack([self.planes[:, r, c] for r, c in at]).astype(np.float64)
        alike = np.exp(-0.5 * ((own[:, None] - own[None]) ** 2).sum(2))
        mu = np.array([self.prior[r, c] for r, c in at], np.float64)
        best, reach = laplace(self.kernel(places, alike, self.usual_reach), y, mu), self.usual_reach
        for part in PARTS_OF_REACH:
            tried = part * self.usual_reach
            if tried < LEAST_BRUSHES * BRUSH_PIXELS:
                break
            found = laplace(self.kernel(places, alike, tried), y, mu)
            evidence = found[1] + PRIOR_POWER * math.log(part)
            if evidence > best[1]:
                best, reach = (found[0], evidence), tried
        return best[0], reach, y

    def segment(self, clicks):
        """(mask, wrong): `clicks` is [((row, column), positive)], no place twice. `wrong`: clicks of the wrong sign before their pixels are set."""
        coefficients, reach, y = self.posterior(clicks)
        field = self.prior.astype(np.float32)
        for (at, _), c in zip(clicks, coefficients):
            alike = self.height * self.compared(at) * self.near(at, reach) + FOOTPRINT * self.near(at, BRUSH_PIXELS)
            field = field + np.float32(c) * alike.astype(np.float32)
        field = self.obey(smooth(field, SMOOTHING), clicks, y)
        wrong = sum(y[i] * field[at] <= 0 for i, (at, _) in enumerate(clicks))
        return self.finish(field > 0, clicks), int(wrong)

    def obey(self, field, clicks, y):
        """F += k_c (K_c + 1e-8 I)^-1 r where a click has y F < 1, over all clicks."""
        values = np.array([field[at] for at, _ in clicks], np.float64)
        residual = np.where(y * values < 1, y - values, 0)
        if not residual.any():
            return field
        places = np.array([at for at, _ in clicks], np.float64)
        d2 = ((places[:, None] - places[None]) ** 2).sum(2)
        k = FOOTPRINT * np.exp(-d2 / (2 * BRUSH_PIXELS**2))
        field = field.astype(np.float64)
        for (at, _), c in zip(clicks, np.linalg.solve(k + 1e-8 * np.eye(len(k)), residual)):
            field += c * FOOTPRINT * self.near(at, BRUSH_PIXELS)
        return field

    def finish(self, mask, clicks):
        """Parts with a positive click; small holes filled; the clicked pixels outright."""
        parts, _ = ndimage.label(mask)
        kept = {parts[at] for at, positive in clicks if positive} - {0}
        mask = np.isin(parts, list(kept))
        holes, count = ndimage.label(~mask)
        sizes = np.bincount(holes.ravel(), minlength=count + 1)
        border = set(np.concatenate([holes[0], holes[-1], holes[:, 0], holes[:, -1]]))
        negative = {holes[at] for at, positive in clicks if not positive}
        for part in range(1, count + 1):
            if sizes[part] <= HOLE_MM2 / self.pixel_mm**2 and part not in border and part not in negative:
                mask[holes == part] = True
        for at, positive in clicks:
            mask[at] = positive
        return mask
