#!/usr/bin/env python3
"""Measured scans through the networks: what is refused, and what comes out where the scan can be brought to that of a card.

    python3 measured_scans.py ISOCENTER SHARED_DATA FOLDER [--picture FILE.png]

Helsinki (fan beam, 60 degrees): goes in as it is and must be refused in one sentence.
Neutrons (parallel beam, 459 views over 360 degrees): every ray of the fan of the card (24 views) is looked up among the measured ones,
bilinearly in angle and place: the fan ray of view b at the angle g from the middle is the parallel ray of view b - g at S sin g. An
element counts as 0.5 mm, so that the field of view is that of the network. The reference is filtered back-projection of all 459 views
on the same grid; differences are given relative to the root mean square of the reference, inside the field of view. Prints a table; the
picture holds reference, FBP, total variation and both networks in one window. Needs numpy.
"""
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "resources/models/training"))
from isotrain.files import read_metaimage  # noqa: E402
from isotrain.geometry import FAN_24  # noqa: E402

NETWORKS = ("unet", "pd_unet")
VIEWS, ELEMENTS, AXIS, STEP, PITCH = 459, 503, 245, 0.7860262008733624, 0.5
HELSINKI = {"beam": "fan", "detector": "flat", "angles_deg": {"first": 269, "step": 0.5, "count": 121}, "elements": [560, 1],
            "pitch_mm": [0.2, 0.2], "source_to_axis_mm": 410.66, "source_to_detector_mm": 553.74}


def command(*words):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False)


def must(*words):
    done = command(*words)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))} ended with {done.returncode}: {done.stderr.strip()}")


def neutron_readings(isocenter, shared, folder):
    """Line integrals [view, element]; element 245 looks at the axis."""
    parallel = {"beam": "parallel", "angles_deg": {"first": 0, "step": STEP, "count": VIEWS}, "elements": [ELEMENTS, 1],
                "pitch_mm": [PITCH, PITCH]}
    (folder / "parallel.json").write_text(json.dumps(parallel))
    must(isocenter, "convert", shared / "projections/sarepy_sinogram_360_neutron.tif", folder / "neutron.h5", "-g", folder / "parallel.json",
         "--unattenuated", 47047, "--rotation-axis", AXIS, "--overwrite")
    must(isocenter, "convert", folder / "neutron.h5", folder / "neutron.npy", "--overwrite")
    return np.load(folder / "neutron.npy").reshape(VIEWS, ELEMENTS)


def to_fan(parallel, scan):
    """[views, elements] of the fan, each ray taken from the measured ones."""
    offset = (np.arange(scan.elements) - 0.5 * (scan.elements - 1)) * scan.pitch_mm
    gamma = np.arctan2(offset, scan.source_to_detector_mm)[None, :]
    view = np.rad2deg(scan.angles[:, None] - gamma) % 360 / STEP
    place = AXIS + scan.source_to_axis_mm * np.sin(gamma) / PITCH + 0 * view
    v, p = np.floor(view).astype(int), np.floor(place).astype(int)
    dv, dp = view - v, place - p

    def at(i, j):
        return np.where((j >= 0) & (j < ELEMENTS), parallel[i % VIEWS, np.clip(j, 0, ELEMENTS - 1)], 0.0)

    return ((1 - dv) * ((1 - dp) * at(v, p) + dp * at(v, p + 1)) + dv * ((1 - dp) * at(v + 1, p) + dp * at(v + 1, p + 1))).astype(np.float32)


def reconstruct(isocenter, folder, task, name, *words):
    """(image, figures, warnings) of a task."""
    out = folder / f"{name}.mha"
    done = command(isocenter, "run", task, *words, "-o", out, "--no-mask", "--overwrite")
    if done.returncode:
        sys.exit(f"{task} ended with {done.returncode}: {done.stderr.strip()}")
    record = json.loads(out.with_suffix(".mha.record.json").read_text())
    figures = {k: v["value"] for k, v in record.get("figures", {}).items()}
    return read_metaimage(out).reshape(FAN_24.size, FAN_24.size), figures, record.get("warnings", [])


def write_png(path, rows):
    height, width = rows.shape
    raw = b"".join(b"\0" + row.tobytes() for row in rows.astype(np.uint8))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def show_refusals(isocenter, shared, folder):
    (folder / "helsinki.json").write_text(json.dumps(HELSINKI))
    for name in NETWORKS:
        done = command(isocenter, "run", f"sinogram_upsampling/{name}", "-i", shared / "projections/htc2022_ta_merged.npz", "-g",
                       folder / "helsinki.json", "-o", folder / "refused.mha", "--overwrite")
        print(f"Helsinki, {name}: exit code {done.returncode}: {done.stderr.strip().splitlines()[-1]}")


def main(isocenter, shared, folder, picture=None):
    folder.mkdir(parents=True, exist_ok=True)
    show_refusals(isocenter, shared, folder)
    measured = neutron_readings(isocenter, shared, folder)
    np.save(folder / "fan.npy", to_fan(measured, FAN_24)[:, None, :])
    (folder / "fan.json").write_text(json.dumps(FAN_24.to_json()))
    scan = ["-i", folder / "fan.npy", "-g", folder / "fan.json"]
    grid = ["--size", FAN_24.size, "--spacing-mm", FAN_24.spacing_mm]
    images = {"all 459 views": reconstruct(isocenter, folder, "sparse_view_ct/fbp", "reference", "-i", folder / "neutron.h5", *grid, "--filter", "hann")}
    images["filtered back-projection"] = reconstruct(isocenter, folder, "sparse_view_ct/fbp", "fbp", *scan, *grid, "--filter", "hann")
    images["total variation"] = reconstruct(isocenter, folder, "sparse_view_ct/tv", "tv", *scan, *grid, "--strength", 2, "--iterations", 300)
    for name in NETWORKS:
        images[name] = reconstruct(isocenter, folder, f"sinogram_upsampling/{name}", name, *scan)
    reference = images["all 459 views"][0]
    y, x = np.mgrid[:FAN_24.size, :FAN_24.size] - 0.5 * (FAN_24.size - 1)
    inside = x * x + y * y <= 120 * 120
    size = np.sqrt(np.mean(reference[inside] ** 2))
    for name, (image, figures, warnings) in list(images.items())[1:]:
        difference = np.sqrt(np.mean((image - reference)[inside] ** 2)) / size
        print(f"neutrons, {name}: differs from all views by {100 * difference:.1f} %, relative residual {figures.get('relative_residual', float('nan')):.4f}, "
              f"out-of-domain score {figures.get('out_of_domain_score', float('nan')):.2f}")
        for warning in warnings:
            print(f"  warning: {warning}")
    if picture:
        top = np.percentile(reference[inside], 98)
        write_png(Path(picture), np.hstack([255 * np.clip(image / top, 0, 1) for image, _, _ in images.values()]))


if __name__ == "__main__":
    words = sys.argv[1:]
    wanted = words[words.index("--picture") + 1] if "--picture" in words else None
    if len(words) < 3:
        sys.exit(__doc__)
    main(Path(words[0]).resolve(), Path(words[1]), Path(words[2]), wanted)
