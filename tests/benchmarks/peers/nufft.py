#!/usr/bin/env python3
"""Our non-uniform Fourier transform beside ducc0 and FINUFFT (PyPI): the same points and values, single precision, one run.

    cmake --build build/release --target nufft_peer
    python3 tests/benchmarks/peers/nufft.py --build build/release [--threads 1] [--repetitions 15] [--only 2d]

2d: 256 x 256 voxels, 256 spokes of 512 samples over 180 degrees. 3d: 128 x 128 x 128 voxels, a million points drawn at random. Runs of all
sides alternate; shown is the median over the rounds of ours over the peer's seconds (below 1: we are faster), wall clock and
processor. ducc0 sorts the points in every call; ours and FINUFFT's are sorted once, and that time is shown apart. Errors: relative, in the
norm, against FINUFFT in double precision at 1e-13. `normal` is our normal operator over forward and adjoint together.
"""
import argparse
import os
import resource
import statistics
import subprocess
import tempfile
import time

import ducc0
import finufft
import numpy as np


def problem(size, coils):
    r = np.random.default_rng(1)
    if size == "2d":
        n, angle = (256, 256, 1), np.arange(256) * np.pi / 256
        radius = (np.arange(512) - 256) / 2
        k = np.stack([(np.cos(angle)[:, None] * radius).ravel(), (np.sin(angle)[:, None] * radius).ravel()])
    else:
        n = (128, 128, 128)
        k = r.uniform(-64, 64, (3, 1_000_000))
    k = k.astype(np.float32)
    z = lambda *s: (r.standard_normal(s) + 1j * r.standard_normal(s)).astype(np.complex64)
    image = z(*[m for m in n if m > 1][::-1])  # z, y, x
    return n, k, image, z(coils, k.shape[1])


def seconds(call):
    wall, used = time.perf_counter(), time.process_time()
    out = call()
    return time.perf_counter() - wall, time.process_time() - used, out


class Ours:
    def __init__(self, build, folder, n, k, image, samples, accuracy, threads):
        coordinates = np.zeros((k.shape[1], 3), np.float32)
        coordinates[:, :len(k)] = k.T
        coordinates.tofile(folder + "/coordinates.bin")
        image.tofile(folder + "/image.bin")
        samples.tofile(folder + "/samples.bin")
        self.folder, self.n = folder, n
        self.process = subprocess.Popen(
            [build + "/bin/nufft_peer", folder, *map(str, n), str(k.shape[1]), str(len(samples)), str(accuracy)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ, ISO_THREADS=str(threads)))
        self.setup = float(self.process.stdout.readline().split()[1])

    def run(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def result(self, shape):
        return np.fromfile(self.folder + "/out.bin", np.complex64).reshape(shape)


def peer_calls(n, k, image, samples, accuracy, threads):
    """name -> (forward, adjoint), scaled like ours. Arrays are [z][y][x], so that points are given as (z, y, x)."""
    shape, scale = image.shape, 1 / np.sqrt(np.prod(n))
    extent = [m for m in n if m > 1]
    points = np.stack([2 * np.pi * k[i] / extent[i] for i in range(len(k))][::-1])
    coord = np.ascontiguousarray(points.T.astype(np.float32))
    options = dict(epsilon=max(accuracy, 1e-6), nthreads=threads, periodicity=2 * np.pi, coord=coord, fft_order=False)
    out = np.empty(shape, np.complex64)
    plans = {}
    for kind, sign in ((2, -1), (1, 1)):
        plans[kind] = finufft.Plan(kind, shape, 1, accuracy, sign, dtype="complex64", nthreads=threads)
        plans[kind].setpts(*[p.astype(np.float32) for p in points])
    return scale, {
        "ducc0": (lambda: ducc0.nufft.u2nu(grid=image, forward=True, **options),
                  lambda: ducc0.nufft.nu2u(points=samples[0], forward=False, out=out, **options)),
        "finufft": (lambda: plans[2].execute(image), lambda: plans[1].execute(samples[0]))}


def truth(n, k, image, samples):
    extent = [m for m in n if m > 1]
    points = [(2 * np.pi * k[i].astype(np.float64) / extent[i]) for i in range(len(k))][::-1]
    out = []
    for kind, sign, values in ((2, -1, image), (1, 1, samples[0])):
        plan = finufft.Plan(kind, image.shape, 1, 1e-13, sign, dtype="complex128")
        plan.setpts(*points)
        out.append(plan.execute(values.astype(np.complex128)) / np.sqrt(np.prod(n)))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--only", default="")
    parser.add_argument("--accuracy", type=float, nargs="*", default=[1e-4, 1e-6])
    given = parser.parse_args()
    print(f"{given.threads} threads, {given.repetitions} rounds\n")
    print("| case | direction | ours, ms | over ducc0: wall, processor | over finufft | error: ours, ducc0, finufft | sorted once, ms |")
    print("|---|---|---|---|---|---|---|")
    for size in ("2d", "3d"):
        if given.only not in size:
            continue
        n, k, image, samples = problem(size, 1)
        exact = truth(n, k, image, samples)
        for accuracy in given.accuracy:
            with tempfile.TemporaryDirectory() as folder:
                ours = Ours(given.build, folder, n, k, image, samples, accuracy, given.threads)
                scale, peers = peer_calls(n, k, image, samples, accuracy, given.threads)
                totals = {}
                for direction, what in enumerate(("forward", "adjoint")):
                    times = {"ours": [], "ducc0": [], "finufft": []}
                    results = {}
                    for _ in range(given.repetitions + 1):
                        times["ours"].append(ours.run(what))
                        for name, calls in peers.items():
                            wall, used, results[name] = seconds(calls[direction])
                            times[name].append([wall, used])
                    reached = {"ours": ours.result(exact[direction].shape)}
                    reached.update({name: scale * out for name, out in results.items()})
                    error = {name: np.linalg.norm(out - exact[direction]) / np.linalg.norm(exact[direction])
                             for name, out in reached.items()}
                    ratio = lambda name, i: statistics.median(a[i] / b[i] for a, b in zip(times["ours"][1:], times[name][1:]))
                    totals[what] = statistics.median(t[0] for t in times["ours"][1:])
                    print(f"| {size}, {accuracy:g} | {what} | {1e3 * totals[what]:.2f} | {ratio('ducc0', 0):.2f}, {ratio('ducc0', 1):.2f} | "
                          f"{ratio('finufft', 0):.2f}, {ratio('finufft', 1):.2f} | {error['ours']:.1e}, {error['ducc0']:.1e}, "
                          f"{error['finufft']:.1e} | {1e3 * ours.setup:.1f} |", flush=True)
                ours.run("normal")
                times = [[ours.run(what) for what in ("normal", "forward", "adjoint")] for _ in range(given.repetitions)]
                part = statistics.median(a[1] / (b[1] + c[1]) for a, b, c in times)
                print(f"| {size}, {accuracy:g} | normal | {1e3 * statistics.median(t[0][0] for t in times):.2f} | | | of both: {part:.2f} | |",
                      flush=True)
                ours.process.stdin.close()
                ours.process.wait()


main()
