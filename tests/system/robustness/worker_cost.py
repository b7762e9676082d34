#!/usr/bin/env python3
"""What confinement takes from the throughput of a job: the same job in the program, which is not confined, and in a worker, by
turns; the time is that of the task alone, from the records.

    tests/system/robustness/worker_cost.py ISOCENTER [ROUNDS]
"""
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

FAN = {"beam": "fan", "detector": "flat", "angles_deg": {"first": 0, "step": 2, "count": 180}, "elements": [512, 1],
       "pitch_mm": [1.5, 1], "source_to_axis_mm": 595, "source_to_detector_mm": 1086}


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "fan.json").write_text(json.dumps(FAN))
        subprocess.run([program, "project", "shepp-logan", "-g", folder / "fan.json", "-o", folder / "scan.h5", "--factor",
                        "0.02"], check=True, capture_output=True)
        times = {"here": [], "worker": []}
        for _ in range(rounds):
            for where, more in (("here", []), ("worker", ["--isolate"])):
                output = folder / f"{where}.mha"
                subprocess.run([program, "run", "sparse_view_ct/tv", "-i", folder / "scan.h5", "-o", output, "--size", "256",
                                "--iterations", "60", "--threads", "1", "--overwrite", "--progress", "none", *more],
                               check=True, capture_output=True)
                times[where].append(json.loads((folder / f"{where}.mha.record.json").read_text())["timings"]["run"])
    ratios = [worker / here for here, worker in zip(times["here"], times["worker"])]
    print(f"in the program {min(times['here']):.3f} s, in a worker {min(times['worker']):.3f} s (least of {rounds}); "
          f"ratio of pairs: median {statistics.median(ratios):.4f}, of the least times "
          f"{min(times['worker']) / min(times['here']):.4f}")


if __name__ == "__main__":
    main()
