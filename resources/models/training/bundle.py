#!/usr/bin/env python3
"""Makes one archive that trains every network elsewhere: this package, the slices of the patients packed to 16 bits, phantoms, one script.

    bundle.py BUNDLE.tar --data ../../../../shared/data [--phantoms 200]
    then, on a machine with PyTorch and one GPU: tar xf BUNDLE.tar && sh bundle/run_all.sh [MINUTES]

The archive may not be larger than 60 MiB. It holds images of patients: it is for a machine of ours, and never enters the repository.
"""
import argparse
import io
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from isotrain.errors import TrainingError, UsageError  # noqa: E402

LARGEST = 60 * 2**20
# Network, its options, its share of the time. Pools are made once; those of equal settings are shared.
RUNS = [
    ("unet", "", 0.2), ("unet", "--start fbp", 0.1), ("pd_unet", "", 0.2), ("pd_unet", "--paper --batch 8", 0.2),
    ("gloredi", "", 0.1), ("gloredi", "--distillation direction", 0.1), ("denoiser", "", 0.1),
]
SCRIPT = """#!/bin/sh
# Trains and evaluates every network: MINUTES of training altogether (5 if not said; pools and figures come on top), results in bundle/results.
set -eu
cd "$(dirname "$0")"
minutes=${1:-5}
cores=$(nproc)
export OMP_WAIT_POLICY=PASSIVE
"""


def script():
    """run_all.sh. A network that fails is told and the others are still trained; the exit code is then 1."""
    lines, bad = [SCRIPT + "failed=0\n"], "|| failed=1"
    for i, (name, options, share) in enumerate(RUNS):
        lines.append(f"hours=$(awk \"BEGIN {{ print $minutes / 60 * {share} }}\")\n"
                     f"python3 train.py {name} {options} --packed slices.bin --work results/{i}_{name} --pools pools --hours $hours"
                     f" --threads $cores --pool 800 --checkpoint-seconds 60 --validate-seconds 30 {bad}\n")
    return "".join(lines) + "exit $failed\n"


def package_files():
    return sorted(p for p in HERE.rglob("*") if p.is_file() and p.suffix in (".py", ".json", ".txt", ".md") and "__pycache__" not in p.parts)


def make_bundle(path, slices, phantoms=200, seed=1, say=print):
    """Writes the archive; returns its size in bytes."""
    from isotrain.packing import write_slices
    from isotrain.patients import REFUSED, digest
    from isotrain.phantoms import phantom_slices

    path, slices = Path(path), list(slices)
    if path.exists():
        raise UsageError(f"{path} is there already; give another name")
    if any(digest(s.values) in REFUSED for s in slices):
        raise TrainingError("the chest CT of the samples is among the slices; it is never trained on, remove it", 22)
    with tempfile.TemporaryDirectory() as place:
        packed = Path(place) / "slices.bin"
        write_slices(packed, slices + list(phantom_slices(phantoms, seed)))
        total = packed.stat().st_size + sum(p.stat().st_size for p in package_files())
        if total > LARGEST:
            raise TrainingError(f"the bundle would have {total / 2**20:.1f} MiB, more than 60; take fewer phantoms or slices", 40)
        part = path.with_name(path.name + ".part")
        with tarfile.open(part, "w") as archive:
            for source in package_files():
                archive.add(source, f"bundle/{source.relative_to(HERE)}")
            archive.add(packed, "bundle/slices.bin")
            text = script().encode()
            entry = tarfile.TarInfo("bundle/run_all.sh")
            entry.size, entry.mode = len(text), 0o755
            archive.addfile(entry, io.BytesIO(text))
        part.rename(path)
    say(f"wrote {path}: {path.stat().st_size / 2**20:.1f} MiB, {len(slices)} slices and {phantoms} phantoms")
    return path.stat().st_size


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", help="the archive to write")
    parser.add_argument("--data", required=True, help="the shared folder of data")
    parser.add_argument("--phantoms", type=int, default=200)
    options = parser.parse_args(arguments)
    try:
        from isotrain.patients import shared_slices

        slices = list(shared_slices(options.data))
        if not slices:
            raise UsageError(f"{options.data} holds no slices of patients; give the shared folder of data")
        make_bundle(options.bundle, slices, options.phantoms)
    except TrainingError as error:
        print(f"bundle.py: {error}", file=sys.stderr)
        return error.code
    except ModuleNotFoundError as error:
        print(f"bundle.py: the Python package {error.name} is missing; pip install -r requirements.txt", file=sys.stderr)
        return 85
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
