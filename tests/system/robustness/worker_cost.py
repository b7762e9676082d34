#!/usr/bin/env python3
"""What a job in a confined worker costs beside the same job in the program, which is not confined.

    tests/system/robustness/worker_cost.py ISOCENTER [ROUNDS [ITERATIONS]] [--apart]

Counts processor time (user and system, of a process and of all that it started and waited for), so that other work on the
machine counts little. A round runs a short and a long job in both ways, in an order that turns from round to round; the long
one has ITERATIONS more. What the iterations take is the difference of the two, what a job costs beside them is the rest:

    throughput   the ratio of the times of an iteration, worker : program, as median of the rounds, with the interval
                 of the median (order statistics, at least 90 %), and as ratio of the smallest times, which other work
                 raises least
    each job     processor seconds that the worker takes more for the short job: a second process that loads its
                 libraries, takes the data and is confined

--apart tells the two parts of it from each other: a third way runs the same worker with the two system calls of the confinement
(landlock_restrict_self, seccomp) made to do nothing, by a library that is compiled with cc and loaded before the others. Then

    process      the ratio of an iteration, unconfined worker : program
    confinement  the ratio of an iteration, confined worker : unconfined worker

40 iterations take about two seconds on one core, a round about five, seven and a half with --apart.
"""
import json
import math
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile

FAN = {"beam": "fan", "detector": "flat", "angles_deg": {"first": 0, "step": 2, "count": 180}, "elements": [512, 1],
       "pitch_mm": [1.5, 1], "source_to_axis_mm": 595, "source_to_detector_mm": 1086}
SHORT = 2
WAYS = {"program": [], "worker": ["--isolate"]}
NOT_CONFINING = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>

long syscall(long number, ...) {
  static long (*real)(long, ...);
  if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  long a[6];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < 6; ++i) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_landlock_restrict_self || (number == SYS_seccomp && a[0] == 1 /* SECCOMP_SET_MODE_FILTER */)) return 0;
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
"""


def make_unconfined_worker(program, folder):
    """A program to be named in ISOCENTER_WORKER: the worker of `program`, whose confinement does nothing."""
    found = [place for place in ("isocenter-worker", "../libexec/isocenter/isocenter-worker")
             if os.access(pathlib.Path(program).parent / place, os.X_OK)]
    if not found:
        sys.exit(f"no isocenter-worker beside {program}")
    (folder / "free.c").write_text(NOT_CONFINING)
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", folder / "free.so", folder / "free.c", "-ldl"], check=True)
    script = folder / "worker"
    worker = (pathlib.Path(program).parent / found[0]).resolve()
    script.write_text(f"#!/bin/sh\nLD_PRELOAD={shlex.quote(str(folder / 'free.so'))} exec {shlex.quote(str(worker))} \"$@\"\n")
    script.chmod(0o755)
    return str(script)


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


def measure(job, ways, rounds, iterations):
    """Seconds of every round: {(way, iterations): [...]}."""
    seconds = {(way, count): [] for way in ways for count in (SHORT, SHORT + iterations)}
    for number in range(rounds):
        order = list(seconds)
        start = number % len(order)
        for way, count in order[start:] + order[:start]:
            arguments, worker = ways[way]
            os.environ.pop("ISOCENTER_WORKER", None)
            if worker:
                os.environ["ISOCENTER_WORKER"] = worker
            seconds[way, count].append(processor_seconds(job + ["--iterations", str(count)] + arguments))
    return seconds


def compare(seconds, iterations, what, one, other):
    """Prints what an iteration in one way takes over that in the other."""
    def of_iterations(way):
        return [long - short for long, short in zip(seconds[way, SHORT + iterations], seconds[way, SHORT])]

    ratios = [a / b for a, b in zip(of_iterations(one), of_iterations(other))]
    low, high, held = interval_of_median(ratios)
    least = {key: min(values) for key, values in seconds.items()}
    smallest = [least[way, SHORT + iterations] - least[way, SHORT] for way in (one, other)]
    print(f"ratios of the rounds, {one} : {other}: " + ", ".join(f"{ratio:.4f}" for ratio in ratios))
    print(f"{what}: median {statistics.median(ratios):.4f} of {len(ratios)}, interval {low:.4f} to {high:.4f} "
          f"({100 * held:.0f} %); ratio of the smallest times {smallest[0] / smallest[1]:.4f}")


def report(seconds, iterations, apart):
    compare(seconds, iterations, "throughput", "worker", "program")
    if apart:
        compare(seconds, iterations, "process", "unconfined", "program")
        compare(seconds, iterations, "confinement", "worker", "unconfined")
    more = [worker - program for worker, program in zip(seconds["worker", SHORT], seconds["program", SHORT])]
    print(f"each job: {1e3 * statistics.median(more):.1f} ms more (median)")


def main():
    apart = "--apart" in sys.argv
    words = [word for word in sys.argv[1:] if word != "--apart"]
    if not words:
        sys.exit(__doc__)
    program, rounds = words[0], int(words[1]) if len(words) > 1 else 9
    iterations = int(words[2]) if len(words) > 2 else 40
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "fan.json").write_text(json.dumps(FAN))
        scan = str(folder / "scan.h5")
        subprocess.run([program, "project", "shepp-logan", "-g", str(folder / "fan.json"), "-o", scan, "--factor", "0.02"],
                       check=True, capture_output=True)
        job = [program, "run", "sparse_view_ct/tv", "-i", scan, "-o", str(folder / "out.mha"), "--size", "256", "--threads", "1",
               "--overwrite", "--progress", "none"]
        ways = {way: (arguments, None) for way, arguments in WAYS.items()}
        if apart:
            ways["unconfined"] = (WAYS["worker"], make_unconfined_worker(program, folder))
        report(measure(job, ways, rounds, iterations), iterations, apart)


if __name__ == "__main__":
    main()
