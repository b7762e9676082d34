"""The simulated user (gp-interactive-segmentation.md, section 8): each click at the deepest point of the larger error, at most 20."""
import numpy as np
from scipy import ndimage

MOST = 20


def deepest(wrong, clicked):
    """(distance, place) of the pixel of `wrong` farthest from its border, outside of the image being border too; clicked ones excluded."""
    distance = ndimage.distance_transform_edt(np.pad(wrong, 1))[1:-1, 1:-1]
    distance[clicked | ~wrong] = -1
    at = np.unravel_index(np.argmax(distance), distance.shape)
    return distance[at], (int(at[0]), int(at[1]))


def next_click(mask, truth, clicked):
    """((row, column), positive), or None where nothing is left to click on."""
    low, high = deepest(truth & ~mask, clicked), deepest(mask & ~truth, clicked)
    if max(low[0], high[0]) < 0:
        return None
    return (low[1], True) if low[0] >= high[0] else (high[1], False)


def click_object(segment, truth, most=MOST, enough=None):
    """(overlaps after each click, clicks that were disobeyed or had the wrong sign). Ends at an overlap of `enough`."""
    mask, clicked, clicks, overlaps, disobeyed = np.zeros_like(truth), np.zeros_like(truth), [], [], 0
    while len(clicks) < most:
        click = next_click(mask, truth, clicked)
        if click is None:
            break
        clicked[click[0]] = True
        clicks.append(click)
        mask, wrong = segment(clicks)
        disobeyed += wrong + sum(bool(mask[at]) != positive for at, positive in clicks)
        overlaps.append(float((mask & truth).sum() / max(1, (mask | truth).sum())))
        if enough is not None and overlaps[-1] >= enough:
            break
    return overlaps, disobeyed


def clicks_to(overlaps, bar, most=MOST):
    return next((i + 1 for i, overlap in enumerate(overlaps) if overlap >= bar), most)


def figures(runs, most=MOST):
    """Of [(overlaps, disobeyed)]: mean clicks to 0.85 and 0.90, failures, overlaps after 1, 3 and 5 clicks, disobeyed clicks."""
    overlaps = [o for o, _ in runs]

    def after(k):
        return float(np.mean([o[min(k, len(o)) - 1] if o else 0.0 for o in overlaps]))

    return {"objects": len(runs), "noc85": float(np.mean([clicks_to(o, 0.85, most) for o in overlaps])),
            "noc90": float(np.mean([clicks_to(o, 0.90, most) for o in overlaps])),
            "failures85": sum(max(o, default=0) < 0.85 for o in overlaps), "failures90": sum(max(o, default=0) < 0.90 for o in overlaps),
            "iou1": after(1), "iou3": after(3), "iou5": after(5), "disobeyed": int(sum(d for _, d in runs))}
