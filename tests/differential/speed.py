#!/usr/bin/env python3
"""Processor time and memory of reading a 512 x 512 x 512 NIfTI image, plain and gzipped, beside nibabel and SimpleITK.

Usage: speed.py PROGRAM [REPEATS]; PROGRAM is the command isocenter. Each reading is a process of its own. The libraries measure
themselves around their reading, without interpreter and import; of ours the whole process counts, less `--version`. The least of
the repeats.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MAKE = """
import nibabel, numpy, sys
ramp = numpy.add.outer(numpy.arange(512, dtype=numpy.int16), numpy.arange(512, dtype=numpy.int16))
noise = numpy.random.default_rng(1).integers(0, 16, (512, 512, 512), dtype=numpy.int16)
image = nibabel.Nifti1Image(noise + ramp[:, :, None], numpy.eye(4))
for name in sys.argv[1:]:
    image.to_filename(name)
"""
AROUND = """
import resource, sys, time
{library}
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, start = peak(), time.process_time()
image = {read}
print(time.process_time() - start, peak() - before)
"""
READERS = {"nibabel": AROUND.format(library="import nibabel, numpy", read="numpy.array(nibabel.load(sys.argv[1]).dataobj)"),
           "SimpleITK": AROUND.format(library="import SimpleITK", read="SimpleITK.ReadImage(sys.argv[1])")}


def run(command):
    """Seconds and MiB of a process; this one stays small, as what it holds counts for its children too."""
    pid = os.fork()
    if pid == 0:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.execvp(command[0], command)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"failed: {command}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    program, repeats = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    least = lambda measure: [min(column) for column in zip(*(measure() for _ in range(repeats)))]
    start = least(lambda: run([program, "--version"]))
    print("| file | reader | processor s | memory MiB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder) / name) for name in ("a.nii", "a.nii.gz")]
        subprocess.run([sys.executable, "-c", MAKE, *names], check=True)
        for name in names:
            figures = {"isocenter": [a - b for a, b in zip(least(lambda: run([program, "check", name])), start)]}
            for reader, text in READERS.items():
                figures[reader] = least(lambda: map(float, subprocess.run([sys.executable, "-c", text, name], check=True, capture_output=True, text=True).stdout.split()))
            for reader, (seconds, memory) in figures.items():
                print(f"| {Path(name).name} | {reader} | {seconds:.2f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
