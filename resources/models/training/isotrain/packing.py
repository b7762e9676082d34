"""Many slices in one small file: 16 bits, differences along rows, both bytes apart, deflated. Lossless.

Layout: b"ISOSLC1\\n", length of the index (8 bytes, little-endian), the index as JSON, then the packed slices one behind the other.
"""
import json
import struct
import zlib
from pathlib import Path

import numpy as np

from .errors import InputError
from .files import replace_file
from .patients import Slice

MAGIC = b"ISOSLC1\n"


def pack_values(values):
    """uint16 [rows, columns] -> bytes. The prediction is left + above - above left, modulo 2^16."""
    v = values.astype(np.uint16)
    d = v.copy()
    d[:, 1:] -= v[:, :-1]
    e = d.copy()
    e[1:] -= d[:-1]
    signed = e.astype(np.int16)
    folded = ((signed.astype(np.int32) << 1) ^ (signed.astype(np.int32) >> 15)).astype(np.uint16)  # small numbers of either sign
    return zlib.compress((folded & 255).astype(np.uint8).tobytes() + (folded >> 8).astype(np.uint8).tobytes(), 9)


def unpack_values(raw, shape):
    count = shape[0] * shape[1]
    flat = np.frombuffer(zlib.decompress(raw), np.uint8)
    if len(flat) != 2 * count:
        raise InputError("a packed slice has another size than its index says; make the file again")
    folded = flat[:count].astype(np.uint16) | flat[count:].astype(np.uint16) << 8
    e = ((folded >> 1).astype(np.int32) ^ -(folded & 1).astype(np.int32)).astype(np.int16).astype(np.uint16).reshape(shape)
    return np.cumsum(np.cumsum(e, 0, dtype=np.uint16), 1, dtype=np.uint16)


def write_slices(path, slices):
    """Writes them; returns the bytes of the file."""
    index, blocks, at = [], [], 0
    for s in slices:
        block = pack_values(s.values)
        index.append({"patient": s.patient, "collection": s.collection, "index": s.index, "spacing_mm": s.spacing_mm,
                      "shape": list(s.values.shape), "at": at, "bytes": len(block)})
        blocks.append(block)
        at += len(block)
    head = json.dumps(index).encode()
    raw = MAGIC + struct.pack("<Q", len(head)) + head + b"".join(blocks)
    replace_file(path, lambda part: part.write_bytes(raw))
    return len(raw)


def read_slices(path):
    raw = Path(path).read_bytes()
    if raw[:8] != MAGIC or len(raw) < 16:
        raise InputError(f"{Path(path).name} holds no packed slices; make it with bundle.py")
    length = struct.unpack("<Q", raw[8:16])[0]
    if 16 + length > len(raw):
        raise InputError(f"{Path(path).name} ends within its index; make it again")
    base, slices = 16 + length, []
    for e in json.loads(raw[16:base]):
        block = raw[base + e["at"]:base + e["at"] + e["bytes"]]
        if len(block) != e["bytes"]:
            raise InputError(f"{Path(path).name} ends before its last slice; make it again")
        slices.append(Slice(e["patient"], e["collection"], e["index"], e["spacing_mm"], unpack_values(block, e["shape"])))
    return slices
