"""Labelled images: the arrays of a MedMNIST file, or a folder of `images.npy` and `labels.npy`, divided into parts that never mix."""
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..errors import InputError
from ..phantoms import random_of
from .shapes import CLASSES

PARTS = ("train", "choice", "validation")
CHOICE_EVERY = 10  # every tenth image of the training part chooses between trainings and is never trained on
# What is known of the collections that the file itself does not say.
COLLECTIONS = {
    "pneumoniamnist": {"collection": "MedMNIST v2, PneumoniaMNIST", "licence": "CC BY 4.0", "classes": ["normal", "pneumonia"],
                       "domain": "chest radiographs of children, reduced to 28 x 28 pixels as in MedMNIST v2"},
    "shapes": {"collection": "Shapes, phantoms that train.py --make-shapes makes", "licence": "that of this program", "classes": CLASSES,
               "domain": "phantoms of one shape in 28 x 28 pixels; no images of patients"},
}


@dataclass(frozen=True)
class Images:
    """`values` [N, C, H, W] of uint8, `labels` [N]."""
    values: np.ndarray
    labels: np.ndarray
    folder: Path  # named by a digest of the content: what a checkpoint is held against

    def __len__(self):
        return len(self.values)

    def batch(self, indices, device="cpu"):
        chosen = np.asarray(list(indices))
        image = torch.from_numpy(self.values[chosen]).to(device).float() / 255
        return {"image": image, "label": torch.from_numpy(self.labels[chosen]).to(device)}


def planes(values):
    """[N, H, W] or [N, H, W, C] as [N, C, H, W] of uint8."""
    if values.dtype != np.uint8 or values.ndim not in (3, 4):
        raise InputError(f"the images are {values.dtype} on {values.ndim} axes; give uint8 of [image, row, column] or [..., channel]")
    return np.ascontiguousarray(values[:, None] if values.ndim == 3 else values.transpose(0, 3, 1, 2))


def part(values, labels):
    if len(values) != len(labels) or len(values) == 0:
        raise InputError(f"there are {len(values)} images and {len(labels)} labels; give one label an image")
    labels = np.asarray(labels).reshape(len(labels), -1)[:, 0].astype(np.int64)
    digest = hashlib.sha256(values.tobytes() + labels.tobytes()).hexdigest()[:16]
    return Images(planes(values), labels, Path(digest))


def read_images(path):
    """({part: Images}, what is known of the collection). Validation is that of the file, or every fifth image where it has none."""
    path = Path(path)
    try:
        if path.is_dir():
            arrays = {"train_images": np.load(path / "images.npy"), "train_labels": np.load(path / "labels.npy")}
        else:
            with np.load(path) as file:
                arrays = {name: file[name] for name in file.files}
        values, labels = arrays["train_images"], arrays["train_labels"]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} holds no labelled images ({error}); give an .npz with train_images and train_labels, or a folder with "
                         "images.npy and labels.npy") from error
    if "val_images" in arrays:
        held = (arrays["val_images"], arrays["val_labels"])
    else:
        last = np.arange(len(values)) % 5 == 4
        held, values, labels = (values[last], labels[last]), values[~last], labels[~last]
    choice = np.arange(len(values)) % CHOICE_EVERY == CHOICE_EVERY - 1
    found = {"train": part(values[~choice], labels[~choice]), "choice": part(values[choice], labels[choice]), "validation": part(*held)}
    known = next((dict(facts) for name, facts in COLLECTIONS.items() if name in path.name.lower()), None)
    count = int(max(images.labels.max() for images in found.values())) + 1
    return found, known or {"collection": path.stem, "licence": "of the user's; not stated",
                            "classes": [str(c) for c in range(count)], "domain": f"images like those of {path.name}"}


def shifted(images, random):
    """Shifted by up to two pixels (edges repeated), the same for no two steps. A radiograph is not mirrored: the heart is on the left."""
    shift = random.integers(-2, 3, size=2)
    padded = torch.nn.functional.pad(images, (2, 2, 2, 2), mode="replicate")
    return padded[..., 2 + shift[0]:2 + shift[0] + images.shape[2], 2 + shift[1]:2 + shift[1] + images.shape[3]]


def noise_like(images, seed, step, stream):
    """Standard normal noise that (seed, step, stream) decides."""
    generator = torch.Generator(device="cpu").manual_seed(int(random_of(seed, 40 + stream, step).integers(2**62)))
    return torch.randn(images.shape, generator=generator).to(images.device)
