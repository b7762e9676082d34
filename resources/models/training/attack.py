#!/usr/bin/env python3
"""Attacks certificates with the true gradients of the networks: writes changed images that the program then decides about.

    attack.py --card drs_018.card.json --images val.npy --labels labels.csv --certificates certificates.csv --changed changed.npy
    isocenter run certification/attack --images val.npy --labels labels.csv --certificates certificates.csv --changed changed.npy --attacks attacks.csv
"""
import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).parent))

from isotrain.errors import TrainingError  # noqa: E402


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--card", required=True, help="card of the classifier, its graphs beside it")
    parser.add_argument("--images", required=True, help=".npy of [image, row, column] in the unit of the training")
    parser.add_argument("--labels", help="the table that named the images for the certificates, if there was one")
    parser.add_argument("--certificates", required=True, help="as certification/drs or certification/rs wrote them")
    parser.add_argument("--changed", required=True, help=".npy to write")
    parser.add_argument("--part", type=float, default=0.99, help="of the radius")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--copies", type=int, default=64, help="noisy copies of each network, a step")
    parser.add_argument("--most", type=int, default=100, help="certified cases; 0: all. As --most of certification/attack")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    try:
        import numpy as np
        import torch
        from isotrain.classification.attack import attack_all

        torch.set_num_threads(options.threads)
        found = attack_all(options.card, options.images, options.certificates, options.labels, options.part, options.steps,
                           options.copies, options.most, options.seed)
        np.save(options.changed, found)
        print(f"wrote {options.changed}: {len(found)} images")
    except TrainingError as error:
        print(f"attack.py: {error}", file=sys.stderr)
        return error.code
    except OSError as error:
        print(f"attack.py: {error.filename}: {error.strerror}", file=sys.stderr)
        return 21
    except ModuleNotFoundError as error:
        print(f"attack.py: the Python package {error.name} is missing; pip install -r requirements.txt", file=sys.stderr)
        return 85
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
