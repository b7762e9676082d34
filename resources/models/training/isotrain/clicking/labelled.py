"""Images with masks, as `isocenter evaluate clicks` takes them: a folder a set, with pairs X_image.nii.gz and X_mask.nii.gz."""
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..files import read_nifti
from .form_n import grey
from .scenes import LEAST_PIXELS, Labelled


def read_pairs(folder):
    """[(name, image [slice, row, column], labels, (x, y, z) spacing in mm)] of a folder. Of colours the first channel."""
    files, found = sorted(Path(folder).glob("*_image.nii.gz")), []
    for file in files:
        name = file.name[:-len("_image.nii.gz")]
        image, spacing = read_nifti(file)
        labels, _ = read_nifti(file.with_name(f"{name}_mask.nii.gz"))
        if labels.shape != image.shape:
            raise InputError(f"{name}: the mask has {labels.shape} voxels, the image {image.shape}; resample it on the grid of the image")
        found.append((name, image, labels.astype(np.int32), spacing))
    if not found:
        raise InputError(f"{folder} holds no pair X_image.nii.gz and X_mask.nii.gz; name the files so")
    return found


def training_slices(folder, every=4):
    """Slices with an object, across all axes of a volume whose voxels are cubes, else across the last; every fourth of a volume."""
    slices = []
    for _, image, labels, spacing in read_pairs(folder):
        axes = (0, 1, 2) if len(image) > 1 and max(spacing) <= 1.05 * min(spacing) else (0,)
        for axis in axes:
            for at in range(0, image.shape[axis], every if len(image) > 1 else 1):
                own = np.ascontiguousarray(labels.take(at, axis))
                if (np.bincount(own.ravel())[1:] >= LEAST_PIXELS).any():
                    slices.append(Labelled(Path(folder).name, grey(image.take(at, axis).astype(np.float64)), own))
    return slices


def objects(folder, most_objects=6, slices=1, least=50):
    """[(name, g, truth)]: the objects that `isocenter evaluate clicks --most-objects 6 --slices N` clicks on, each a slice."""
    found = []
    for name, image, labels, _ in read_pairs(folder):
        counts = np.bincount(labels.ravel())
        chosen = sorted((l for l in range(1, len(counts)) if counts[l] >= least), key=lambda l: -counts[l])
        for label in chosen[:most_objects or None]:
            here = (labels == label).sum((1, 2))
            there = np.flatnonzero(here >= (least if len(image) > 1 else 0))
            if not len(there):
                continue
            wanted = [int(there[np.argmax(here[there])])]
            for k in range(1, slices):
                at = int(there[k * len(there) // slices])
                if at not in wanted:
                    wanted.append(at)
            for z in wanted:
                found.append((f"{name} {label} {z}", grey(image[z].astype(np.float64)), labels[z] == label))
    return found
