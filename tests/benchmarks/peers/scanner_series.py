#!/usr/bin/python3
"""Scans of real scanners, where the shared data are: brains with 8 and 16 coils, and a rat after injection.

    cmake --build build/release --target isocenter dynamic_mri_plugin
    /usr/bin/python3 tests/benchmarks/peers/scanner_series.py --build build/release --data DATA [--only brain rat]

Brains (2-D, one frame, all lines measured): every third line and 24 of the centre are kept; the image from them is compared with the one from all
lines (CG-SENSE, eigenvector maps, the same coils), magnitudes: NRMSE and PSNR.

Rat (3-D, one coil, urea, lactate and pyruvate after injection; Milshteyn et al., J. Magn. Reson. 290 (2018) 46). The fully sampled series is undersampled to one line of
three and compared with itself. The others were undersampled by the scanner and have no reference. Of them: the residual of the data; the error with
which the series foretells one line of ten that was left out of it; the relative difference of two series that were made without a tenth
of the lines each, another tenth each time (repeatability); the frame of the peak of the curve of the brightest voxels.
Files go to --keep, as BART's .cfl: what the scan holds, and the curves as curves.csv.
"""
import argparse
import csv
import os
import subprocess
import tempfile

import numpy as np
import scipy.io

from cine import read_cfl, write_cfl

METHODS = {"rdledm": ["--weights", "fixed", "--preset", "free_breathing"], "l_plus_s": ["--weights", "fixed"], "zero_filled": []}
centred = lambda f, a, axes: np.fft.fftshift(f(np.fft.ifftshift(a, axes), axes=axes, norm="ortho"), axes)


class Runs:
    def __init__(self, a):
        self.program, self.folder = os.path.join(a.build, "bin", "isocenter"), a.keep or tempfile.mkdtemp()
        self.iterations = a.iterations

    def series(self, method, k, name, *options):
        """k: x, y, z, coil, frame; the series as x, y, z, frame and the relative residual."""
        where = os.path.join(self.folder, name)
        write_cfl(where, k.reshape(k.shape[:4] + (1,) * 6 + k.shape[4:]))
        out = f"{where}-{method}.npy"
        command = [self.program, "run", "dynamic_mri/" + method, "-i", where + ".cfl", "-o", out, "--overwrite", "--threads", "1", *options,
                   *METHODS.get(method, [])]
        if method in ("rdledm", "l_plus_s"):
            command += ["--iterations", str(self.iterations)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(" ".join(command) + "\n" + done.stderr)
        residual = done.stderr + done.stdout
        x = np.load(out)  # frame, z, y, x
        return np.transpose(x, (3, 2, 1, 0)), float(residual.split("relative_residual ")[1].split(",")[0].split()[0])


def brain(runs, data):
    print("| brain | coils | R | method | NRMSE | PSNR dB |\n|---|---|---|---|---|---|")
    for name, file in (("8 coils, 230 x 180", "kspace/sigpy_brain_cartesian_ksp_8ch.npy"), ("16 coils, 128 x 128", "pulseq-brain-gre-16ch-128x128.npy")):
        k = np.transpose(np.load(os.path.join(data, "mri-static", file)), (2, 1, 0))[:, :, None, :, None]  # x, y, z, coil, frame
        n = k.shape[1]
        kept = np.zeros(n, bool)
        kept[::3] = True
        kept[n // 2 - 12:n // 2 + 12] = True
        full, _ = runs.series("cg_sense", k, "brain", "--coil-maps", "eigenvector")
        reference = np.abs(full)
        for method in ("zero_filled", "cg_sense", "rdledm"):
            found, _ = runs.series(method, k * kept[None, :, None, None, None], "brain3", "--coil-maps", "eigenvector")
            difference = np.abs(found) - reference
            print(f"| {name} | {k.shape[3]} | {n / kept.sum():.2f} | {method} | {np.linalg.norm(difference) / np.linalg.norm(reference):.4f} | "
                  f"{20 * np.log10(reference.max() / np.sqrt(np.mean(difference ** 2))):.2f} |", flush=True)


def without(mask, part, seed):
    """Lines (y, z, frame) that are left out: a tenth of those measured, the centre kept."""
    rng = np.random.default_rng(7)
    order = rng.permutation(np.flatnonzero(mask))
    size = len(order) // 10
    out = np.zeros(mask.size, bool)
    out[order[seed * size:(seed + 1) * size]] = True
    out = out.reshape(mask.shape)
    y, z = mask.shape[0] // 2, mask.shape[1] // 2
    out[y - 1:y + 2, z - 1:z + 2] = False
    return out


def curve(x):
    """The mean of the hundredth of the voxels that are brightest at their peak."""
    peak = np.abs(x).max(3)
    return np.abs(x)[peak >= np.quantile(peak, 0.99)].mean(0)


def rat(runs, data):
    folder = os.path.join(data, "mri-dynamic", "hp13c-rat")
    rows = [("scan", "method", "frame", "mean of the brightest hundredth")]
    k = scipy.io.loadmat(os.path.join(folder, "n15urea_3D_kspace_VFA.mat"))["kspace_pf"].astype(np.complex64)
    truth = centred(np.fft.ifftn, k, (0, 1, 2))
    rng = np.random.default_rng(1)
    y, z = np.meshgrid(np.linspace(-1, 1, k.shape[1]), np.linspace(-1, 1, k.shape[2]), indexing="ij")
    keys = rng.random(k.shape[1:]) ** (1 + (np.hypot(y, z) / 0.3) ** 2)[..., None]
    mask = keys >= np.quantile(keys, 2 / 3, axis=(0, 1))
    print(f"\nurea, fully sampled, undersampled to R = {mask.size / mask.sum():.2f}\n\n| method | NRMSE | largest error of the curve |\n|---|---|---|")
    for method in METHODS:
        found, _ = runs.series(method, (k * mask)[:, :, :, None], "urea-full")
        error = np.abs(curve(found) - curve(truth)).max() / curve(truth).max()
        print(f"| {method} | {np.linalg.norm(found - truth) / np.linalg.norm(truth):.4f} | {100 * error:.1f} % |", flush=True)
    print("\n| scan | R | method | residual | error of lines left out | two tenths left out | frame of the peak |\n|---|---|---|---|---|---|---|")
    for name in ("n15urea", "lactate", "c2pyr"):
        k = scipy.io.loadmat(os.path.join(folder, f"kspace_{name}_prospective.mat"))["kspace"].astype(np.complex64)
        mask = np.any(k != 0, 0)
        for method in METHODS:
            whole, residual = runs.series(method, k[:, :, :, None], name)
            rows += [(name, method, t, v) for t, v in enumerate(curve(whole))]
            found, errors = [], []
            for seed in (0, 1):
                left = without(mask, 10, seed)
                x, _ = runs.series(method, (k * ~left)[:, :, :, None], name + "-part")
                foretold = centred(np.fft.fftn, x, (0, 1, 2))
                errors.append(np.linalg.norm((foretold - k)[:, left]) / np.linalg.norm(k[:, left]))
                found.append(x)
            print(f"| {name} | {mask.size / mask.sum():.2f} | {method} | {residual:.3f} | {np.mean(errors):.3f} | "
                  f"{np.linalg.norm(found[0] - found[1]) / np.linalg.norm(whole):.3f} | {int(np.argmax(curve(whole))) + 1} of {k.shape[3]} |", flush=True)
    with open(os.path.join(runs.folder, "curves.csv"), "w", newline="") as file:
        csv.writer(file).writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--data", required=True)
    parser.add_argument("--only", nargs="*", choices=("brain", "rat"), default=("brain", "rat"))
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--keep", help="folder for the files; a temporary one if not said")
    a = parser.parse_args()
    runs = Runs(a)
    if "brain" in a.only:
        brain(runs, a.data)
    if "rat" in a.only:
        rat(runs, a.data)


if __name__ == "__main__":
    main()
