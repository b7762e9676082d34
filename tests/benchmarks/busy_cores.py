#!/usr/bin/env python3
"""Whether a second thread helps, or at least does no harm, while another program keeps one of two cores busy.

    tests/benchmarks/busy_cores.py ISOCENTER [ROUNDS]

Runs the built-in smoothing by turns with one and with two threads, on two cores of which a loop of this script's own occupies one
for as long as a run takes (no more than five seconds in all, so rounds end there). Prints the times that the task computed, by the records, and
the ratio two threads : one thread of the medians. It was 2.4 to 3.4 while waiting threads span; it is to be 1 or less.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

MOST_SECONDS = 5


def occupied(core):
    """A child that computes on this core until it is killed."""
    pid = os.fork()
    if pid == 0:
        os.sched_setaffinity(0, {core})
        end = time.monotonic() + MOST_SECONDS  # whatever becomes of the parent
        while time.monotonic() < end:
            pass
        os._exit(0)
    return pid


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        sys.exit("two cores are needed")
    os.sched_setaffinity(0, set(cores))
    with tempfile.TemporaryDirectory() as name:
        volume, output = (str(pathlib.Path(name) / file) for file in ("a.mha", "o.mha"))
        subprocess.run([program, "phantom", "shepp-logan", "-o", volume, "--size", "96,96,96"], check=True, capture_output=True)
        seconds, loop = {1: [], 2: []}, 0.0
        for number in range(rounds):
            for threads in ((1, 2) if number % 2 == 0 else (2, 1)):
                begin, busy = time.monotonic(), occupied(cores[-1])
                subprocess.run([program, "run", "example/smoothing", "-i", volume, "-o", output, "--threads", str(threads), "--overwrite",
                                "--progress", "none"], check=True, capture_output=True)
                os.kill(busy, 9)
                os.waitpid(busy, 0)
                loop += time.monotonic() - begin
                record = json.loads(pathlib.Path(output + ".record.json").read_text())
                seconds[threads].append(record["timings"]["run"])
            if loop * (number + 2) / (number + 1) > MOST_SECONDS:
                break
    for threads, all_of_them in seconds.items():
        print(f"{threads} threads: " + ", ".join(f"{s:.3f}" for s in all_of_them) + " s")
    print(f"ratio of the medians {statistics.median(seconds[2]) / statistics.median(seconds[1]):.3f}")


if __name__ == "__main__":
    main()
