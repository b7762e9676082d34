#!/usr/bin/env python3
"""Makes folders for `isocenter evaluate clicks` from the shared data: one a set, pairs X_image.nii.gz and X_mask.nii.gz.

Usage: prepare_sets.py SHARED_DATA OUT
Needs numpy, pillow, SimpleITK. Colours become three channels (a fourth axis). Nothing of it enters the repository.
"""
import argparse
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from PIL import Image


def write(values, file, spacing=(1.0, 1.0, 1.0)):
    """values: (z, y, x) or (c, z, y, x)."""
    if values.ndim == 4:
        image = sitk.JoinSeries([sitk.GetImageFromArray(part) for part in values])
        image.SetSpacing(tuple(spacing) + (1.0,))
    else:
        image = sitk.GetImageFromArray(values)
        image.SetSpacing(tuple(spacing))
    sitk.WriteImage(image, str(file))


def picture(file):
    array = np.asarray(Image.open(file))
    if array.ndim == 3:
        array = array[..., :3]
        if (array == array[..., :1]).all():
            return array[..., 0].astype(np.float32)[None]
        return np.moveaxis(array, -1, 0).astype(np.float32)[:, None]
    return array.astype(np.float32)[None]


def pairs(source, out, pattern, mask_of, every=1, relabel=lambda m: m):
    out.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.glob(pattern))[::every]:
        name = file.name.split("_image")[0]
        write(picture(file), out / f"{name}_image.nii.gz")
        mask = np.asarray(Image.open(mask_of(file)))
        mask = mask[..., 0] if mask.ndim == 3 else mask
        write(relabel(mask).astype(np.uint16)[None], out / f"{name}_mask.nii.gz")


def volume(image, mask, out, name):
    out.mkdir(parents=True, exist_ok=True)
    i, m = sitk.ReadImage(str(image)), sitk.ReadImage(str(mask))
    write(sitk.GetArrayFromImage(i).astype(np.float32), out / f"{name}_image.nii.gz", i.GetSpacing())
    write(sitk.GetArrayFromImage(m).astype(np.uint16), out / f"{name}_mask.nii.gz", i.GetSpacing())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shared", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    seg, out = args.shared / "segmentation", args.out
    labels = lambda f: str(f).replace("_image", "_labels")
    masks = lambda f: str(f).replace("_image", "_mask")
    pairs(seg / "nuclei", out / "nuclei_fluorescence", "fluor*_image.png", labels, every=6)
    pairs(seg / "nuclei", out / "nuclei_colour", "colour*_image.png", labels)
    pairs(seg / "sunnybrook-cine", out / "left_ventricle", "*_image.png", masks, every=5, relabel=lambda m: m > 0)
    pairs(seg / "ultrasound-nerves", out / "ultrasound", "*_image.png", masks, every=2)
    rad = seg / "pyradiomics"
    volume(rad / "brain1_image.nrrd", rad / "brain1_label.nrrd", out / "brain_tumour", "brain1")
    volume(rad / "breast1_image.nrrd", rad / "breast1_label.nrrd", out / "breast_tumour", "breast1")
    tot = seg / "totalseg"
    volume(tot / "example_ct_3mm.nii.gz", tot / "example_ct_3mm_seg.nii.gz", out / "organs_ct", "ct")
    volume(tot / "example_mr_sm.nii.gz", tot / "example_mr_sm_seg.nii.gz", out / "organs_mr", "mr")
    volume(args.shared / "mri-static" / "debian-mricron-ch2.nii.gz", seg / "debian-mricron-aal-on-ch2.nii.gz", out / "aal", "ch2")
    patches = np.load(seg / "msd-lung-2mm-patches" / "test_patches.npz", allow_pickle=True)
    folder = out / "lung_patches"
    folder.mkdir(parents=True, exist_ok=True)
    images, truths = patches["images"], patches["labels"]
    for i in range(0, len(images), 3):
        if (truths[i] > 0).sum() >= 50:
            write(images[i].reshape(1, 48, 48).astype(np.float32), folder / f"patch{i:03d}_image.nii.gz", (2.0, 2.0, 2.0))
            write((truths[i].reshape(1, 48, 48) > 0).astype(np.uint16), folder / f"patch{i:03d}_mask.nii.gz", (2.0, 2.0, 2.0))


if __name__ == "__main__":
    main()
