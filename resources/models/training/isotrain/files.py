"""The few file formats that the package reads and writes itself: NIfTI, MetaImage, NumPy."""
import gzip
import json
import os
import struct
from pathlib import Path

import numpy as np

from .errors import InputError

NIFTI_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4"}


def read_nifti(path):
    """(values as [slice, row, column] in float32, (x, y, z) spacing in mm) of a NIfTI-1 file, packed or not."""
    path = Path(path)
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise InputError(f"{path.name} cannot be read ({error}); give a whole NIfTI file") from error
    if len(raw) < 352 or raw[344:347] not in (b"n+1", b"ni1"):
        raise InputError(f"{path.name} is no NIfTI-1 file; give one, or remove it from the folder")
    order = "<" if struct.unpack("<i", raw[:4])[0] == 348 else ">"
    dims = struct.unpack(order + "8h", raw[40:56])
    code = struct.unpack(order + "h", raw[70:72])[0]
    spacing = struct.unpack(order + "8f", raw[76:108])[1:4]
    offset = int(struct.unpack(order + "f", raw[108:112])[0])
    slope, shift = struct.unpack(order + "2f", raw[112:120])
    shape = tuple(max(dims[i], 1) if i <= dims[0] else 1 for i in (1, 2, 3))
    if code not in NIFTI_TYPES or not 2 <= dims[0] <= 4:
        raise InputError(f"{path.name} holds values of type {code} on {dims[0]} axes; give a volume or slice of plain numbers")
    kind = np.dtype(order + NIFTI_TYPES[code])
    count = int(np.prod(shape))
    if len(raw) - offset < count * kind.itemsize:
        raise InputError(f"{path.name} ends before its last voxel; give a whole file")
    values = np.frombuffer(raw, kind, count, offset).reshape(shape[::-1]).astype(np.float32)
    return (values * slope + shift if slope not in (0, 1) or shift != 0 else values), spacing


def read_metaimage(path):
    """Values of a MetaImage of our program in one file (float32), slowest axis first."""
    raw = Path(path).read_bytes()
    head, _, body = raw.partition(b"ElementDataFile = LOCAL\n")
    fields = dict(line.split(" = ", 1) for line in head.decode("ascii", "replace").splitlines() if " = " in line)
    if fields.get("ElementType") != "MET_FLOAT" or fields.get("CompressedData", "False") == "True" or not body:
        raise InputError(f"{Path(path).name} is no plain MetaImage of float values; write it by our program")
    return np.frombuffer(body, "<f4").reshape([int(n) for n in fields["DimSize"].split()][::-1]).copy()


def replace_file(path, write):
    """write(temporary path), then the temporary file takes the place of `path`: nobody sees half a file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path, value):
    replace_file(path, lambda part: part.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8"))


def read_json(path):
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON ({error}); give a whole file") from error
