"""The pool of samples of a training run, made once and kept on disk: truth, readings, starting image.

A pool is a folder `pools/KEY`; KEY is the digest of everything that decides its content, so a change of a setting makes another pool. Images
are kept in 16 bits, 1/16384 of water a step (0.06 HU), readings in float32. What is cheap (filtered back-projection) is computed when used.
"""
import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch

from . import simulate
from .errors import InputError
from .files import read_json, write_json
from .geometry import FAN_24, Scan
from .operators import Operators, ViewProjector, fbp_by_views
from .patients import digest
from .phantoms import random_of
from .product import run_task
from .total_variation import total_variation

STEP = 1 / 16384
CHUNK = 32


@dataclass(frozen=True)
class PoolSettings:
    scan: Scan = field(default_factory=lambda: FAN_24)
    count: int = 2400          # samples; slices are taken in turn, each time augmented otherwise
    augment: float = 1.0       # 0: none, each slice once
    photons: float = 1e5
    seed: int = 1
    water_per_mm: float = simulate.WATER_PER_MM
    start: str = "tv"          # tv, fbp or none
    tv_by: str = "torch"       # torch (this package) or program (isocenter batch)
    tv_iterations: int = 150
    tv_strength: float = 1.0
    teacher_views: int = 0     # of a second, denser scan of the same sample; its FBP is kept
    upright: bool = False      # augmented by small rotations only, without flips
    target_views: int = 0      # 0: the truth is the slice; else the noise-free FBP of so many views (papers' form)

    def key(self, slices):
        decides = {name: value for name, value in asdict(self).items() if name != "upright" or value}  # pools made before it keep their key
        text = json.dumps(decides, sort_keys=True) + "".join(f"{s.patient}:{s.index}:{digest(s.values)};" for s in slices)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def to_16(image):
    """Attenuation -> uint16 with an offset of 1, so that FBP below 0 is kept; range -1 .. 3 in units of water."""
    return np.clip(np.rint((np.asarray(image) + 1) / STEP), 0, 65535).astype(np.uint16)


def from_16(values):
    return values.astype(np.float32) * STEP - 1


class Pool:
    """Samples on disk, opened as maps. `batch` gives tensors in units of water; readings too (line integrals over mu_water, in mm)."""

    def __init__(self, folder, settings):
        self.folder, self.settings = Path(folder), settings
        self.about = read_json(self.folder / "pool.json")
        self.arrays = {p.stem: np.load(p, mmap_mode="r") for p in sorted(self.folder.glob("*.npy"))}
        self.patients = self.about["patients"]

    def __len__(self):
        return self.about["count"]

    def batch(self, indices, device="cpu"):
        out = {}
        for name, array in self.arrays.items():
            values = array[np.asarray(indices)]
            out[name] = torch.from_numpy(from_16(values) if values.dtype == np.uint16 else np.array(values)).to(device)
        return out


class Measurement:
    """Projection of the fine images of a pool with noise; matrices are made once for each number of views."""

    def __init__(self, settings, device):
        self.settings, self.device, self.projectors = settings, device, {}

    def clean(self, views, fine):
        if views not in self.projectors:
            self.projectors[views] = ViewProjector(self.settings.scan.finer(2).with_views(views), self.device)
        return self.projectors[views](fine).cpu()

    def noisy(self, views, fine, indices, stream):
        """Line integrals over mu_water, with noise that (seed, stream, sample) decide."""
        s = self.settings
        rows = [simulate.noisy(s.water_per_mm * p, s.photons, random_of(s.seed, stream, i))
                for i, p in zip(indices, self.clean(views, fine).numpy())]
        return np.stack(rows).astype(np.float32) / np.float32(s.water_per_mm)


def make_chunk(settings, slices, indices, operators, measurement, program, threads):
    """Arrays of the samples `indices`; sample i comes from slice i modulo their number. Without a start there are no readings."""
    scan, fine = settings.scan, []
    for i in indices:
        augment = simulate.augmentation(settings.seed, i, settings.augment, settings.upright) if settings.augment else None
        fine.append(simulate.fine_image(slices[i % len(slices)].hounsfield(), 2 * scan.size, augment))
    fine = torch.stack(fine)
    out = {"truth": to_16(simulate.truth(fine))}
    if settings.start == "none":
        return out
    out["readings"] = measurement.noisy(scan.views, fine, indices, 2)
    if settings.target_views:
        dense = scan.with_views(settings.target_views)
        out["truth"] = to_16(fbp_by_views(dense, measurement.clean(dense.views, fine)))
    if settings.teacher_views:
        dense = scan.with_views(settings.teacher_views)
        out["teacher"] = to_16(fbp_by_views(dense, torch.from_numpy(measurement.noisy(dense.views, fine, indices, 3))))
    if settings.start == "tv":
        out["start"] = to_16(tv_images(settings, out["readings"], operators, program, threads))
    return out


def tv_images(settings, readings, operators, program, threads):
    """TV of readings in units of water. The weight grows with the readings, so the unit does not change the image."""
    if settings.tv_by == "program":
        words = ("--iterations", str(settings.tv_iterations), "--strength", str(settings.tv_strength), "--tolerance", "0",
                 "--step-ratio", "0.01")
        physical = readings * np.float32(settings.water_per_mm)
        return run_task(program, "sparse_view_ct/tv", settings.scan, physical, words, threads) / settings.water_per_mm
    physical = torch.from_numpy(readings).to(operators.ray.device) * settings.water_per_mm
    parts = [total_variation(operators, part, settings.tv_iterations, settings.tv_strength)[0] for part in physical.split(32)]
    return (torch.cat(parts) / settings.water_per_mm).cpu().numpy()


def make_pool(root, settings, slices, operators=None, program=None, threads=1, say=print):
    """Opens the pool of these settings under `root`, or makes it. A pool that was cut off is gone on with."""
    slices = list(slices)
    if not slices:
        raise InputError("there are no slices for this part of the split; check the folder of data and the split")
    count = settings.count if settings.augment else min(settings.count, len(slices))
    folder = Path(root) / settings.key(slices)
    if (folder / "pool.json").exists():
        return Pool(folder, settings)
    operators = operators or Operators(settings.scan)
    measurement = Measurement(settings, operators.ray.device)
    chunks = folder / "chunks"
    chunks.mkdir(parents=True, exist_ok=True)
    for first in range(0, count, CHUNK):
        path = chunks / f"{first:06d}.npz"
        if path.exists():
            continue
        arrays = make_chunk(settings, slices, range(first, min(first + CHUNK, count)), operators, measurement, program, threads)
        part = path.with_suffix(".part")
        with open(part, "wb") as out:
            np.savez(out, **arrays)
        part.rename(path)
        say(f"pool {folder.name}: {min(first + CHUNK, count)} of {count} samples")
    parts = [np.load(p) for p in sorted(chunks.glob("*.npz"))]
    for name in parts[0].files:
        np.save(folder / f"{name}.npy", np.concatenate([p[name] for p in parts]))
    write_json(folder / "pool.json", {"count": count, "patients": [slices[i % len(slices)].patient for i in range(count)],
                                      "collections": sorted({s.collection for s in slices}), "settings": asdict(settings)})
    for p in chunks.glob("*.npz"):
        p.unlink()
    chunks.rmdir()
    return Pool(folder, settings)
