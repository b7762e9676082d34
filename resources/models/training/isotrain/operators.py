"""Ray transform, filter and back-projection of a scan as matrices, the same as the operators of the program.

The ray transform is Joseph's (P. M. Joseph, IEEE Trans. Med. Imaging 1 (1982) 192) as `gpu/reference/ray_transform.cpp` has it; filtered
back-projection is that of `iso/tomography/filtered_backprojection.h`: cosine of the ray, ramp times window, back-projection with
linear interpolation and the squared magnification. Images are [batch, row, column], sinograms [batch, view, element], both float32.
The tests hold both to what the program computes, within 1e-4 (relative, 2-norm).
"""
import warnings

import numpy as np
import torch

from .errors import InputError


def joseph_entries(scan, view):
    """(element, pixel, weight in mm) of one view."""
    b, n, h = scan.angles[view], scan.size, scan.spacing_mm
    cos, sin = np.cos(b), np.sin(b)
    across = np.array([cos, sin])
    along = np.array([-sin, cos])
    offset = (np.arange(scan.elements) - 0.5 * (scan.elements - 1)) * scan.pitch_mm
    if scan.beam == "parallel":
        start = offset[:, None] * across
        direction = np.broadcast_to(along, start.shape)
    else:
        start = np.broadcast_to(-scan.source_to_axis_mm * along, (scan.elements, 2))
        direction = scan.source_to_detector_mm * along + offset[:, None] * across
    direction = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    start, step = start / h + 0.5 * (n - 1), direction / h  # pixels; pixels per mm
    elements, pixels, weights = [], [], []
    for major in (0, 1):
        steepest = np.abs(step[:, 1]) > np.abs(step[:, 0])
        rays = np.flatnonzero(steepest if major else ~steepest)
        if not rays.size:
            continue
        minor = 1 - major
        planes = np.arange(n)
        slope = step[rays, minor] / step[rays, major]
        position = start[rays, minor][:, None] + (planes[None, :] - start[rays, major][:, None]) * slope[:, None]
        length = np.broadcast_to(1 / np.abs(step[rays, major])[:, None], position.shape)
        floor = np.floor(position)
        for at, tent in ((floor, 1 - (position - floor)), (floor + 1, position - floor)):
            ray, plane = np.nonzero((at >= 0) & (at < n) & (tent > 0))
            index = at[ray, plane].astype(np.int64)
            elements.append(rays[ray])
            pixels.append(index * n + plane if major == 0 else plane * n + index)
            weights.append((tent * length)[ray, plane])
    return np.concatenate(elements), np.concatenate(pixels), np.concatenate(weights)


def backprojection_entries(scan, view):
    """(pixel, element, weight) of one view: linear interpolation at the shadow of the pixel, times the squared magnification."""
    n, b = scan.size, scan.angles[view]
    axis = (np.arange(n) - 0.5 * (n - 1)) * scan.spacing_mm
    x, y = np.meshgrid(axis, axis)
    s, t = x * np.cos(b) + y * np.sin(b), -x * np.sin(b) + y * np.cos(b)
    if scan.beam == "parallel":
        u, factor = s, np.ones_like(s)
    else:
        depth = scan.source_to_axis_mm + t
        if depth.min() <= 0:
            raise InputError("the source moves through the image; take a smaller image or a larger distance")
        u, factor = s * scan.source_to_detector_mm / depth, (scan.source_to_axis_mm / depth) ** 2
    u = u / scan.pitch_mm + 0.5 * (scan.elements - 1)
    floor = np.floor(u)
    pixels, elements, weights = [], [], []
    for at, tent in ((floor, 1 - (u - floor)), (floor + 1, u - floor)):
        seen = np.flatnonzero((at >= 0) & (at < scan.elements) & (tent > 0))
        pixels.append(seen)
        elements.append(at.ravel()[seen].astype(np.int64))
        weights.append((tent * factor).ravel()[seen])
    return np.concatenate(pixels), np.concatenate(elements), np.concatenate(weights)


def ramp_kernel(elements, pitch, window="hann"):
    """The spatial kernel h[0 .. elements) of the band-limited ramp times its window (`ramp_response` of the program)."""
    n = 2
    while n < 2 * elements:
        n *= 2
    space = np.zeros(n)
    space[0] = 1 / (4 * pitch)
    odd = np.arange(1, n // 2 + 1, 2)
    value = -1 / (np.pi**2 * odd.astype(float) ** 2 * pitch)
    space[odd] += np.where(odd == n // 2, value / 2, value)
    space[n - odd] += np.where(odd == n // 2, value / 2, value)
    frequency = np.minimum(np.arange(n), n - np.arange(n)) / (n / 2)
    windows = {"ram_lak": np.ones(n), "hann": 0.5 + 0.5 * np.cos(np.pi * frequency), "cosine": np.cos(np.pi * frequency / 2)}
    if window not in windows:
        raise InputError(f"there is no window '{window}'; there are {', '.join(windows)}")
    return np.fft.ifft(np.fft.fft(space).real * windows[window]).real[:elements]


def filter_matrix(scan, window="hann"):
    """Weights and filter of a row as one matrix F[out, in]; the same for all views, because they are equally spaced."""
    whole = abs(scan.span_deg - 360) < 1e-9
    if not whole and not (scan.beam == "parallel" and abs(scan.span_deg - 180) < 1e-9):
        raise InputError("filtered back-projection in training takes fans of 360 degrees and parallel beams of 180 or 360; change the span")
    element = scan.pitch_mm
    offset = (np.arange(scan.elements) - 0.5 * (scan.elements - 1)) * scan.pitch_mm
    weight = np.full(scan.elements, np.pi / scan.views)  # half of the angle of a view where each ray is measured twice
    if scan.beam == "fan":
        element *= scan.source_to_axis_mm / scan.source_to_detector_mm
        weight *= scan.source_to_detector_mm / np.hypot(scan.source_to_detector_mm, offset)
    kernel = ramp_kernel(scan.elements, element, window)
    distance = np.abs(np.arange(scan.elements)[:, None] - np.arange(scan.elements)[None, :])
    return kernel[distance] * weight[None, :]


def csr(rows, columns, values, shape):
    """A sparse matrix in float32 with its transpose, entries sorted, so that sums have one order."""
    def build(r, c, size):
        order = np.lexsort((c, r))
        r, c, v = r[order], c[order], values[order]
        start = np.concatenate([[0], np.cumsum(np.bincount(r, minlength=size[0]))])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch calls its sparse matrices a trial
            return torch.sparse_csr_tensor(torch.from_numpy(start.astype(np.int32)), torch.from_numpy(c.astype(np.int32)),
                                           torch.from_numpy(v.astype(np.float32)), size=size, check_invariants=False)

    return build(rows, columns, shape), build(columns, rows, shape[::-1])


class _Apply(torch.autograd.Function):
    """y = M x for a batch of rows; its gradient is that of the transpose, kept as a matrix of its own."""

    @staticmethod
    def forward(ctx, x, matrix, transpose):
        ctx.transpose = transpose
        return torch.mm(matrix, x.T.contiguous()).T.contiguous()

    @staticmethod
    def backward(ctx, y):
        return torch.mm(ctx.transpose, y.T.contiguous()).T.contiguous(), None, None


class Operators:
    """A, its transpose, and filtered back-projection F of one scan, in float32 whatever the precision around them."""

    def __init__(self, scan, window="hann", device="cpu"):
        self.scan = scan
        self.ray, self.ray_transpose = self._stack(joseph_entries, (scan.views * scan.elements, scan.size**2), first=0)
        self.back, self.back_transpose = self._stack(backprojection_entries, (scan.size**2, scan.views * scan.elements), first=1)
        self.filter = torch.from_numpy(filter_matrix(scan, window).astype(np.float32)).T.contiguous()
        self.ramp = torch.from_numpy(filter_matrix(scan, "ram_lak").astype(np.float32)).T.contiguous()
        self.to(device)

    def __deepcopy__(self, memo):
        return self  # never changed, so copies of a network share it

    def _stack(self, entries, shape, first):
        parts = [entries(self.scan, view) for view in range(self.scan.views)]
        sides = [[part[i] for part in parts] for i in (0, 1)]
        sides[first] = [side + view * self.scan.elements for view, side in enumerate(sides[first])]
        return csr(*(np.concatenate(side) for side in sides), np.concatenate([part[2] for part in parts]), shape)

    def to(self, device):
        for name in ("ray", "ray_transpose", "back", "back_transpose", "filter", "ramp"):
            setattr(self, name, getattr(self, name).to(device))
        return self

    def _image(self, x):
        return x.float().reshape(-1, self.scan.size**2)

    def project(self, image):
        """A: [B, n, n] -> [B, views, elements], line integrals."""
        with torch.autocast(image.device.type, enabled=False):
            return _Apply.apply(self._image(image), self.ray, self.ray_transpose).view(-1, self.scan.views, self.scan.elements)

    def project_adjoint(self, readings):
        with torch.autocast(readings.device.type, enabled=False):
            flat = readings.float().reshape(-1, self.scan.views * self.scan.elements)
            return _Apply.apply(flat, self.ray_transpose, self.ray).view(-1, self.scan.size, self.scan.size)

    def backproject(self, readings):
        with torch.autocast(readings.device.type, enabled=False):
            flat = readings.float().reshape(-1, self.scan.views * self.scan.elements)
            return _Apply.apply(flat, self.back, self.back_transpose).view(-1, self.scan.size, self.scan.size)

    def fbp(self, readings):
        """F: [B, views, elements] -> [B, n, n]."""
        with torch.autocast(readings.device.type, enabled=False):
            return self.backproject(readings.float() @ self.filter)

    def fbp_ramp(self, readings):
        """F without a window: what the program's iterative methods start from."""
        return self.backproject(readings.float() @ self.ramp)


class ViewProjector:
    """A of many images, view by view: for scans whose matrices with all transposes do not fit into memory. The matrices are kept where
    there are at most `kept_views`, else made anew at every call."""

    kept_views = 160

    def __init__(self, scan, device="cpu"):
        self.scan, self.device = scan, device
        self.matrices = [self._matrix(view) for view in range(scan.views)] if scan.views <= self.kept_views else None

    def _matrix(self, view):
        return csr(*joseph_entries(self.scan, view), (self.scan.elements, self.scan.size**2))[0].to(self.device)

    def __call__(self, images):
        """[N, n, n] -> [N, views, elements]."""
        flat = images.to(self.device).float().reshape(len(images), -1).T.contiguous()
        views = range(self.scan.views)
        return torch.stack([torch.mm(self.matrices[v] if self.matrices else self._matrix(v), flat).T for v in views], 1)


def project_by_views(scan, images):
    return ViewProjector(scan)(images)


def fbp_by_views(scan, readings, window="hann"):
    """F of many sinograms, view by view."""
    matrix = torch.from_numpy(filter_matrix(scan, window).astype(np.float32)).T.contiguous()
    image = torch.zeros(scan.size**2, len(readings))
    for view in range(scan.views):
        back, _ = csr(*backprojection_entries(scan, view), (scan.size**2, scan.elements))
        image += torch.mm(back, (readings[:, view].float() @ matrix).T.contiguous())
    return image.T.reshape(-1, scan.size, scan.size).contiguous()
