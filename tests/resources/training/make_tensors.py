#!/usr/bin/env python3
"""Makes the stored tensors of the parity tests with the program: an image, its projections, FBP and TV, fan and parallel.

Usage: make_tensors.py ISOCENTER. Run it again only if the operators of the program change on purpose.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "resources/models/training"))
from isotrain.files import write_json  # noqa: E402
from isotrain.geometry import Scan  # noqa: E402
from isotrain.phantoms import phantom  # noqa: E402
from isotrain.product import run_task  # noqa: E402
from isotrain.simulate import noisy, to_water  # noqa: E402
from isotrain.phantoms import random_of  # noqa: E402

SCANS = {"fan": Scan("fan", 20, 129, 1.1, 360.0, 100.0, 150.0, 64, 1.0), "parallel": Scan("parallel", 20, 97, 1.0, 180.0, size=64)}


def metaimage(path, image):
    n = len(image)
    head = ["ObjectType = Image", "NDims = 3", "BinaryData = True", "BinaryDataByteOrderMSB = False", "CompressedData = False",
            "TransformMatrix = 1 0 0 0 1 0 0 0 1", f"Offset = {-(n - 1) / 2} {-(n - 1) / 2} 0", "ElementSpacing = 1 1 1",
            f"DimSize = {n} {n} 1", "ElementType = MET_FLOAT", "ElementDataFile = LOCAL"]
    path.write_bytes("\n".join(head).encode() + b"\n" + image.astype("<f4").tobytes())


def main(program):
    out = HERE / "tensors"
    out.mkdir(exist_ok=True)
    image = (0.02 * to_water(phantom(5, 64, 4.0))).astype(np.float32)
    np.save(out / "image.npy", image)
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        metaimage(place / "image.mha", image)
        for name, scan in SCANS.items():
            write_json(out / f"{name}.json", scan.to_json())
            target = place / f"{name}.npy"
            subprocess.run([program, "project", str(place / "image.mha"), "-g", str(out / f"{name}.json"), "-o", str(target)], check=True)
            readings = np.load(target).reshape(scan.views, scan.elements)
            np.save(out / f"{name}_readings.npy", readings)
            noise = noisy(readings, 1e5, random_of(1, 9)).astype(np.float32)
            np.save(out / f"{name}_noisy.npy", noise)
            for task, words in (("fbp", ("--filter", "hann")), ("tv", ("--tolerance", "0", "--strength", "1", "--step-ratio", "0.01"))):
                np.save(out / f"{name}_{task}.npy", run_task(program, f"sparse_view_ct/{task}", scan, noise[None], words)[0])


if __name__ == "__main__":
    main(sys.argv[1])
