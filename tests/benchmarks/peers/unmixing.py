#!/usr/bin/env python3
"""Our unmixing beside scikit-learn, scipy, pysptools and a plain numpy prototype: same cube, same start, same objective, one run.

    unmixing.py --build build/release --data DIR [--scene samson|jasper] [--repetitions 3] [--slow]

DIR holds the .mat scenes; build the target spectral_unmixing_figures first. Needs numpy, scipy, scikit-learn, and pysptools with
cvxopt and matplotlib for --slow. Processor seconds on one thread, the best of the repetitions; prints a Markdown table.
"""
import argparse
import os
import subprocess
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
import numpy as np
import scipy.io
from scipy.optimize import nnls


def scene(name, folder):
    read = lambda file: scipy.io.loadmat(os.path.join(folder, file))
    if name == "jasper":
        m = read("jasper_with_gt.mat")
        return m["Y"].astype(float) / m["Y"].max(), m["GT"].T.astype(float)
    y = read("samson_lmm_Y_clean.mat")["Y_clean"]
    return y.reshape(-1, y.shape[2]).T.copy(), read("samson_lmm_E.mat")["E"].astype(float)


def seconds(run, repetitions):
    best, result = np.inf, None
    for _ in range(repetitions):
        begin = time.process_time()
        result = run()
        best = min(best, time.process_time() - begin)
    return best, result


def ours(args, y, e, a, iterations, how):
    """Processor seconds and objectives after each iteration."""
    with tempfile.NamedTemporaryFile() as file:
        for matrix in (y, e, a):
            file.write(np.asfortranarray(matrix, dtype=float).tobytes(order="F"))
        file.flush()
        best = None
        for _ in range(args.repetitions):
            text = subprocess.run([os.path.join(args.build, "bin/spectral_unmixing_figures"), "file", str(y.shape[0]),
                                   str(y.shape[1]), str(e.shape[1]), file.name, str(iterations), how], check=True,
                                  capture_output=True, text=True, env={**os.environ, "SLURM_CPUS_PER_TASK": "1"}).stdout
            rows = np.array([[float(v) for v in line.split()] for line in text.splitlines()])
            if best is None or rows[-1, 0] < best[-1, 0]:
                best = rows
    return best


def prototype(y, e, a, iterations, lam=0.02, mu=1.0, p_min=0.3):
    """The method as its text says it, unfused, in double: l2,1 loss, HALS, learned exponents."""
    n, k = y.shape[1], e.shape[1]
    e, a, p = e.copy(), a.copy(), np.ones(n)
    eps, tau = 1e-3 * np.percentile(np.abs(y), 99), 0.5 * np.log(k)
    squares = lambda: ((y - e @ a) ** 2).sum(1) / n
    s = squares()
    w = 1 / np.sqrt(s + eps ** 2)
    c = k / (w * (e ** 2).sum(1)).sum()
    for t in range(1, iterations + 1):
        eta = max(1e-4, 1e-2 * 0.97 ** (t - 1))
        u = c / np.sqrt(s + eps ** 2)
        ue = u[:, None] * e
        h, b = ue.T @ e + mu, ue.T @ y + mu
        q = lam * p * (a + eta) ** (p - 1)
        for i in range(k):
            a[i] = np.maximum(0, a[i] + (b[i] - h[i] @ a - q[i]) / h[i, i])
        if t >= 10 and (t <= 50 or t % 5 == 0):
            g = np.log(a + eta)
            slope = lambda x: (np.exp(x * g) * g).sum(0) + tau
            low, high = np.full(n, p_min), np.ones(n)
            x = np.full(n, p_min)
            for _ in range(20):
                f = slope(x)
                low, high = np.where(f < 0, x, low), np.where(f < 0, high, x)
                step = x - f / np.maximum((np.exp(x * g) * g * g).sum(0), 1e-20)
                x = np.where((step > low) & (step < high), step, (low + high) / 2)
            p = np.where(slope(np.full(n, p_min)) >= 0, p_min, np.where(slope(np.ones(n)) <= 0, 1, x))
        yat, aat = y @ a.T, a @ a.T
        for i in range(k):
            e[:, i] = np.maximum(0, e[:, i] + (yat[:, i] - e @ aat[:, i]) / aat[i, i])
        s = squares()
    data = c * n * np.sqrt(s + eps ** 2).sum()
    return data + mu / 2 * ((a.sum(0) - 1) ** 2).sum() + lam * (((a + eta) ** p).sum() + tau * p.sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--scene", choices=["samson", "jasper"], default="samson")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--slow", action="store_true", help="pysptools too")
    args = parser.parse_args()
    y, e = scene(args.scene, args.data)
    k, n = e.shape[1], y.shape[1]
    print(f"{args.scene}: {y.shape[0]} bands, {n} pixels, {k} endmembers\n\n| task | peer | peer, s | ours, s | peer / ours | agreement |")
    print("|---|---|---|---|---|---|")
    row = lambda *cells: print("| " + " | ".join(str(c) for c in cells) + " |", flush=True)

    big = 1e3 * np.linalg.norm(e, 2)
    stacked = np.vstack([e, big * np.ones(k)])
    t, found = seconds(lambda: np.array([nnls(stacked, np.append(v, big))[0] for v in y.T]).T, args.repetitions)
    objective = lambda a: ((y - e @ a) ** 2).sum() / 2
    mine = ours(args, y, e, np.zeros((k, n)), 1, "fcls")[0]
    row("FCLS", "scipy NNLS a pixel", f"{t:.4f}", f"{mine[0]:.4f}", f"{t / mine[0]:.1f}", f"objective {mine[1] / objective(found) - 1:+.1e}")
    if args.slow:
        import cvxopt
        made = cvxopt.matrix  # pysptools hands it single precision, which newer versions refuse
        cvxopt.matrix = lambda x, *rest: made(np.asarray(x, float) if isinstance(x, np.ndarray) else x, *rest)
        import pysptools.abundance_maps.amaps as maps
        t, found = seconds(lambda: maps.FCLS(y.T.copy(), e.T.copy()).T, 1)
        row("FCLS", "pysptools", f"{t:.3f}", f"{mine[0]:.4f}", f"{t / mine[0]:.0f}", f"objective {mine[1] / objective(found) - 1:+.1e}")

    random = np.random.default_rng(0)
    e0 = np.maximum(y[:, random.choice(n, k, replace=False)], 1e-4 * np.percentile(np.abs(y), 99))
    a0 = random.dirichlet(np.ones(k), n).T
    start = 0.9 * a0 + 0.1 / k  # what our model makes of A_0
    from sklearn.decomposition import NMF
    for solver, how in (("cd", "hals"), ("mu", "mu")):
        def run():
            model = NMF(k, init="custom", solver=solver, max_iter=200, tol=0)
            w = model.fit_transform(np.maximum(y, 0).T.copy(), W=start.T.copy(), H=e0.T.copy())
            return ((np.maximum(y, 0) - (w @ model.components_).T) ** 2).sum() / 2
        t, f = seconds(run, args.repetitions)
        mine = ours(args, np.maximum(y, 0), e0, a0, 1500, how)
        reached = np.flatnonzero(mine[:, 1] <= f * (1 + 1e-6))
        if len(reached) == 0:
            row(f"NMF, {how}", f"scikit-learn {solver}, 200 iterations", f"{t:.3f}", "not reached", "", f"objective {mine[-1, 1] / f - 1:+.1e}")
            continue
        i = reached[0]
        row(f"NMF, {how}", f"scikit-learn {solver}, 200 iterations", f"{t:.3f}", f"{mine[i, 0]:.3f}", f"{t / mine[i, 0]:.1f}",
            f"same objective after {i + 1} iterations")

    t, f = seconds(lambda: prototype(y, e0, start, 200), max(1, args.repetitions - 1))
    mine = ours(args, y, e0, a0, 200, "robust")
    row("robust, 200 iterations", "numpy prototype, double", f"{t:.3f}", f"{mine[-1, 0]:.3f}", f"{t / mine[-1, 0]:.1f}", f"F {mine[-1, 2] / f - 1:+.1e}")


main()
