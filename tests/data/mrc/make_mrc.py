#!/usr/bin/env python3
"""Makes the MRC files of this folder with another program's writer: PyPI mrcfile 1.5.4 (BSD-3), and NumPy.

    python3 -m venv /tmp/mrc && /tmp/mrc/bin/pip install numpy mrcfile==1.5.4
    /tmp/mrc/bin/python tests/data/mrc/make_mrc.py

What the tests of core/io expect of them is written here in words: value and place of every voxel, and where the marker is seen.
"""
import pathlib
import struct

import mrcfile
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent


def block(dtype):
    """Value x + 10 y + 100 z at column x, row y, section z, of 5 x 4 x 3; complex values have minus half of it as imaginary part."""
    z, y, x = np.mgrid[:3, :4, :5]
    values = x + 10 * y + 100 * z
    if np.issubdtype(dtype, np.complexfloating):
        return (values - 0.5j * values).astype(dtype)
    return (values - 120 if dtype == np.int8 else values).astype(dtype)


def write(name, values, voxel=(1.5, 2, 2.5)):
    with mrcfile.new(HERE / name, overwrite=True) as file:
        file.set_data(values)
        file.voxel_size = voxel
        file.header.nxstart, file.header.nystart, file.header.nzstart = 2, -3, 4
        file.header.label[0] = b"made by mrcfile for a test"
        file.header.label[1:] = b""  # no date: the same bytes every time
        file.header.nlabl = 1


def marker():
    """A Gaussian spot at (6.5, -4, 9.25) of the file's axes (x right, y up, z to the source, from the centre, in pixels), seen at tilts
    -60 to 60 degrees in steps of 10 about y: at x cos(tilt) + z sin(tilt) right of the middle and 4 below, in 41 x 25 pixels of 2 angstrom."""
    tilts = np.arange(-60, 61, 10)
    y, x = np.mgrid[:25, :41]
    views = []
    for tilt in np.deg2rad(tilts):
        u = 20 + 6.5 * np.cos(tilt) + 9.25 * np.sin(tilt)
        v = 12 - 4.0
        views.append(1000 * np.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * 1.5**2)))
    write("marker.mrc", np.float32(views), (2, 2, 2))
    (HERE / "marker.rawtlt").write_text("".join(f"{tilt:8.2f}\n" for tilt in tilts))
    # The same about x: a quarter turn of the picture, (x, y) -> (y, -x), so that what was right is down and what was up is right.
    turned = np.float32([np.rot90(view, 1) for view in views])
    write("marker_about_x.mrc", turned, (2, 2, 2))
    (HERE / "marker_about_x.rawtlt").write_text("".join(f"{tilt:8.2f}\n" for tilt in tilts))


def old_fei():
    """An FEI file of 2003: no machine stamp, no MAP, a cell of one angstrom a voxel, tilt and pixel (3.36 nm) in the
    extended header (here of 3 sections; FEI writes 1024 whatever there is)."""
    head = bytearray(1024)
    struct.pack_into("<4i", head, 0, 5, 4, 3, 1)
    struct.pack_into("<3i3f3f3i", head, 28, 5, 4, 3, 5, 4, 3, 90, 90, 90, 1, 2, 3)
    struct.pack_into("<i", head, 92, 3 * 128)
    struct.pack_into("<hh", head, 128, 0, 32)
    head[224:304] = b"Fei Company (c) Copyright 2003".ljust(80)
    extended = np.zeros((3, 32), "<f4")
    extended[:, 0] = -2, 0, 2
    extended[:, 11] = 3.36e-9
    (HERE / "old_fei.mrc").write_bytes(bytes(head) + extended.tobytes() + block(np.int16).astype("<i2").tobytes())


for mode, dtype in ((0, np.int8), (1, np.int16), (2, np.float32), (4, np.complex64), (6, np.uint16), (12, np.float16)):
    write(f"mode{mode}.mrc", block(dtype))
write("big_endian.mrc", block(np.dtype(">i2")))
marker()
old_fei()
for file in sorted(HERE.glob("*.mrc")):
    with mrcfile.open(file, permissive=True) as made:
        print(file.name, made.data.shape, made.data.dtype, made.voxel_size, made.header.machst.tobytes().hex())
