#!/usr/bin/env python3
"""Measured radial scans, through `isocenter run`.

    cmake --build build/release --target isocenter isocenter-worker dynamic_mri_plugin
    python3 tests/benchmarks/peers/radial.py --build build/release --spokes spokes.npy --cartesian lines.npy
    python3 tests/benchmarks/peers/radial.py --build build/release --lung xenon.mat

--spokes: (coil, spoke, sample), angle i 180 / n degrees, beside a Cartesian scan (coil, line, sample) of the same object: the image
of either by its root sum of squares or combined; shown is the error of magnitudes after one scale, smoothed by nothing, over all and within
the object. The orientation of the spokes in the room is not in the files: of the eight of a square the best is taken, and of shifts of
the readout (--shift, samples) the one given. --lung: `kdata` (signal, sample, spoke), `ktraj` in cycles per field of view; shown is the
mean in the brightest tenth over the deviation in the corners. Writes ISMRMRD files with the coordinates of every sample. Needs numpy, scipy, h5py (PyPI).
"""
import argparse
import itertools
import subprocess
import tempfile

import h5py
import numpy as np
import scipy.io

HEADER = """<?xml version="1.0"?><ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD"><encoding><encodedSpace><matrixSize><x>{0}</x>
<y>{1}</y><z>{2}</z></matrixSize><fieldOfView_mm><x>{3}</x><y>{4}</y><z>{5}</z></fieldOfView_mm></encodedSpace><reconSpace><matrixSize>
<x>{0}</x><y>{1}</y><z>{2}</z></matrixSize><fieldOfView_mm><x>{3}</x><y>{4}</y><z>{5}</z></fieldOfView_mm></reconSpace><encodingLimits/>
<trajectory>radial</trajectory></encoding></ismrmrdHeader>"""


def write_scan(file, samples, places, matrix, fov):
    """samples (coil, spoke, sample), places (spoke, sample, 3) in cycles per field of view."""
    counters = np.dtype([(name, "<u2") for name in ("kspace_encode_step_1", "kspace_encode_step_2", "average", "slice", "contrast",
                                                    "phase", "repetition", "set", "segment")] + [("user", "<u2", (8,))])
    head = np.dtype([("version", "<u2"), ("flags", "<u8"), ("measurement_uid", "<u4"), ("scan_counter", "<u4"),
                     ("acquisition_time_stamp", "<u4"), ("physiology_time_stamp", "<u4", (3,)), ("number_of_samples", "<u2"),
                     ("available_channels", "<u2"), ("active_channels", "<u2"), ("channel_mask", "<u8", (16,)),
                     ("discard_pre", "<u2"), ("discard_post", "<u2"), ("center_sample", "<u2"), ("encoding_space_ref", "<u2"),
                     ("trajectory_dimensions", "<u2"), ("sample_time_us", "<f4"), ("position", "<f4", (3,)),
                     ("read_dir", "<f4", (3,)), ("phase_dir", "<f4", (3,)), ("slice_dir", "<f4", (3,)),
                     ("patient_table_position", "<f4", (3,)), ("idx", counters), ("user_int", "<i4", (8,)), ("user_float", "<f4", (8,))])
    floats = h5py.vlen_dtype(np.float32)
    rows = np.zeros(samples.shape[1], np.dtype([("head", head), ("traj", floats), ("data", floats)]))
    for i in range(len(rows)):
        rows[i]["head"]["number_of_samples"] = samples.shape[2]
        rows[i]["head"]["active_channels"] = rows[i]["head"]["available_channels"] = samples.shape[0]
        rows[i]["head"]["trajectory_dimensions"] = 3
        rows[i]["head"]["center_sample"] = samples.shape[2] // 2
        rows[i]["head"]["idx"]["kspace_encode_step_1"] = i
        rows[i]["traj"] = places[i].astype(np.float32).ravel()
        rows[i]["data"] = np.ascontiguousarray(samples[:, i]).astype(np.complex64).view(np.float32).ravel()
    with h5py.File(file, "w") as out:
        out["dataset/xml"] = np.array([HEADER.format(*matrix, *fov)], dtype=h5py.string_dtype("utf-8"))
        out.create_dataset("dataset/data", data=rows)


def run(build, task, scan, folder, *options):
    command = [build + "/bin/isocenter", "run", "dynamic_mri/" + task, "-i", scan, "-o", folder + "/out.npy", "--overwrite", *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(" ".join(command) + "\n" + done.stderr)
    return np.load(folder + "/out.npy").squeeze()


def compare(found, truth):
    """Best of the eight orientations and of shifts by a voxel: flips move the origin."""
    best = (np.inf, 0, None)
    object_ = truth > 0.1 * truth.max()
    for turns, mirror in itertools.product(range(4), (False, True)):
        turned = np.rot90(found[::-1] if mirror else found, turns)
        for dy, dx in itertools.product((-1, 0, 1), repeat=2):
            moved = np.roll(turned, (dy, dx), (0, 1))
            scale = (moved * truth).sum() / (moved * moved).sum()
            error = np.linalg.norm(scale * moved - truth) / np.linalg.norm(truth)
            if error < best[0]:
                inside = np.linalg.norm((scale * moved - truth)[object_]) / np.linalg.norm(truth[object_])
                best = (error, inside, np.corrcoef(moved[object_], truth[object_])[0, 1])
    return best


def phantom(given):
    spokes, lines = np.load(given.spokes), np.load(given.cartesian)
    image = lambda k: np.fft.fftshift(np.fft.ifft2(np.fft.ifftshift(k, (-2, -1)), norm="ortho"), (-2, -1))
    truth = np.sqrt((np.abs(image(lines)) ** 2).sum(0))
    coils, count, readout = spokes.shape
    angle = np.arange(count) * np.pi / count
    print("| spokes | method | error, all | error, object | correlation, object |\n|---|---|---|---|---|")
    for every in (1, 4, 8):
        r = np.arange(readout) - readout / 2 - given.shift
        places = np.zeros((count, readout, 3))
        places[..., 0], places[..., 1] = np.cos(angle)[:, None] * r, np.sin(angle)[:, None] * r
        with tempfile.TemporaryDirectory() as folder:
            write_scan(folder + "/scan.h5", spokes[:, ::every], places[::every], (readout, readout, 1), (256, 256, 8))
            for task, options in (("zero_filled", []), ("cg_sense", ["--iterations", "15"]), ("rdledm", ["--weights", "fixed"])):
                found = np.abs(run(given.build, task, folder + "/scan.h5", folder, *options))
                error, inside, correlation = compare(found, truth)
                print(f"| {count // every} | {task} | {error:.3f} | {inside:.3f} | {correlation:.3f} |", flush=True)


def lung(given):
    file = scipy.io.loadmat(given.lung)
    places = np.moveaxis(file["ktraj"], 0, -1).transpose(1, 0, 2)
    n = int(file["mtx_reco"].item())
    print("| signal | method | bright tenth over deviation of corners |\n|---|---|---|")
    for signal, name in enumerate(("gas", "membrane", "red cells")):
        samples = file["kdata"][signal].T[None]
        with tempfile.TemporaryDirectory() as folder:
            write_scan(folder + "/scan.h5", samples, places, (n, n, n), (400, 400, 400))
            for task, options in (("zero_filled", []), ("cg_sense", ["--iterations", "10"]), ("rdledm", ["--weights", "fixed"])):
                found = np.abs(run(given.build, task, folder + "/scan.h5", folder, *options))
                edge = max(2, n // 8)
                corners = np.concatenate([found[a, b, c].ravel() for a, b, c in itertools.product(
                    (slice(0, edge), slice(-edge, None)), repeat=3)])
                bright = np.sort(found.ravel())[-found.size // 10:].mean()
                print(f"| {name} | {task} | {bright / corners.std():.1f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--spokes")
    parser.add_argument("--cartesian")
    parser.add_argument("--shift", type=float, default=0)
    parser.add_argument("--lung")
    given = parser.parse_args()
    if given.spokes:
        phantom(given)
    if given.lung:
        lung(given)


main()
