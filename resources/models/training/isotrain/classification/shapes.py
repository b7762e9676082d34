"""Phantoms for classifiers of more than two classes: one shape in 28 x 28 pixels, at a random place, of random size, turn, brightness and blur, over
a random slope and grain. Made by this package, so that anyone can make and share them; they say nothing about images of patients."""
import numpy as np

from ..phantoms import random_of

CLASSES = ["disc", "ring", "bar", "cross"]
EDGE, FINER = 28, 4  # pixels; samples of a pixel along an edge


def inside(name, u, v, size):
    if name == "disc":
        return np.hypot(u, v) < size
    if name == "ring":
        return (np.hypot(u, v) < size) & (np.hypot(u, v) > 0.55 * size)
    bar = (np.abs(u) < 1.15 * size) & (np.abs(v) < 0.32 * size)
    return bar if name == "bar" else bar | ((np.abs(v) < 1.15 * size) & (np.abs(u) < 0.32 * size))


def make_shape(label, random):
    """One image [28, 28], uint8."""
    size, turn = random.uniform(5, 8), random.uniform(0, np.pi)
    centre = EDGE / 2 + random.uniform(-4, 4, 2)
    at = (np.arange(EDGE * FINER) + 0.5) / FINER
    y, x = at[:, None] - centre[0], at[None, :] - centre[1]
    u, v = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
    filled = inside(CLASSES[label], u, v, size).reshape(EDGE, FINER, EDGE, FINER).mean((1, 3))
    slope = random.uniform(-1, 1, 2)
    ground = 60 + 20 * (slope[0] * np.linspace(-1, 1, EDGE)[:, None] + slope[1] * np.linspace(-1, 1, EDGE)[None, :])
    image = ground + filled * random.uniform(70, 140) + random.normal(0, 6, (EDGE, EDGE))
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def make_shapes(file, train=3200, validation=800, seed=1):
    """Writes an .npz as MedMNIST has it."""
    arrays = {}
    for part, count, stream in (("train", train, 60), ("val", validation, 61)):
        labels = np.arange(count) % len(CLASSES)
        arrays[f"{part}_images"] = np.stack([make_shape(label, random_of(seed, stream, i)) for i, label in enumerate(labels)])
        arrays[f"{part}_labels"] = labels[:, None].astype(np.uint8)
    np.savez_compressed(file, **arrays)
