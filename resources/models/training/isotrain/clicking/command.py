"""`train.py click_encoder`: from random scenes, and images with masks if there are, to checkpoint and figures beside the form without a network."""
from pathlib import Path

import numpy as np
import torch

from ..errors import UsageError
from ..files import write_json
from ..networks.click_encoder import PRIOR, to_planes
from ..phantoms import random_of
from ..trainer import Trainer, TrainSettings, check_precision, choose_device, set_up
from .form_n import PRIOR_MEAN, Slice, grey, hand_made
from .labelled import objects, training_slices
from .scenes import ScenePool, make_click_phantom
from .tasks import ClickEncoderTask, ClickOptions
from .user import click_object, clicks_to, figures

POOL = 10**6  # scenes before one comes again


@torch.no_grad()
def encoded(networks, g, prior=True):
    """The `Slice` of grey values with the encoder's features beside the hand-made ones."""
    net, scales = networks["net"], networks["scales"]
    down, right = -g.shape[0] % net.multiple, -g.shape[1] % net.multiple
    image = torch.from_numpy(np.pad(g, ((0, down), (0, right)), mode="symmetric"))[None, None]
    feat, mean = net(image)
    made = torch.from_numpy(np.pad(hand_made(g), ((0, 0), (0, down), (0, right))))[None]
    planes = to_planes(made, feat, scales)[0, :, :g.shape[0], :g.shape[1]].numpy()
    mean = torch.nn.functional.interpolate(mean, size=image.shape[-2:], mode="bilinear", align_corners=False)
    mean = mean[0, 0, :g.shape[0], :g.shape[1]].numpy()
    return Slice(planes.astype(np.float32), mean if prior else PRIOR, float(scales.height()))


def plain(g):
    """The `Slice` of the form without a network."""
    return Slice(hand_made(g), PRIOR_MEAN)


def phantoms(count, seed):
    """[(name, g, truth)]; the stream is not that of the scenes."""
    made = [make_click_phantom(random_of(seed, 71, i)) for i in range(count)]
    return [(f"phantom {i}", grey(image), truth) for i, (image, truth) in enumerate(made)]


def interval(values, seed=1, draws=2000):
    """95 % of a bootstrap over objects, of the mean."""
    random, values = random_of(seed, 72), np.asarray(values, np.float64)
    means = [values[random.integers(0, len(values), len(values))].mean() for _ in range(draws)]
    return [float(np.quantile(means, q)) for q in (0.025, 0.975)]


def compare(networks, cases, prior=True, enough=0.9):
    """Figures of both forms on the same objects, and the change of clicks to 0.90 with its interval over objects."""
    forms = {"hand_made": plain, "encoder": lambda g: encoded(networks, g, prior)}
    runs = {name: [click_object(make(g).segment, truth, enough=enough) for _, g, truth in cases] for name, make in forms.items()}
    found = {name: figures(r) for name, r in runs.items()}
    counts = {name: [clicks_to(overlaps, 0.9) for overlaps, _ in r] for name, r in runs.items()}
    less = [e - h for e, h in zip(counts["encoder"], counts["hand_made"])]
    found["difference90"] = {"mean": float(np.mean(less)), "interval": interval(less)}
    found["share90"] = found["encoder"]["noc90"] / found["hand_made"]["noc90"] - 1
    return found


def say_figures(name, found):
    for form in ("hand_made", "encoder"):
        f = found[form]
        print(f"{name}, {form}: clicks to 0.85 {f['noc85']:.2f}, to 0.90 {f['noc90']:.2f}, failures {f['failures85']}, {f['failures90']}, overlap "
              f"after 1, 3, 5 {f['iou1']:.3f} {f['iou3']:.3f} {f['iou5']:.3f}, disobeyed {f['disobeyed']}, {f['objects']} objects", flush=True)
    d = found["difference90"]
    print(f"{name}: {100 * found['share90']:+.0f} % clicks to 0.90, {d['mean']:+.2f} ({d['interval'][0]:+.2f} to {d['interval'][1]:+.2f})", flush=True)


def train_click_encoder(options):
    if options.size % 16:
        raise UsageError(f"--size {options.size} is no multiple of 16, which the encoder needs; give one")
    device = choose_device(options.device)
    check_precision(options.precision, device)
    set_up(options.threads, options.seed)
    labelled = [s for name in options.sets for s in training_slices(name)]
    made = ClickOptions(size=options.size or ClickOptions.size, prior=not options.no_prior, seed=options.seed)
    task = ClickEncoderTask(made)
    pool = ScenePool(POOL, made.size, options.seed, labelled)
    settings = TrainSettings(options.steps, options.hours, options.batch or task.batch, options.seed, ema=0.998, precision=options.precision,
                             checkpoint_seconds=options.checkpoint_seconds, validate_seconds=options.validate_seconds)
    folder = Path(options.work) / task.name
    trainer = Trainer(task, pool, settings, folder, None, device)
    begun = trainer.resume()
    print(f"{task.name}: {task.parameters()} parameters, scenes of {made.size} pixels, {len(labelled)} labelled slices, on {device}"
          + (f", goes on from step {trainer.step}" if begun else ""), flush=True)
    networks = trainer.run().cpu()
    scales = networks["scales"]
    result = {"steps": trainer.step, "seconds": round(trainer.elapsed, 1), "curve": trainer.curve, "height": float(scales.height()),
              "factors": [round(float(v), 3) for v in scales.planes()], "encoder_factor": float(scales.encoder()), "figures": {}}
    cases = {"phantoms": phantoms(options.count_phantoms, 2000)} | {Path(f).name: objects(f, slices=options.slices) for f in options.measure}
    for name, known in cases.items():
        result["figures"][name] = compare(networks, known, made.prior)
        say_figures(name, result["figures"][name])
    write_json(folder / "figures.json", result)
    print(f"wrote {folder / 'figures.json'}")
