"""What the tests of the training package share: its place, the stored tensors, a word where a package is missing."""
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PACKAGE = ROOT / "resources/models/training"
TENSORS = HERE / "tensors"
sys.path.insert(0, str(PACKAGE))


def need(*modules):
    """Ends the test as skipped (77) if a package is missing."""
    for module in modules:
        try:
            __import__(module)
        except ImportError:
            print(f"skipped: the Python package {module} is missing")
            sys.exit(77)


def tensor(name):
    import numpy
    import torch

    return torch.from_numpy(numpy.load(TENSORS / f"{name}.npy"))


def relative(found, expected):
    return float((found - expected).norm() / expected.norm())


class InFolder(unittest.TestCase):
    """A test with an empty folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


def write_nifti(path, values, spacing=(1.0, 1.0, 1.0)):
    """A plain NIfTI-1 of int16 [slice, row, column]."""
    import struct

    import numpy as np

    values = np.asarray(values, "<i2")
    head = bytearray(352)
    head[:4] = struct.pack("<i", 348)
    head[40:56] = struct.pack("<8h", 3, *values.shape[::-1], 1, 1, 1, 1)
    head[70:74] = struct.pack("<2h", 4, 16)
    head[76:108] = struct.pack("<8f", 1, *spacing, 1, 1, 1, 1)
    head[108:120] = struct.pack("<3f", 352, 1, 0)
    head[344:348] = b"n+1\0"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(head) + values.tobytes())
