#!/usr/bin/env python3
"""What a job in a confined worker costs beside the same job in the program, which is not confined.

    tests/system/robustness/worker_cost.py ISOCENTER [ROUNDS [ITERATIONS]]

Counts processor time (user and system, of a process and of all that it started and waited for), so that other work on the
machine counts little. A round runs a short and a long job in both ways, in an order that turns from round to round; the long
one has ITERATIONS more. What the iterations take is the difference of the two, what a job costs beside them is the rest:

    throughput   the ratio of the times of an iteration, worker : program, as median of the rounds, with the interval
                 of the median (order statistics, at least 90 %), and as ratio of the smallest times, which other work
                 raises least
    each job     processor seconds that the worker takes more for the short job: a second process that loads its
                 libraries, takes the data and is confined

40 iterations take about two seconds on one core, a round about five.
"""
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

FAN = {"beam": "fan", "detector": "flat", "angles_deg": {"first": 0, "step": 2, "count": 180}, "elements": [512, 1],
       "pitch_mm": [1.5, 1], "source_to_axis_mm": 595, "source_to_detector_mm": 1086}
SHORT = 2
WAYS = {"program": [], "worker": ["--isolate"]}


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


def interval_of_median(values, confidence=0.9):
    """The narrowest interval between two values of equal rank from both ends that holds the median with this confidence, and
    the confidence that it has: the number of values below the median is binomial. The whole range if there are too few."""
    ordered, n = sorted(values), len(values)

    def held(rank):
        return 1 - 2 * sum(math.comb(n, k) for k in range(rank)) / 2 ** n

    rank = max((r for r in range(1, n // 2 + 1) if held(r) >= confidence), default=1)
    return ordered[rank - 1], ordered[-rank], held(rank)


def measure(job, rounds, iterations):
    """Seconds of every round: {(way, iterations): [...]}."""
    seconds = {(way, count): [] for way in WAYS for count in (SHORT, SHORT + iterations)}
    for number in range(rounds):
        order = list(seconds)
        for way, count in order[number % 4:] + order[:number % 4]:
            seconds[way, count].append(processor_seconds(job + ["--iterations", str(count)] + WAYS[way]))
    return seconds


def report(seconds, iterations):
    def of_iterations(way):
        return [long - short for long, short in zip(seconds[way, SHORT + iterations], seconds[way, SHORT])]

    ratios = [worker / program for worker, program in zip(of_iterations("worker"), of_iterations("program"))]
    low, high, held = interval_of_median(ratios)
    least = {key: min(values) for key, values in seconds.items()}
    smallest = [least[way, SHORT + iterations] - least[way, SHORT] for way in ("worker", "program")]
    more = [worker - program for worker, program in zip(seconds["worker", SHORT], seconds["program", SHORT])]
    print("ratios of the rounds: " + ", ".join(f"{ratio:.4f}" for ratio in ratios))
    print(f"throughput: median {statistics.median(ratios):.4f} of {len(ratios)}, interval {low:.4f} to {high:.4f} "
          f"({100 * held:.0f} %); ratio of the smallest times {smallest[0] / smallest[1]:.4f}")
    print(f"each job: {1e3 * statistics.median(more):.1f} ms more (median)")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 9
    iterations = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "fan.json").write_text(json.dumps(FAN))
        scan = str(folder / "scan.h5")
        subprocess.run([program, "project", "shepp-logan", "-g", str(folder / "fan.json"), "-o", scan, "--factor", "0.02"],
                       check=True, capture_output=True)
        job = [program, "run", "sparse_view_ct/tv", "-i", scan, "-o", str(folder / "out.mha"), "--size", "256", "--threads", "1",
               "--overwrite", "--progress", "none"]
        report(measure(job, rounds, iterations), iterations)


if __name__ == "__main__":
    main()
