"""The total variation of the program itself: `isocenter batch sparse_view_ct/tv` over many scans, in a folder of its own."""
import csv
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from .errors import TrainingError, UsageError
from .files import read_metaimage, write_json


def find_program(given=None):
    """The command `isocenter`: what was given, ISOCENTER, or the one on the path."""
    named = given or os.environ.get("ISOCENTER") or shutil.which("isocenter")
    if not named or not Path(named).exists():
        raise UsageError("the command isocenter was not found; name it by --program, or use --tv-by torch")
    return str(Path(named).resolve())


def run_task(program, task, scan, readings, parameters=(), threads=1, folder=None):
    """[N, views, elements] -> [N, n, n] in 1/mm, one process a case."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        place = Path(place)
        write_json(place / "scan.json", scan.to_json())
        with open(place / "cases.csv", "w", newline="", encoding="utf-8") as out:
            table = csv.writer(out)
            table.writerow(["case", "sinogram", "sinogram.geometry", "size", "spacing-mm", "volume"])
            for i, one in enumerate(readings):
                np.save(place / f"{i}.npy", np.asarray(one, np.float32)[:, None, :])
                table.writerow([f"case{i}", f"{i}.npy", "scan.json", scan.size, scan.spacing_mm, f"{i}.mha"])
        passed = [f"--pass={word}" for word in ("--no-mask", *parameters)]
        command = [program, "batch", task, "--manifest", str(place / "cases.csv"), "--threads", str(threads), *passed]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:] or ["no word"]
            raise TrainingError(f"isocenter batch {task} ended with {done.returncode}: {last[0]}")
        return np.stack([read_metaimage(place / f"{i}.mha").reshape(scan.size, scan.size) for i in range(len(readings))])
