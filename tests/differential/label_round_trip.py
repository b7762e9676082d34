#!/usr/bin/env python3
"""Labels as the desktop saved them, read by other programs and by ours again.

    label_round_trip.py PROGRAM FOLDER

FOLDER holds painted.nii.gz, painted.seg.nrrd, painted.dcm and painted.h5, which the test
LabelsInTheWindow.PaintedLabelsAreKeptInFourFormatsForOtherPrograms leaves in build/release/labels. Needs nibabel, pynrrd,
SimpleITK, pydicom and highdicom; dciodvfy (dicom3tools) is used if it is there. Prints a table, and fails on a difference.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

import h5py
import highdicom
import nibabel
import nrrd
import numpy
import pydicom
import SimpleITK

NAMES = {1: "liver", 3: "left kidney"}
COLOURS = {1: (200, 100, 50), 3: (10, 20, 230)}


def lab_to_rgb(values):
    """CIELab of D50 as DICOM stores it, as sRGB."""
    light, a, b = values[0] * 100 / 65535, values[1] * 255 / 65535 - 128, values[2] * 255 / 65535 - 128
    fy = (light + 16) / 116
    xyz = [w * (f**3 if f > 6 / 29 else 3 * (6 / 29) ** 2 * (f - 4 / 29))
           for w, f in zip((0.9642, 1, 0.8251), (fy + a / 500, fy, fy - b / 200))]
    matrix = [[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.0334540], [0.0719453, -0.2289914, 1.4052427]]
    linear = [min(1, max(0, sum(m * x for m, x in zip(row, xyz)))) for row in matrix]
    return tuple(round(255 * (12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055)) for v in linear)


def by_simpleitk(file):
    """Voxels as (x, y, z), and the centre of voxel (0, 0, 0) and of the last one in LPS."""
    image = SimpleITK.ReadImage(str(file))
    voxels = SimpleITK.GetArrayFromImage(image).transpose(2, 1, 0)
    ends = [image.TransformIndexToPhysicalPoint((0, 0, 0)),
            image.TransformIndexToPhysicalPoint([n - 1 for n in image.GetSize()])]
    return voxels, numpy.array(ends)


def by_nibabel(file):
    image = nibabel.load(file)
    voxels = numpy.asanyarray(image.dataobj)
    last = [n - 1 for n in voxels.shape]
    ras = [image.affine @ [0, 0, 0, 1], image.affine @ [*last, 1]]
    assert image.header["intent_code"] == 1002, "the intent says labels"
    return voxels, numpy.array([p[:3] * [-1, -1, 1] for p in ras])


def by_pynrrd(file):
    voxels, header = nrrd.read(str(file))
    names, colours = {}, {}
    for n in range(1000):
        if f"Segment{n}_ID" not in header:
            break
        label = int(header[f"Segment{n}_LabelValue"])
        names[label] = header[f"Segment{n}_Name"]
        colours[label] = tuple(round(255 * float(v)) for v in header[f"Segment{n}_Color"].split())
    return voxels, names, colours


def by_highdicom(file):
    """Voxels as (x, y, z), their ends in LPS, names and colours; empty segments are left out."""
    seg = highdicom.seg.segread(str(file))
    volume = seg.get_volume(combine_segments=True, relabel=False)
    voxels = volume.array.transpose(2, 1, 0)  # slice, row, column
    affine = numpy.asarray(volume.affine)  # of (slice, row, column)
    first, last = [0, 0, 0, 1], [*(n - 1 for n in volume.array.shape), 1]
    if affine[2, 0] < 0:  # it counts slices from the top
        voxels = voxels[:, :, ::-1]
        first[0], last[0] = last[0], first[0]
    ends = numpy.array([(affine @ first)[:3], (affine @ last)[:3]])
    data = pydicom.dcmread(file)
    names = {s.SegmentNumber: s.SegmentLabel for s in data.SegmentSequence}
    colours = {s.SegmentNumber: lab_to_rgb(s.RecommendedDisplayCIELabValue) for s in data.SegmentSequence}
    present = set(numpy.unique(voxels)) - {0}
    return voxels, ends, {k: v for k, v in names.items() if k in present}, {k: v for k, v in colours.items() if k in present}


def itk_snap_table(file):
    names, colours = {}, {}
    for line in pathlib.Path(file).read_text().splitlines():
        if line.startswith("#") or not line.strip():
            continue
        words = line.split(None, 7)
        names[int(words[0])] = words[7].strip('"')
        colours[int(words[0])] = tuple(int(v) for v in words[1:4])
    names.pop(0, None), colours.pop(0, None)
    return names, colours


def main(program, folder):
    folder = pathlib.Path(folder)
    problems, rows = [], []
    truth, where = by_simpleitk(folder / "painted.seg.nrrd")

    def row(file, reader, voxels, ends, names=None, colours=None):
        same = voxels.shape == truth.shape and bool((voxels == truth).all())
        placed = ends is None or bool(numpy.allclose(ends, where, atol=1e-4))
        named = None if names is None else names == NAMES
        coloured = None if colours is None else all(
            max(abs(a - b) for a, b in zip(colours[k], COLOURS[k])) <= 1 for k in COLOURS)
        words = ["-" if v is None else "same" if v else "DIFFERENT" for v in (same, placed if ends is not None else None, named, coloured)]
        rows.append((file, reader, *words))
        if "DIFFERENT" in words:
            problems.append(f"{file} by {reader}")

    names, colours = itk_snap_table(next(folder.glob("painted*.txt"), folder / "painted.label"))
    row("painted.nii.gz", "nibabel", *by_nibabel(folder / "painted.nii.gz"), names, colours)
    row("painted.nii.gz", "SimpleITK", *by_simpleitk(folder / "painted.nii.gz"))
    row("painted.seg.nrrd", "SimpleITK", truth, where)
    voxels, names, colours = by_pynrrd(folder / "painted.seg.nrrd")
    row("painted.seg.nrrd", "pynrrd", voxels, None, names, colours)
    row("painted.dcm", "pydicom, highdicom", *by_highdicom(folder / "painted.dcm"))
    with h5py.File(folder / "painted.h5") as file:
        arrays = []
        file.visititems(lambda _, item: arrays.append(item[()]) if isinstance(item, h5py.Dataset) and item.ndim == 3 else None)
    row("painted.h5", "h5py", arrays[0].transpose(2, 1, 0), None)
    with tempfile.TemporaryDirectory() as there:
        for name in ("painted.nii.gz", "painted.dcm", "painted.h5"):
            again = pathlib.Path(there) / (name.split(".")[1] + ".seg.nrrd")
            subprocess.run([program, "convert", str(folder / name), str(again)], check=True, capture_output=True)
            voxels, ends = by_simpleitk(again)
            _, names, colours = by_pynrrd(again)
            row(name, "Isocenter, then SimpleITK and pynrrd", voxels, ends, names, colours)
    if shutil.which("dciodvfy"):
        said = subprocess.run(["dciodvfy", "-new", str(folder / "painted.dcm")], capture_output=True, text=True)
        errors = [line for line in (said.stdout + said.stderr).splitlines() if line.startswith("Error")]
        print(f"dciodvfy: {len(errors)} errors", *errors, sep="\n")
        problems += errors
    print("| file | read by | voxels | place | names | colours |\n|---|---|---|---|---|---|")
    for one in rows:
        print("| " + " | ".join(one) + " |")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
