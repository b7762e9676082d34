"""CT slices by patient: the shared folder `ct`, a folder of the user's, and which patient is in which part of the split.

A slice is 16 bits a pixel, HU + 1024 clipped to 0 .. 4095, on its own grid; everything outside of what was measured is air. The chest CT
of resources/samples (`lung2` of pyradiomics) is for examples and is refused here by the digest of its slice, whatever its name.
"""
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import InputError
from .files import read_json, read_nifti

PARTS = ("train", "validation", "test")
SPLIT_FILE = Path(__file__).parents[1] / "splits.json"
# Of the 16-bit slices of resources/samples/ct_lung_512x512.nii.gz; the tests make it again from the sample.
REFUSED = {"18bb27fc"}


@dataclass(frozen=True)
class Slice:
    patient: str
    collection: str
    index: int
    spacing_mm: float
    values: np.ndarray  # uint16 [row, column], HU + 1024

    def hounsfield(self):
        return self.values.astype(np.float32) - 1024


def packed(hounsfield):
    return np.clip(np.rint(hounsfield) + 1024, 0, 4095).astype(np.uint16)


def digest(values):
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:8]


def is_axial(orientation):
    """Direction cosines of row and column of DICOM: the slice normal runs along the body."""
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    return abs(np.cross(row, column)[2]) > 0.9


def square(hounsfield):
    """Centred on a square of air, so that every slice fits a scan."""
    rows, columns = hounsfield.shape
    side = max(rows, columns)
    side += side % 2
    out = np.full((side, side), -1024, np.float32)
    top, left = (side - rows) // 2, (side - columns) // 2
    out[top:top + rows, left:left + columns] = hounsfield
    return out


def _listed(folder, name, collection, axial_only):
    """A stack of unrelated slices with the JSON that names their patients."""
    path = folder / f"{name}.nii.gz"
    if not path.exists():
        return
    values, _ = read_nifti(path)
    for entry in read_json(folder / f"{name}.json")["slices"]:
        if axial_only and not is_axial(entry["imageOrientation"]):
            continue
        index = entry["index"]
        if index >= len(values):
            raise InputError(f"{name}.json names slice {index} of {len(values)}; take both files from the same place")
        yield Slice(entry["patient"], collection, index, entry["pixelSpacing_mm"][0], packed(square(values[index])))


def _volume(path, patient, collection, every):
    if path.exists():
        values, spacing = read_nifti(path)
        for index in range(min(every, len(values)) // 2, len(values), every):
            yield Slice(patient, collection, index, float(spacing[0]), packed(square(values[index])))


def shared_slices(folder, axial_only=True):
    """All slices of the shared folder `ct`, in a fixed order. Volumes are thinned, because neighbours hardly differ."""
    ct = Path(folder)
    ct = ct / "ct" if (ct / "ct").is_dir() else ct
    yield from _listed(ct / "tcga-luad-slices", "tcga-luad-shared", "TCGA-LUAD", axial_only)
    yield from _listed(ct / "covid19-ny-sbu-slices", "covid19-ny-sbu-shared", "COVID-19-NY-SBU", axial_only)
    yield from _volume(ct / "lidc-idri-0314_256.nii.gz", "LIDC-IDRI-0314", "LIDC-IDRI", 8)
    yield from _volume(ct / "lung-pet-ct-dx-A0001-kernelB.nii.gz", "Lung_Dx-A0001", "Lung-PET-CT-Dx", 4)
    for path in sorted((ct / "sts-slices").glob("STS_*.nii.gz")):
        yield from _volume(path, path.name.removesuffix(".nii.gz"), "Soft-tissue-Sarcoma", 1)


def user_slices(folder):
    """NIfTI files of the user's. The patient is the subfolder, or what stands before the first `_` or `.` of the name."""
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"{folder} is no folder; name one that holds NIfTI files in Hounsfield units")
    paths = sorted(p for p in root.rglob("*") if p.name.endswith((".nii", ".nii.gz")))
    if not paths:
        raise InputError(f"{folder} holds no NIfTI file; put volumes in Hounsfield units there, a folder for each patient")
    for path in paths:
        patient = path.relative_to(root).parts[0] if path.parent != root else path.name.replace(".", "_").split("_")[0]
        yield from _volume(path, patient, root.name, 4)


def make_split(patients, seed, shares=(0.7, 0.12, 0.18)):
    """{patient: part}. The order is that of SHA-256 of seed and name, so that a new patient moves nobody else by chance of a draw."""
    if len(patients) < 3:
        raise InputError(f"there are {len(patients)} patients; three are the least that can be divided into train, validation and test")
    order = sorted(patients, key=lambda p: hashlib.sha256(f"{seed}:{p}".encode()).hexdigest())
    first = min(int(shares[0] * len(order) + 0.5), len(order) - 2)
    second = first + max(int(shares[1] * len(order) + 0.5), 1)
    return {p: PARTS[(i >= first) + (i >= second)] for i, p in enumerate(order)}


def read_split(path=SPLIT_FILE):
    split = read_json(path)
    parts = {}
    for part in PARTS:
        for patient in split[part]:
            if patient in parts:
                raise InputError(f"the split names {patient} in {parts[patient]} and in {part}; a patient belongs to one part")
            parts[patient] = part
    return parts, split


def by_part(slices, parts):
    """{part: [Slice]}; refuses the sample CT and patients that the split does not name."""
    found = {part: [] for part in PARTS}
    for s in slices:
        if digest(s.values) in REFUSED:
            raise InputError(f"slice {s.index} of {s.patient} is the chest CT of the samples, which is never trained on; remove it")
        if s.patient not in parts:
            raise InputError(f"the split does not name the patient {s.patient}; make a split that does (train.py --make-split)")
        found[parts[s.patient]].append(s)
    return found
