"""Circular scans in the plane, as `iso/geometry/projection_geometry.h` describes them, and the grid of the image.

View b: the source stands at R(b) (0, -S), rays travel along R(b) (0, 1), and detector elements run along R(b) (1, 0); R turns
counter-clockwise. Pixel (row, column) lies at ((column - (n - 1) / 2) spacing, (row - (n - 1) / 2) spacing). Lengths in mm.
"""
import hashlib
import json
from dataclasses import asdict, dataclass, replace

import numpy as np

from .errors import InputError


@dataclass(frozen=True)
class Scan:
    """Equally spaced views of a flat detector, centred; `span_deg` is 360 for a fan, 180 or 360 for a parallel beam."""

    beam: str
    views: int
    elements: int
    pitch_mm: float
    span_deg: float = 360.0
    source_to_axis_mm: float = 0.0
    source_to_detector_mm: float = 0.0
    size: int = 256
    spacing_mm: float = 1.0

    def __post_init__(self):
        if self.beam not in ("fan", "parallel"):
            raise InputError(f"the beam '{self.beam}' is neither fan nor parallel; networks are trained for these two")
        if min(self.views, self.elements, self.size) < 1 or min(self.pitch_mm, self.spacing_mm) <= 0:
            raise InputError("a scan has no views, elements, pixels or a length that is not positive; correct its numbers")
        if self.beam == "fan" and not 0 < self.source_to_axis_mm < self.source_to_detector_mm:
            raise InputError("the axis of a fan beam does not lie between source and detector; correct the distances")

    @property
    def step_deg(self):
        return self.span_deg / self.views

    @property
    def angles(self):
        """Of the views, in radians."""
        return np.deg2rad(self.step_deg * np.arange(self.views))

    def with_views(self, views):
        """The same orbit with another number of views."""
        return replace(self, views=views)

    def finer(self, factor):
        """The same scan of an image with `factor` times the pixels along an edge, for a simulation that is no inverse crime."""
        return replace(self, size=self.size * factor, spacing_mm=self.spacing_mm / factor)

    def to_json(self):
        """The geometry file of our program (resources/schemas/geometry.schema.json)."""
        text = {"beam": self.beam, "detector": "flat", "elements": [self.elements, 1], "pitch_mm": [self.pitch_mm, 1],
                "angles_deg": {"first": 0, "step": self.step_deg, "count": self.views}}
        if self.beam == "fan":
            text |= {"source_to_axis_mm": self.source_to_axis_mm, "source_to_detector_mm": self.source_to_detector_mm}
        return text

    def hash(self):
        """SHA-256 of the numbers as JSON with sorted keys, each written with nine digits: what a model card calls geometry_hash."""
        numbers = {key: value if isinstance(value, (str, int)) else f"{value:.9g}" for key, value in asdict(self).items()}
        return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()


# primal-dual-unet.md, section 2, with 24 views at 15 degrees instead of 23 at 16 (its pitfall 2).
FAN_24 = Scan("fan", 24, 511, 1.0, 360.0, 400.0, 550.0)
PARALLEL_24 = Scan("parallel", 24, 363, 1.0, 180.0)
# gloredi.md, section 2: distances in pixels of 1.6 mm.
GLOREDI_36 = Scan("fan", 36, 672, 3.2, 360.0, 1720.0, 3440.0, 256, 1.6)
