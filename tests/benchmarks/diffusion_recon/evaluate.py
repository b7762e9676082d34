#!/usr/bin/env python3
"""Reconstructs a chest CT from few views with a diffusion prior and with total variation, and says how far each is from the truth.

    evaluate.py --program build/release/bin/isocenter --data SHARED --volume validation --views 8 --work out
    evaluate.py ... --volume test --views 8 4 --arc 60 --strengths 1         the test volume, once, with what validation chose

Volumes: validation, Lung_Dx-A0001 (64 slices of 5 mm); test, LIDC-IDRI-0314 (128 slices of 2 mm). Neither was trained on (splits_volumes.json).
Each is projected from voxels half as wide as those that are reconstructed (128 across), parallel beam, 182 elements a row, noise of 1e5 photons
a reading; the truth is the 2 x 2 mean. Figures: PSNR with a peak of 3000 HU, mean over the slices of each of three planes, within the circle
that every view sees; processor seconds and the most memory of all runs so far; misfit; mean |x[z + 1] - x[z]| over that of the truth. Needs NumPy.
"""
import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[3] / "resources" / "models" / "training"))
from isotrain.files import read_nifti  # noqa: E402

VOLUMES = {"validation": ("lung-pet-ct-dx-A0001-kernelL_256.nii.gz", 1, 64), "test": ("lidc-idri-0314_256.nii.gz", 2, 128)}


def write_mha(path, values, spacing):
    """float32 (z, y, x), centred on the isocentre."""
    offset = [-(n - 1) / 2 * s for n, s in zip(values.shape[::-1], spacing)]
    head = ("ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n"
            f"TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = {offset[0]} {offset[1]} {offset[2]}\n"
            f"ElementSpacing = {spacing[0]} {spacing[1]} {spacing[2]}\nDimSize = {values.shape[2]} {values.shape[1]} {values.shape[0]}\n"
            "ElementType = MET_FLOAT\nElementDataFile = LOCAL\n")
    Path(path).write_bytes(head.encode() + np.ascontiguousarray(values, "<f4").tobytes())


def read_mha(path):
    raw = Path(path).read_bytes()
    end = raw.index(b"ElementDataFile = LOCAL\n") + len(b"ElementDataFile = LOCAL\n")
    head = dict(line.split(" = ", 1) for line in raw[:end].decode().splitlines())
    if head.get("CompressedData", "False") == "True":
        import zlib
        raw = raw[:end] + zlib.decompress(raw[end:])
    shape = [int(n) for n in head["DimSize"].split()][::-1]
    return np.frombuffer(raw[end:], "<f4").reshape(shape)


def prepare(options, work):
    """Fine volume on disk, truth of 128 x 128 slices; spacing of the truth in mm."""
    name, thick, count = VOLUMES[options.volume]
    values, spacing = read_nifti(Path(options.data) / "ct" / name)
    values = np.maximum(values.astype(np.float32), -1000)
    z = len(values) // thick
    values = values[:z * thick].reshape(z, thick, *values.shape[1:]).mean(1)
    first = (z - count) // 2
    values = values[first:first + count]
    if options.slices:
        first = (len(values) - options.slices) // 2
        values = values[first:first + options.slices]
    fine = [float(spacing[0]), float(spacing[1]), float(spacing[2]) * thick]
    write_mha(work / "fine.mha", values, fine)
    truth = values.reshape(len(values), 128, 2, 128, 2).mean((2, 4))
    return truth, [2 * fine[0], 2 * fine[1], fine[2]]


def geometry(path, views, span, spacing, slices):
    Path(path).write_text(json.dumps({"beam": "parallel", "detector": "flat", "elements": [182, slices], "pitch_mm": [spacing[0], spacing[2]],
                                      "angles_deg": {"first": 0, "step": span / views, "count": views}}))


def run(options, words):
    begun = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run([options.program, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"isocenter {' '.join(map(str, words))}: {done.stderr}")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - begun


def figures(image, truth):
    n = truth.shape[1]
    y, x = np.mgrid[0:n, 0:n] - (n - 1) / 2
    inside = np.hypot(x, y) <= n / 2
    error = np.where(inside, np.clip(image, -1000, 2000) - np.clip(truth, -1000, 2000), 0).astype(np.float64)
    out = {}
    for plane, axis in (("axial", 0), ("coronal", 1), ("sagittal", 2)):
        weight = np.moveaxis(np.broadcast_to(inside, truth.shape), axis, 0).reshape(truth.shape[axis], -1).sum(1)
        squares = np.moveaxis(error, axis, 0).reshape(truth.shape[axis], -1).__pow__(2).sum(1)
        kept = weight > 0
        out[plane] = float(np.mean(-10 * np.log10(np.maximum(squares[kept] / weight[kept], 1e-3) / 3000**2)))
    out["rmse_hu"] = float(np.sqrt((error**2).sum() / inside.sum() / len(truth)))
    out["z_ratio"] = float(np.abs(np.diff(np.where(inside, image, 0), axis=0)).mean() / np.abs(np.diff(np.where(inside, truth, 0), axis=0)).mean())
    return out


def show(name, found, seconds, record=None):
    line = f"{name:42} axial {found['axial']:6.2f}  coronal {found['coronal']:6.2f}  sagittal {found['sagittal']:6.2f} dB  RMSE {found['rmse_hu']:6.1f} HU  z {found['z_ratio']:5.2f}  {seconds:6.1f} processor s  {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB"
    if record:
        f = {k: v["value"] for k, v in json.loads(Path(record).read_text())["figures"].items()}
        line += "  " + "  ".join(f"{k} {f[k]:.4g}" for k in ("normalised_residual", "relative_residual", "not_measured", "out_of_domain_score", "z_roughness") if k in f)
    print(line, flush=True)


def coverage(spread, image, truth):
    """Share of voxels whose error is within k stated deviations, for k of 0.5 .. 3; what a normal law says is beside it."""
    from math import erf, sqrt
    kept = spread > 1
    ratio = np.abs(image - truth)[kept] / spread[kept]
    return [(k, float((ratio <= k).mean()), erf(k / sqrt(2))) for k in (0.5, 1, 1.5, 2, 3)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--volume", choices=VOLUMES, default="validation")
    parser.add_argument("--views", type=int, nargs="*", default=[8])
    parser.add_argument("--arc", type=float, help="degrees of a limited arc, in steps of 2")
    parser.add_argument("--slices", type=int, default=0)
    parser.add_argument("--strengths", type=float, nargs="*", default=[0.5, 1, 2, 4])
    parser.add_argument("--tv-iterations", type=int, default=200)
    parser.add_argument("--task", default="dds")
    parser.add_argument("--words", nargs="*", default=[""], help="options of each run of the task, each one word of several: '--levels 20 --z-weight 0'")
    parser.add_argument("--photons", default="1e5")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--model")
    options = parser.parse_args()
    work = Path(options.work)
    work.mkdir(parents=True, exist_ok=True)
    truth, spacing = prepare(options, work)
    write_mha(work / "truth.mha", truth, spacing)
    scans = [(f"{v} views", v, 180.0) for v in options.views]
    if options.arc:
        scans.append((f"{options.arc:g} degrees", int(options.arc / 2), options.arc))
    for name, views, span in scans:
        stem = work / name.replace(" ", "_")
        geometry(f"{stem}.json", views, span, spacing, len(truth))
        run(options, ["project", work / "fine.mha", "-g", f"{stem}.json", "-o", f"{stem}.h5", "--quantity", "hounsfield", "--photons",
                      options.photons, "--seed", "1", "--overwrite", "--threads", options.threads])
        common = ["-i", f"{stem}.h5", "--size", "128", "--spacing-mm", spacing[0], "--units", "hounsfield", "--overwrite", "--threads", options.threads]
        for strength in options.strengths:
            out = f"{stem}_tv_{strength:g}.mha"
            seconds = run(options, ["run", "sparse_view_ct/tv", *common, "-o", out, "--strength", strength, "--dimensions", "three",
                                    "--iterations", options.tv_iterations, "--tolerance", "0"])
            show(f"{name}, TV {strength:g}", figures(read_mha(out), truth), seconds)
        for i, words in enumerate(options.words):
            out = f"{stem}_{options.task}_{i}.mha"
            more = ["--model", options.model] if options.model else []
            ports = ["--supplied", f"{stem}_{i}_supplied.mha", "--tv", f"{stem}_{i}_tv.mha"]
            given = words.split()
            several = int(given[given.index("--runs") + 1]) > 1 if "--runs" in given else options.task != "mbir"
            ports += ["--spread", f"{stem}_{i}_spread.mha"] if several else []
            seconds = run(options, ["run", f"diffusion_recon/{options.task}", *common, "-o", out, *ports, *more, *words.split()])
            show(f"{name}, {options.task} {words}", figures(read_mha(out), truth), seconds, f"{out}.record.json")
            show("    its total variation", figures(read_mha(f"{stem}_{i}_tv.mha"), truth), 0)
            if several:
                for k, share, normal in coverage(read_mha(f"{stem}_{i}_spread.mha"), read_mha(out), truth):
                    print(f"    within {k:g} deviations: {100 * share:.1f} % of voxels, a normal law says {100 * normal:.1f} %")


if __name__ == "__main__":
    main()
