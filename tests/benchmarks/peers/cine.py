#!/usr/bin/python3
"""Dynamic MRI beside BART: the same k-space, the same (unit) coil map, the same number of tries.

    cmake --build build/release --target isocenter dynamic_mri_plugin
    /usr/bin/python3 tests/benchmarks/peers/cine.py --build build/release --series SERIES.mat --variable seq

The series (y, x, frame, complex) is scaled to a peak of 1; `isocenter project --mask random` measures lines of it with noise of 1e-3.
Every method of either side has as many tries of its weight (five, or --tries), and the best of them, by NRMSE, is shown for each mask: the tuning looks at the truth,
for all alike. NRMSE is of complex values, PSNR of magnitudes with the peak of the truth. Processor seconds are those of the whole command,
files included, on one thread. Needs numpy, scipy and bart (Debian packages).
"""
import argparse
import os
import resource
import subprocess
import tempfile

import numpy as np
import scipy.io

OURS = {"rdledm": [f"--strength {s}" for s in (.25, .5, 1, 2, 4)],
        "ftvnnr": [f"--strength {s}" for s in (.25, .5, 1, 2, 4)],
        "l_plus_s": [f"--strength {s}" for s in (.25, .5, 1, 2, 4)],
        "temporal_tv": [f"--strength {s}" for s in (.25, .5, 1, 2, 4)]}
# BART's axes: 0 and 1 image, 10 time (bit 1024).
BART = {"temporal TV": [f"-R T:1024:0:{w}" for w in (.002, .005, .01, .02, .05)],
        "LLR": [f"-R L:3:3:{w} -b 8" for w in (.001, .002, .005, .01, .02)],
        "space and time TV": [f"-R T:1024:0:{w} -R T:3:0:{w / 10}" for w in (.002, .005, .01, .02, .05)]}


def write_cfl(name, array):
    """First axis fastest."""
    with open(name + ".hdr", "w") as header:
        header.write("# Dimensions\n" + " ".join(str(n) for n in array.shape + (1,) * (16 - array.ndim)) + "\n")
    array.astype(np.complex64).ravel(order="F").tofile(name + ".cfl")


def read_cfl(name):
    with open(name + ".hdr") as header:
        dims = [int(n) for n in header.read().split("\n")[1].split()]
    return np.fromfile(name + ".cfl", np.complex64).reshape(dims, order="F").squeeze()


def timed(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          env=dict(os.environ, OMP_NUM_THREADS="1", ISO_THREADS="1"))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(" ".join(command) + "\n" + done.stderr)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def errors(found, truth):
    nrmse = np.linalg.norm(found - truth) / np.linalg.norm(truth)
    rmse = np.sqrt(np.mean((np.abs(found) - np.abs(truth)) ** 2))
    return nrmse, 20 * np.log10(np.abs(truth).max() / rmse)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--series", required=True)
    parser.add_argument("--variable", default="seq")
    parser.add_argument("--acceleration", type=float, default=110 / 14)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tries", type=int, default=5, help="weights a method, about the middle ones of five")
    parser.add_argument("--only", nargs="*", help="names of methods: rdledm, LLR, ...")
    a = parser.parse_args()
    program = os.path.join(a.build, "bin", "isocenter")
    truth = scipy.io.loadmat(a.series)[a.variable].astype(np.complex64)
    truth = np.transpose(truth / np.abs(truth).max(), (1, 0, 2))  # x, y, frame
    folder = tempfile.mkdtemp()
    place = lambda name: os.path.join(folder, name)
    np.save(place("truth.npy"), np.transpose(truth, (2, 1, 0))[:, None])  # C order: frame, z, y, x
    rows = {}
    chosen = lambda methods: {name: options[(5 - a.tries) // 2:][:a.tries] for name, options in methods.items()
                              if not a.only or name in a.only}
    for seed in range(1, a.seeds + 1):
        timed([program, "project", place("truth.npy"), "--mask", "random", "--acceleration", str(a.acceleration), "--noise", "0.001",
               "--seed", str(seed), "-o", place("scan.h5"), "--overwrite"])
        timed([program, "convert", place("scan.h5"), place("k.cfl"), "--overwrite"])
        write_cfl(place("s"), np.ones(truth.shape[:2]))
        tries = [("isocenter " + method, [program, "run", "dynamic_mri/" + method, "-i", place("scan.h5"), "-o", place("found.npy"), "--overwrite",
                                          "--weights", "fixed", "--threads", "1", *option.split()], option)
                 for method, options in chosen(OURS).items() for option in options]
        tries += [("bart " + method, ["bart", "pics", "-S", "-d0", "-w", "1", "-i", "100", *option.split(), place("k"), place("s"), place("found")],
                   option) for method, options in chosen(BART).items() for option in options]
        for method, command, option in tries:
            seconds = timed(command)
            found = (np.transpose(np.load(place("found.npy")).squeeze(), (2, 1, 0)) if "dynamic_mri" in command[2]
                     else read_cfl(place("found")))
            nrmse, psnr = errors(found, truth)
            best = rows.setdefault(method, {}).get(seed)
            if best is None or nrmse < best[0]:
                rows[method][seed] = (nrmse, psnr, seconds, option)
        for method, found in rows.items():
            print(f"seed {seed}  {method:28s} NRMSE {found[seed][0]:.4f}  PSNR {found[seed][1]:6.2f}  {found[seed][2]:6.2f} s  {found[seed][3]}", flush=True)
    print("\n| method | NRMSE | PSNR dB | processor s |\n|---|---|---|---|")
    for method, found in sorted(rows.items(), key=lambda row: np.mean([v[0] for v in row[1].values()])):
        nrmse, psnr, seconds = (np.mean([v[i] for v in found.values()]) for i in range(3))
        print(f"| {method} | {nrmse:.4f} | {psnr:.2f} | {seconds:.2f} |")


if __name__ == "__main__":
    main()
