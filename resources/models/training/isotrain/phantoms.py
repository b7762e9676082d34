"""Random bodies: an outline, organs with textures, inserts, ribs, lungs with vessels, sometimes a table. In Hounsfield units.

Classes and ranges follow gloredi.md 9.2: body 18 to 40 cm, 10 to 40 parts, lung -900, fat -100, soft tissue 0 to 80, contrast 150 to 400, bone 300
to 1500, band-limited texture of 5 to 20 HU, thin rods of high contrast. What a seed gives never changes.
"""
import numpy as np

from .patients import Slice, packed

CLASSES = {"fat": (-120, -80), "soft": (0, 80), "contrast": (150, 400), "bone": (300, 1500), "air": (-1000, -850)}


def random_of(seed, *index):
    """A generator of its own for each (seed, index ...)."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *index])))


def blob(random, size, centre, radii, roughness):
    """(window, soft mask within it) of a star-shaped region: an ellipse whose radius waves; its border is two pixels wide."""
    angle = random.uniform(0, np.pi)
    waves = [(random.normal() / k, k, random.uniform(0, 2 * np.pi)) for k in range(2, 7)]
    reach = max(radii) * (1 + roughness * sum(abs(w[0]) for w in waves)) + 2
    low = [int(np.clip(c - reach, 0, size - 1)) for c in centre]
    high = [int(np.clip(c + reach + 2, low[i] + 1, size)) for i, c in enumerate(centre)]
    y, x = np.mgrid[low[1]:high[1], low[0]:high[0]].astype(np.float32)
    dx, dy = x - centre[0], y - centre[1]
    u, v = (dx * np.cos(angle) + dy * np.sin(angle)) / radii[0], (dy * np.cos(angle) - dx * np.sin(angle)) / radii[1]
    edge = 1.0
    if roughness:
        phi = np.arctan2(v, u)
        edge = 1 + roughness * sum(height * np.cos(k * phi + phase) for height, k, phase in waves)
    mask = np.clip(0.5 + (edge - np.hypot(u, v)) * (min(radii) / 2), 0, 1).astype(np.float32)
    return (slice(low[1], high[1]), slice(low[0], high[0])), mask


def texture(random, size, low=0.02, high=0.25):
    """Noise within a band of frequencies (cycles a pixel), standard deviation 1."""
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :])
    spectrum = np.fft.rfft2(random.standard_normal((size, size))) * ((f > low) & (f < high)) / np.maximum(f, low)
    image = np.fft.irfft2(spectrum, (size, size))
    return (image / image.std()).astype(np.float32)


class Body:
    """An image that parts are laid onto; the texture of each is the same noise, turned and moved."""

    def __init__(self, random, size):
        self.random, self.size = random, size
        self.image = np.full((size, size), -1000, np.float32)
        self.inside = np.zeros((size, size), np.float32)
        self.noise = texture(random, size)

    def put(self, centre, radii, roughness, value, grain=0.0, within=None):
        """Lays a part down where `within` is (everywhere if None); returns its mask on the whole image."""
        window, mask = blob(self.random, self.size, centre, radii, roughness)
        if within is not None:
            mask = mask * within[window]
        if grain:
            moved = np.roll(self.noise, tuple(self.random.integers(0, self.size, 2)), (0, 1))[window]
            value = value + grain * moved
        self.image[window] += mask * (value - self.image[window])
        whole = np.zeros_like(self.image)
        whole[window] = mask
        return whole

    def put_lungs(self, middle, radii):
        random = self.random
        for side in (-1, 1):
            centre = middle + [side * 0.45 * radii[0], 0]
            lung = self.put(centre, radii * random.uniform(0.28, 0.4), 0.08, random.uniform(-900, -750), 20, self.inside)
            for _ in range(random.integers(5, 25)):
                at = centre + random.uniform(-0.3, 0.3, 2) * radii
                self.put(at, random.uniform(1.5, 8, 2) * self.size / 256, 0.1, random.uniform(-100, 60), 0, lung)

    def put_organs(self, middle, radii):
        random = self.random
        for _ in range(random.integers(10, 41)):
            kind = ("fat", "soft", "soft", "soft", "contrast", "bone", "air")[random.integers(7)]
            part = random.uniform(0.02, 0.25 if kind == "soft" else 0.1, 2) * radii
            at = middle + random.uniform(-0.7, 0.7, 2) * radii
            self.put(at, np.maximum(part, 2), 0.1, random.uniform(*CLASSES[kind]), random.uniform(0, 15), self.inside)

    def put_table(self, top):
        y = np.arange(self.size, dtype=np.float32)[:, None]
        table = np.clip(1.5 - np.abs(y - min(top, self.size - 12) - 3), 0, 1) * (1 - self.inside)
        self.image += table * (self.random.uniform(-300, 100) - self.image)


def phantom(seed, size=512, spacing_mm=0.5):
    """One slice, [size, size] float32 in HU. Lengths in mm scale with the pixel."""
    random = random_of(seed, size)
    body = Body(random, size)
    middle = size / 2 + random.normal(0, 0.02 * size, 2)
    width = random.uniform(min(180, 0.6 * size * spacing_mm), min(400, 0.9 * size * spacing_mm)) / spacing_mm / 2
    radii = np.array([width, width * random.uniform(0.6, 0.95)])
    body.inside = body.put(middle, radii, 0.03, random.uniform(*CLASSES["fat"]), 5)
    body.put(middle, radii * random.uniform(0.8, 0.95), 0.03, random.uniform(20, 60), random.uniform(5, 20), body.inside)
    if random.random() < 0.6:
        body.put_lungs(middle, radii)
    body.put_organs(middle, radii)
    for angle in np.linspace(0, 2 * np.pi, random.integers(8, 20), endpoint=False):  # ribs
        at = middle + 0.9 * radii * [np.cos(angle), np.sin(angle)]
        body.put(at, random.uniform(3, 8, 2) / spacing_mm, 0.1, random.uniform(*CLASSES["bone"]), 0, body.inside)
    for _ in range(random.integers(0, 4)):  # rods: catheters, needles
        at = middle + random.uniform(-0.6, 0.6, 2) * radii
        body.put(at, random.uniform(0.8, 2, 2) / spacing_mm, 0, random.uniform(1000, 2500))
    if random.random() < 0.5:
        body.put_table(middle[1] + radii[1] + 4 / spacing_mm)
    return body.image


def phantom_slices(count, seed, size=512, spacing_mm=0.5):
    """As slices of patients of their own, so that they are split as patients are."""
    for i in range(count):
        yield Slice(f"phantom-{seed}-{i:05d}", "phantoms", 0, spacing_mm, packed(phantom(seed * 100003 + i, size, spacing_mm)))
