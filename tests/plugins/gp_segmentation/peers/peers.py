#!/usr/bin/env python3
"""The simulated user of `isocenter evaluate clicks` with other interactive methods, on the same objects in the same order.

Usage: peers.py FOLDER METHOD [--most N] [--most-objects N] [--slices N] [--least-voxels N] [--json]
METHOD: random_walker (scikit-image), level_set (ITK's geodesic active contour through SimpleITK, seeded by the clicks)
Needs numpy, scipy, scikit-image, SimpleITK. It prints NoC@85, NoC@90, failures, overlaps and seconds a click.

Each gets a disc of radius 2 about every click as its seed. Until there is a background click, the random walker takes the border
of the image for background, as its tutorial does. The level set starts from what a fast march over 1/(1+gradient) reaches from the foreground
clicks before one from the background clicks does, stops at edges, and is kept out of the discs of background clicks.
"""
import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

warnings.filterwarnings("ignore")


def next_click(mask, truth, clicked, spacing):
    """As iso::evaluation::next_click, in two dimensions."""
    def deepest(wrong):
        distance = ndimage.distance_transform_edt(np.pad(wrong, 1), sampling=spacing)[1:-1, 1:-1]
        distance[clicked] = -1
        distance[~wrong] = -1
        at = np.unravel_index(np.argmax(distance), distance.shape)
        return distance[at], at
    low, high = deepest(truth & ~mask), deepest(mask & ~truth)
    if max(low[0], high[0]) < 0:
        return None
    return (low[1], True) if low[0] >= high[0] else (high[1], False)


def seeds(shape, clicks, radius=2):
    marks = np.zeros(shape, np.int32)
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    for (y, x), positive in clicks:
        marks[(yy - y) ** 2 + (xx - x) ** 2 <= radius**2] = 1 if positive else 2
    for (y, x), positive in clicks:
        marks[y, x] = 1 if positive else 2
    return marks


def scaled(image):
    low, high = np.percentile(image, (1, 99))
    return np.clip((image - low) / max(high - low, 1e-6), -0.25, 1.25)


def random_walker(image, clicks, spacing):
    from skimage.segmentation import random_walker as walk
    marks = seeds(image.shape[-2:], clicks)
    if not (marks == 2).any():
        marks[0, :] = marks[-1, :] = marks[:, 0] = marks[:, -1] = 2
    if not (marks == 1).any():
        return np.zeros(image.shape[-2:], bool)
    data = np.moveaxis(image, 0, -1) if image.shape[0] > 1 else image[0]
    return walk(data, marks, beta=130, mode="cg_j", tol=1e-3, spacing=spacing,
                channel_axis=-1 if image.shape[0] > 1 else None) == 1


def level_set(image, clicks, spacing):
    grey = sitk.GetImageFromArray(image.mean(0).astype(np.float32))
    positive = [tuple(int(v) for v in (x, y)) for (y, x), p in clicks if p]
    if not positive:
        return np.zeros(image.shape[-2:], bool)
    gradient = sitk.GradientMagnitudeRecursiveGaussian(grey, 1.0)
    values = sitk.GetArrayFromImage(gradient)
    speed = sitk.BoundedReciprocal(gradient * float(4 / max(np.percentile(values, 95), 1e-6)))
    open_speed = sitk.Cast(speed, sitk.sitkFloat32)
    marks = seeds(image.shape[-2:], clicks, 3)
    array = sitk.GetArrayFromImage(speed)
    array[marks == 2] = 1e-4
    speed = sitk.GetImageFromArray(array.astype(np.float32))
    def arrival(points):
        march = sitk.FastMarchingImageFilter()
        march.SetTrialPoints([list(p) for p in points])
        march.SetStoppingValue(1e6)
        return np.minimum(sitk.GetArrayFromImage(march.Execute(open_speed)), 1e6)
    # What a march over the edges reaches from the foreground first, as far as three twentieths of the image.
    negative = [(int(x), int(y)) for (y, x), p in clicks if not p]
    front = arrival(positive)
    start = front - np.minimum(arrival(negative) if negative else np.inf, 0.15 * max(image.shape[-2:]))
    start = sitk.GetImageFromArray(np.clip(start, -5, 5).astype(np.float32))
    contour = sitk.GeodesicActiveContourLevelSetImageFilter()
    contour.SetPropagationScaling(0.3)
    contour.SetCurvatureScaling(0.5)
    contour.SetAdvectionScaling(1.0)
    contour.SetMaximumRMSError(0.02)
    contour.SetNumberOfIterations(100)
    found = sitk.GetArrayFromImage(contour.Execute(start, speed)) < 0
    found[marks == 2] = False
    found[seeds(image.shape[-2:], clicks, 1) == 1] = True
    return found


METHODS = {"random_walker": random_walker, "level_set": level_set}


def scenes(folder, args):
    for file in sorted(folder.glob("*_image.*")):
        stem = file.name.split("_image")[0]
        image = sitk.ReadImage(str(file))
        truth = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / f"{stem}_mask.nii.gz")))
        values = sitk.GetArrayFromImage(image).astype(np.float64)
        values = values[None] if values.ndim == 3 else values
        values = np.stack([scaled(channel) for channel in values])
        counts = np.bincount(truth.ravel())
        labels = [l for l in range(1, len(counts)) if counts[l] >= args.least_voxels]
        labels.sort(key=lambda l: -counts[l])
        for label in labels[: args.most_objects or None]:
            in_slice = (truth == label).sum((1, 2))
            there = np.flatnonzero(in_slice >= args.least_voxels) if len(truth) > 1 else np.array([0])
            if len(there) == 0:
                continue
            chosen = [there[np.argmax(in_slice[there])]]
            for k in range(1, args.slices):
                if there[k * len(there) // args.slices] not in chosen:
                    chosen.append(there[k * len(there) // args.slices])
            for z in chosen[: len(truth)]:
                yield f"{stem} {label} {z}", values[:, z], truth[z] == label, image.GetSpacing()[1::-1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("--most", type=int, default=20)
    parser.add_argument("--most-objects", type=int, default=0)
    parser.add_argument("--slices", type=int, default=1)
    parser.add_argument("--least-voxels", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    method, rows, seconds = METHODS[args.method], [], []
    for _, image, truth, spacing in scenes(args.folder, args):
        mask, clicked, clicks, ious = np.zeros_like(truth), np.zeros_like(truth), [], []
        while len(clicks) < args.most:
            click = next_click(mask, truth, clicked, spacing)
            if click is None:
                break
            clicked[click[0]] = True
            clicks.append(click)
            begin = time.perf_counter()
            mask = method(image, clicks, np.asarray(spacing) / min(spacing))
            seconds.append(time.perf_counter() - begin)
            ious.append((mask & truth).sum() / max(1, (mask | truth).sum()))
            if ious[-1] >= 0.9:
                break
        rows.append(ious)
    reach = lambda ious, bar: next((i + 1 for i, v in enumerate(ious) if v >= bar), args.most)
    after = lambda k: float(np.mean([i[min(k, len(i)) - 1] for i in rows]))
    result = {"method": args.method, "objects": len(rows), "noc85": float(np.mean([reach(r, 0.85) for r in rows])),
              "noc90": float(np.mean([reach(r, 0.90) for r in rows])), "nof85": sum(bool(max(r) < 0.85) for r in rows),
              "nof90": sum(bool(max(r) < 0.90) for r in rows), "iou_1": after(1), "iou_5": after(5),
              "seconds_per_click": float(np.median(seconds))}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
