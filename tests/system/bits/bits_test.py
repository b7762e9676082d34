#!/usr/bin/env python3
"""The four CT methods give the bits that are stored here, on six scans, by the command.

Usage: bits_test.py ISOCENTER SHARED_DATA [--record]
Without the folder of shared data the test says so and exits with 77, too.
Digests are SHA-256 of the raw float pixels of volume and residual. They belong to one back end at one instruction level
(`level` in digests.json, from `isocenter devices`); on another level the test says so and exits with 77 (skipped). --record
writes digests.json anew; a commit that does so names the reason and the figures before and after. --memory prints the
highest resident memory of each run beside the bytes of its readings.
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ARGUMENTS = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
ISOCENTER = Path(ARGUMENTS[0])
SHARED = Path(os.environ.get("ISO_SHARED_DATA") or ARGUMENTS[1])

NEUTRON = {"beam": "parallel", "angles_deg": {"first": 0, "step": 0.7860262008733624, "count": 459},
           "elements": [503, 1], "pitch_mm": [1, 1]}
HELSINKI = {"beam": "fan", "detector": "flat", "angles_deg": {"first": 269, "step": 0.5, "count": 121},
            "elements": [560, 1], "pitch_mm": [0.2, 0.2], "source_to_axis_mm": 410.66, "source_to_detector_mm": 553.74}
FAN = {"beam": "fan", "detector": "flat", "angles_deg": {"first": 0, "step": 5, "count": 72}, "elements": [336, 1],
       "pitch_mm": [2, 2], "source_to_axis_mm": 595, "source_to_detector_mm": 1086}
CONE = {"beam": "cone", "detector": "flat", "angles_deg": {"first": 0, "step": 12, "count": 30}, "elements": [48, 32],
        "pitch_mm": [8, 8], "source_to_axis_mm": 500, "source_to_detector_mm": 1000}
SIDE = {"beam": "fan", "detector": "flat", "angles_deg": {"first": 0, "step": 3, "count": 120}, "elements": [110, 1],
        "pitch_mm": [1, 1], "source_to_axis_mm": 150, "source_to_detector_mm": 240, "detector_offset_mm": [35, 0]}
SHORT = {"beam": "fan", "detector": "flat", "angles_deg": {"first": 10, "step": 3, "count": 75}, "elements": [160, 1],
         "pitch_mm": [1, 1], "source_to_axis_mm": 150, "source_to_detector_mm": 240}
METHODS = {
    "fbp": [], "sart": ["--iterations", "3"], "subsets": ["--iterations", "3", "--subsets", "5"],
    "cgls": ["--iterations", "10"], "tv": ["--iterations", "40"],
    "admm": ["--solver", "admm", "--iterations", "10"], "hounsfield": ["--units", "hounsfield"],
}
TASKS = {"subsets": "sart", "admm": "tv", "hounsfield": "fbp"}
SCANS = {
    "neutron": ["--use-views", "60", "--size", "256"], "helsinki": ["--size", "192"], "chest": ["--size", "192"],
    "cone": ["--size", "32"], "side": ["--size", "96"],
    "short": ["--size", "96"],
}


def command(*arguments):
    return subprocess.run([ISOCENTER, *map(str, arguments)], capture_output=True, text=True)


def must(*arguments):
    done = command(*arguments)
    if done.returncode:
        sys.exit(f"isocenter {' '.join(map(str, arguments))} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def level():
    """The instruction level of the back end "cpu"."""
    text = must("devices")
    found = re.search(r"x86-64(-v[234])?", text)
    return found.group(0) if found else "unknown"


def pixels(image):
    data = image.read_bytes()
    header = data[:data.index(b"ElementDataFile")].decode()
    if "CompressedData = True" in header:
        sys.exit(f"{image} is compressed")
    return data[data.index(b"\n", data.index(b"ElementDataFile")) + 1:]


def make_scans(folder):
    scans = {}
    (folder / "neutron.json").write_text(json.dumps(NEUTRON))
    must("convert", SHARED / "projections/sarepy_sinogram_360_neutron.tif", folder / "neutron.h5", "-g",
         folder / "neutron.json", "--unattenuated", 47047, "--rotation-axis", 245)
    scans["neutron"] = ["-i", folder / "neutron.h5"]
    (folder / "helsinki.json").write_text(json.dumps(HELSINKI))
    scans["helsinki"] = ["-i", SHARED / "projections/htc2022_ta_merged.npz", "-g", folder / "helsinki.json"]
    for name, what, geometry in (("chest", SHARED / "ct/sts-slices/STS_001.nii.gz", FAN), ("cone", "shepp-logan", CONE),
                                 ("side", "shepp-logan", SIDE), ("short", "shepp-logan", SHORT)):
        (folder / f"{name}.json").write_text(json.dumps(geometry))
        more = [] if name == "chest" else ["--factor", "0.02"]
        must("project", what, "-g", folder / f"{name}.json", "-o", folder / f"{name}.h5", "--photons", "1e5",
             "--seed", 1, "--device", "cpu", *more)
        scans[name] = ["-i", folder / f"{name}.h5"]
    return scans


def run(folder, name, scan, method):
    volume = folder / f"{name}_{method}.mha"
    residual = folder / f"{name}_{method}.h5"
    arguments = ["run", f"sparse_view_ct/{TASKS.get(method, method)}", *scan, "-o", volume, "--device", "cpu",
                 "--threads", "1", *SCANS[name], *METHODS[method]]
    process = subprocess.Popen([ISOCENTER, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True)
    said = process.communicate()[0]
    if process.returncode:
        return f"exit {process.returncode}", said
    return hashlib.sha256(pixels(volume)).hexdigest(), said


def main():
    stored = HERE / "digests.json"
    table = json.loads(stored.read_text()) if stored.exists() else {}
    here = level()
    if not (SHARED / "projections").is_dir():
        print(f"skipped: no '{SHARED}'; ISO_SHARED_DATA names the folder of shared data")
        return 77
    if "--record" not in sys.argv and here != table.get("level"):
        print(f"skipped: the stored digests are of {table.get('level')}, this processor has {here}")
        return 77
    wrong, found = [], {"level": here}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, scan in make_scans(folder).items():
            for method in METHODS:
                digest, said = run(folder, name, scan, method)
                found[f"{name} {method}"] = digest
                wanted = table.get(f"{name} {method}")
                if "--record" not in sys.argv and digest != wanted:
                    wrong.append(f"{name} {method}: {digest}, stored is {wanted}\n{said[-600:]}")
    if "--record" in sys.argv:
        stored.write_text(json.dumps(found, indent=1) + "\n")
        print(f"recorded {len(found) - 1} digests of {here}")
        return 0
    print("\n".join(wrong) or f"{len(found) - 1} results have the stored bits")
    return 1 if wrong else 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    sys.exit(main())
