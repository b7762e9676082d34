"""What the encoder learns on: random scenes of shapes, and crops of images with masks. What (seed, index) gives never changes.

A scene (section 6 of gp-interactive-segmentation.md): a background, often a body, 3 to 16 shapes laid over each other (ellipses, stars,
tubes, rings; some with a rim, some as bright as an earlier one), texture, bias field, blur, noise (Gaussian, Rician, Poisson, speckle),
random contrast. The target is a shape that can be seen.
"""
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from scipy import ndimage

from ..phantoms import random_of
from .form_n import grey, hand_made

LEAST_PIXELS, MOST_SHARE = 60, 0.35


def field(random, size, cells):
    """Smooth noise of standard deviation 1 with about `cells` bumps along an edge."""
    coarse = torch.from_numpy(random.standard_normal((1, 1, cells, cells)).astype(np.float32))
    fine = functional.interpolate(coarse, size=(size, size), mode="bicubic", align_corners=False)[0, 0].numpy()
    return (fine - fine.mean()) / max(fine.std(), 1e-6)


def shape(random, size, x, y):
    """(mask, kind) of one shape."""
    kind = ("star", "star", "ellipse", "tube", "ring")[random.integers(5)]
    centre, r = random.uniform(0.1, 0.9, 2) * size, float(np.exp(random.uniform(np.log(3.5), np.log(0.26 * size))))
    dx, dy = x - centre[0], y - centre[1]
    if kind == "tube":
        path, step = [centre], random.uniform(0, 2 * np.pi)
        for _ in range(random.integers(8, 30)):
            step += random.normal(0, 0.25)
            path.append(path[-1] + 3 * np.array([np.cos(step), np.sin(step)]))
        wide = random.uniform(2, 6)
        return np.min([(x - px) ** 2 + (y - py) ** 2 for px, py in path], 0) < wide * wide
    turn, flat = random.uniform(0, np.pi), random.uniform(0.5, 1)
    u, v = (dx * np.cos(turn) + dy * np.sin(turn)) / r, (dy * np.cos(turn) - dx * np.sin(turn)) / (r * flat)
    distance = np.hypot(u, v)
    if kind == "ellipse":
        return distance < 1
    if kind == "ring":
        return (distance < 1) & (distance > random.uniform(0.4, 0.75))
    angle, edge = np.arctan2(v, u), 1.0
    for k in range(2, 5):
        edge = edge * (1 + random.uniform(0, 0.18) * np.cos(k * angle + random.uniform(0, 2 * np.pi)))
    return distance < edge


def laid_out(random, size):
    """(image before texture and noise, labels): 0 is background, body and rims."""
    x, y = np.meshgrid(np.arange(size, dtype=np.float32), np.arange(size, dtype=np.float32))
    ground = random.uniform(0.3, 0.7)
    image, labels = np.full((size, size), ground, np.float32), np.zeros((size, size), np.int32)
    if random.random() < 0.5:
        centre, radii = size * (0.5 + random.normal(0, 0.1, 2)), size * random.uniform(0.35, 0.7, 2)
        image[((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 > 1] = random.choice([0.0, 0.05, 1.0])
    levels = []
    for k in range(1, random.integers(4, 18)):
        mask = shape(random, size, x, y)
        if levels and random.random() < 0.35:
            level = levels[random.integers(len(levels))]
        else:
            level = ground + random.choice([-1, 1]) * random.uniform(0.08, 0.45)
        levels.append(level)
        if random.random() < 0.3:  # a rim: a wall between what looks alike
            rim = ndimage.binary_dilation(mask, iterations=int(random.integers(1, 5))) & ~mask
            image[rim], labels[rim] = level + random.choice([-1, 1]) * random.uniform(0.1, 0.4), 0
        image[mask], labels[mask] = level, k
        if random.random() < 0.25:
            image[mask] += random.uniform(0.02, 0.08) * field(random, size, int(random.integers(8, 40)))[mask]
    return image, labels


def noisy(random, image):
    """Texture, bias, blur and noise, none of them always."""
    size = len(image)
    image = image + random.uniform(0, 0.05) * field(random, size, int(random.integers(8, 50)))
    image = image * (1 + random.uniform(0, 0.15) * field(random, size, int(random.integers(2, 5))))
    image = ndimage.gaussian_filter(image, random.uniform(0.3, 1.5), truncate=3)
    strength, kind = random.uniform(0.01, 0.12), random.integers(4)
    noise = random.standard_normal((2, size, size)).astype(np.float32)
    if random.random() < 0.3:
        noise = ndimage.gaussian_filter(noise, (0, 0.8, 0.8)) * 2.5
    if kind == 1:
        return np.hypot(image + strength * noise[0], strength * noise[1])
    if kind == 2:
        return random.poisson(np.maximum(image, 0) / strength**2) * strength**2
    if kind == 3:
        return image * np.maximum(1 + 2 * strength * noise[0], 0)
    return image + strength * noise[0]


def seen_labels(labels):
    counts = np.bincount(labels.ravel())
    return [l for l in range(1, len(counts)) if LEAST_PIXELS <= counts[l] <= MOST_SHARE * labels.size]


def make_scene(random, size):
    """(image, truth) of one random scene."""
    while True:
        image, labels = laid_out(random, size)
        found = seen_labels(labels)
        if found:
            truth = labels == found[random.integers(len(found))]
            parts, count = ndimage.label(truth)
            if count > 1:
                truth = parts == 1 + np.argmax(np.bincount(parts.ravel())[1:])
            if truth.sum() >= LEAST_PIXELS:
                return noisy(random, image), truth


def make_click_phantom(random, size=192):
    """(image, truth): the phantom of section 8, for measuring: a body, five blobs, a star as the target; never trained on as such."""
    x, y = np.meshgrid(np.arange(size, dtype=np.float64), np.arange(size, dtype=np.float64))

    def blob(low, high):
        r, angle, away = size * random.uniform(low, high), random.uniform(0, 2 * np.pi), size * random.uniform(0, 0.22)
        centre = size / 2 + away * np.array([np.cos(angle), np.sin(angle)])
        around, edge = np.arctan2(y - centre[1], x - centre[0]), r
        contrast = random.uniform(0.12, 0.25) * random.choice([-1, 1])
        for k in range(2, 5):
            edge = edge * (1 + random.uniform(0, 0.18) * np.cos(k * around + random.uniform(0, 2 * np.pi)))
        return centre, r, contrast, np.hypot(x - centre[0], y - centre[1]) < edge

    target, others = blob(0.08, 0.16), []
    for _ in range(40):
        one = blob(0.04, 0.10)
        if len(others) < 5 and np.hypot(*(one[0] - target[0])) > 1.25 * (one[1] + target[1]):
            others.append(one)
    inside = ((x - size / 2) / (0.46 * size)) ** 2 + ((y - size / 2) / (0.40 * size)) ** 2 < 1
    image = np.where(inside, 0.5, 0.05)
    for _, _, contrast, mask in [*others, target]:
        image[mask] = 0.5 + contrast

    def smooth_field(sd, height):
        values = ndimage.gaussian_filter(random.standard_normal((size, size)), sd, truncate=3.5)
        return values * height / np.sqrt(np.mean(values**2))

    image = (image + smooth_field(3, 0.03)) * (1 + smooth_field(40, 0.12))
    image = ndimage.gaussian_filter(image, 0.8, truncate=3.5) + 0.05 * random.standard_normal((size, size))
    return image.astype(np.float32), target[3]


@dataclass(frozen=True)
class Labelled:
    """One slice with its labels (0: nothing): g [H, W] and labels [H, W]."""
    collection: str
    g: np.ndarray
    labels: np.ndarray


def crop(random, one, size):
    """(g, truth) of a random object: turned, mirrored, scaled, cut out around a random place of it; inverted and bent in contrast."""
    counts = np.bincount(one.labels.ravel())
    found = [l for l in range(1, len(counts)) if counts[l] >= LEAST_PIXELS]
    label = found[random.integers(len(found))]
    rows, columns = np.nonzero(one.labels == label)
    at = random.integers(len(rows))
    scale = float(np.exp(random.uniform(np.log(0.5), np.log(1.5))))
    half = size / 2 / scale
    middle = np.array([rows[at], columns[at]]) + random.uniform(-0.25, 0.25, 2) * size / scale
    turn = random.uniform(0, 2 * np.pi) if random.random() < 0.3 else np.pi / 2 * random.integers(4)
    grid = (np.arange(size) + 0.5) / scale - half
    v, u = np.meshgrid(grid, grid * random.choice([-1, 1]), indexing="ij")
    places = [middle[0] + np.cos(turn) * v - np.sin(turn) * u, middle[1] + np.sin(turn) * v + np.cos(turn) * u]
    g = ndimage.map_coordinates(one.g, places, order=1, mode="mirror")
    truth = ndimage.map_coordinates((one.labels == label).astype(np.float32), places, order=1, mode="mirror") > 0.5
    g = np.clip(g, -0.25, 1.25)
    low = g.min()
    g = (g - low) ** float(np.exp(random.normal(0, 0.25))) + low
    if random.random() < 0.3:
        g = 1 - g
    return g + random.uniform(0, 0.04) * random.standard_normal(g.shape), truth


class ScenePool:
    """As the trainer takes samples: `count` of them, each made when it is asked for. A share of crops, where there are labelled slices,
    and of crops of scenes twice as wide, in which the object is small."""

    def __init__(self, count, size, seed, labelled=(), share=0.4, wide=0.3):
        self.count, self.size, self.seed, self.labelled, self.share, self.wide = count, size, seed, list(labelled), share, wide
        text = repr((count, size, seed, share if self.labelled else 0, wide))
        digest = hashlib.sha256(text.encode())
        for one in self.labelled:
            digest.update(one.g.tobytes() + one.labels.tobytes())
        self.folder = Path(digest.hexdigest()[:16])  # what a checkpoint is held against

    def __len__(self):
        return self.count

    def sample(self, index):
        random = random_of(self.seed, 70, int(index))
        while True:
            kind = random.random()
            if self.labelled and kind < self.share:
                image, truth = crop(random, self.labelled[random.integers(len(self.labelled))], self.size)
            elif kind >= 1 - self.wide:
                image, truth = make_scene(random, 2 * self.size)
                image, truth = crop(random, Labelled("scenes", grey(image), truth.astype(np.int32)), self.size)
            else:
                image, truth = make_scene(random, self.size)
            if LEAST_PIXELS <= truth.sum() <= 0.6 * truth.size:
                g = grey(image)
                return g, hand_made(g), truth

    def batch(self, indices, device="cpu"):
        made = [self.sample(i) for i in indices]
        return {name: torch.from_numpy(np.stack([m[k] for m in made])).to(device)
                for k, name in enumerate(("image", "hand_made", "truth"))}
