"""From a slice to a scan: augmentation, projection on a grid twice as fine, Poisson noise. Attenuation in units of water.

The truth is the 2 x 2 mean of the fine image, so that no method is judged on the grid that the readings were made on. Line integrals are
physical: p = sum of mu l with mu_water in 1/mm; counts N = Poisson(I0 exp(-p)), p' = -log(max(N, 1) / I0) (gloredi.md, section 2).
"""
import numpy as np
import torch
import torch.nn.functional as functional

from .errors import InputError
from .phantoms import random_of

WATER_PER_MM = 0.02  # primal-dual-unet.md, section 2
HU_PER_WATER = 1000.0


def to_water(hounsfield):
    """HU -> attenuation, water 1, air 0; what is less than air is air."""
    return np.maximum(1 + hounsfield / HU_PER_WATER, 0).astype(np.float32)


def augmentation(seed, index, strength=1.0, upright=False):
    """(2 x 3 matrix of output to input coordinates in -1 .. 1, gain) of one sample: rotation, flip, scale, gain of 3 %. `upright`:
    rotation of up to 5 degrees and no flip, for a prior that is to know left from right (diffusion-mbir.md, section 8.1)."""
    random = random_of(seed, 1, index)
    turn = random.uniform(0, 2 * np.pi)
    angle, scale = turn * strength, 1 / np.exp(random.uniform(np.log(0.85), np.log(1.12)) * strength)
    flip = -1.0 if strength and random.random() < 0.5 else 1.0
    if upright:
        angle, flip = np.radians(5) * (turn / np.pi - 1) * strength, 1.0
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[cos * flip, -sin, 0], [sin * flip, cos, 0]], np.float32)
    return matrix, float(1 + 0.03 * strength * random.uniform(-1, 1))


def fine_image(hounsfield, size, augment=None):
    """A slice on size x size pixels, its own edge on the edge of the image. Smaller slices are interpolated, larger ones averaged."""
    image = torch.from_numpy(to_water(hounsfield))[None, None]
    if image.shape[-1] > size:
        image = functional.adaptive_avg_pool2d(image, size)
    matrix, gain = augment if augment is not None else (np.array([[1, 0, 0], [0, 1, 0]], np.float32), 1.0)
    if augment is None and image.shape[-1] == size:
        return image[0, 0]
    grid = functional.affine_grid(torch.from_numpy(matrix)[None], [1, 1, size, size], align_corners=False)
    return gain * functional.grid_sample(image, grid, mode="bilinear", padding_mode="zeros", align_corners=False)[0, 0]


def truth(fine):
    """The 2 x 2 mean."""
    return functional.avg_pool2d(fine[None], 2)[0]


def noisy(readings, photons, random):
    """Readings (physical line integrals, any shape) with Poisson noise of `photons` a reading; 0: none."""
    if photons == 0:
        return readings
    if photons < 2:
        raise InputError(f"{photons} photons a reading are too few; give 2 or more, or 0 for no noise")
    counts = random.poisson(photons * np.exp(-np.maximum(readings, 0).astype(np.float64)))
    return -np.log(np.maximum(counts, 1) / photons).astype(np.float32)
