#!/usr/bin/env python3
"""What a job in a confined worker costs beside the same job in the program, which is not confined: processor time of all their
processes, so that other work on the machine counts little, by turns.

    tests/system/robustness/worker_cost.py ISOCENTER [ROUNDS [ITERATIONS]]

Prints processor seconds and the ratio of each pair, then the median of the ratios and its spread (median of the distances
from it). 200 iterations take about ten seconds on one core.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

FAN = {"beam": "fan", "detector": "flat", "angles_deg": {"first": 0, "step": 2, "count": 180}, "elements": [512, 1],
       "pitch_mm": [1.5, 1], "source_to_axis_mm": 595, "source_to_detector_mm": 1086}


def processor_seconds(command):
    """Of a process and of all that it started and waited for."""
    pid = os.fork()
    if pid == 0:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.execvp(command[0], command)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"failed: {command}")
    return usage.ru_utime + usage.ru_stime


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
    iterations = sys.argv[3] if len(sys.argv) > 3 else "200"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "fan.json").write_text(json.dumps(FAN))
        scan, output = str(folder / "scan.h5"), str(folder / "out.mha")
        subprocess.run([program, "project", "shepp-logan", "-g", str(folder / "fan.json"), "-o", scan, "--factor", "0.02"],
                       check=True, capture_output=True)
        ratios = []
        for _ in range(rounds):
            seconds = [processor_seconds([program, "run", "sparse_view_ct/tv", "-i", scan, "-o", output, "--size", "256", "--iterations",
                                          iterations, "--threads", "1", "--overwrite", "--progress", "none", *more])
                       for more in ([], ["--isolate"])]
            ratios.append(seconds[1] / seconds[0])
            print(f"in the program {seconds[0]:.3f} s, in a worker {seconds[1]:.3f} s, ratio {ratios[-1]:.4f}", flush=True)
    middle = statistics.median(ratios)
    print(f"median of {rounds} ratios {middle:.4f}, spread {statistics.median(abs(r - middle) for r in ratios):.4f}")


if __name__ == "__main__":
    main()
