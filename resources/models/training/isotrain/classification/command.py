"""`train.py drs` and `train.py rs`: from labelled images to ONNX files and a card."""
import datetime
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from ..card import CARD_VERSION, code_version, machine, write_card
from ..errors import UsageError
from ..export import export_graphs
from ..trainer import Trainer, TrainSettings, choose_device, set_up
from .images import read_images
from .tasks import ClassifierOptions, ClassifierTask, figures

NAMES = {"rs": "classifier of noisy images, for randomized smoothing",
         "drs": "two classifiers, each of one half of the pixels of noisy images, for dual randomized smoothing"}
REFERENCES = {"rs": ["J. Cohen, E. Rosenfeld and J. Z. Kolter, ICML (2019), arXiv:1902.02918"],
              "drs": ["S. Xia, Y. Yu, X. Jiang and H. Ding, ICLR (2024), arXiv:2404.09586"]}
CONSISTENCY = "J. Jeong and J. Shin, NeurIPS (2020), arXiv:2006.04062"
KNOWN_FAILURES = [
    "A certificate says nothing about blur, rotation, another scanner, another intensity map or wrong labels.",
    "It is about the smoothed classifier, and only for noise of the sigma of this card.",
    "This is no diagnostic aid: it was trained to study certification.",
]


def card_name(options):
    return options.card_name or f"{options.name}_{round(100 * options.sigma):03d}"


def make_card(name, task, trainer, files, results, facts, parts, options):
    o, images = task.options, parts["train"].values
    return {
        "card_version": CARD_VERSION, "kind": "classifier", "name": name, "says": NAMES[task.name], "files": files,
        "references": REFERENCES[task.name] + ([CONSISTENCY] if o.loss == "consistency" else []),
        "inputs": {"channels": ["grey value"] if o.channels == 1 else [f"channel {c}" for c in range(o.channels)],
                   "width": images.shape[3], "height": images.shape[2], "low": 0, "high": 255},
        "classes": facts["classes"],
        "smoothing": {"mode": task.name, "sigma": o.sigma, "split": o.split if task.name == "drs" else "none",
                      "feed": "fill" if task.name == "drs" else "whole", "loss": o.loss},
        "parameters": task.parameters(), "domain": facts["domain"],
        "training": {
            "data": [{"collection": facts["collection"], "licence": facts["licence"], "images": len(parts["train"])}],
            "split": {part: len(images) for part, images in parts.items()},
            "options": asdict(o), "settings": asdict(trainer.settings), "steps": trainer.step, "epochs": o.epochs,
            "hours": round(trainer.elapsed / 3600, 4), "machine": machine(trainer.device, options.threads),
            "code_version": code_version(), "command": " ".join(["train.py", *sys.argv[1:]]),
            "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(), "curve": trainer.curve,
        },
        "held_out": results, "known_failures": KNOWN_FAILURES,
    }


def graphs(name, task, networks, images):
    example = torch.rand(2, *images.values.shape[1:], generator=torch.Generator().manual_seed(11))
    suffixes = {"whole": "", "left": ".left", "right": ".right"}
    return [(f"{name}{suffixes[net]}", networks[net], {"image": example}, "scores", {0: "batch"}) for net in networks]


def train_classifier(options):
    if not options.data:
        raise UsageError("no images are named; give --data FILE.npz, or a folder with images.npy and labels.npy")
    if not options.sigma:
        raise UsageError("the noise is not named; give --sigma, in units of images from 0 to 1")
    device = choose_device(options.device)
    set_up(options.threads, options.seed)
    parts, facts = read_images(options.data)
    train = parts["train"]
    pixels = train.values.astype("float32") / 255
    made = ClassifierOptions(options.sigma, options.loss, options.copies, options.weight, options.pattern, options.epochs,
                             train.values.shape[1], len(facts["classes"]), options.seed)
    task = ClassifierTask(options.name, made, train, float(pixels.mean()), float(pixels.std()))
    settings = TrainSettings(task.steps, 0.0, task.batch, options.seed, ema=0.995, precision=options.precision,
                             checkpoint_seconds=options.checkpoint_seconds, validate_seconds=options.validate_seconds)
    name = card_name(options)
    folder = Path(options.work) / name
    trainer = Trainer(task, train, settings, folder, None, device)
    begun = trainer.resume()
    print(f"{name}: {task.parameters()} parameters, {len(train)} images, {task.steps} steps, on {device}"
          + (f", goes on from step {trainer.step}" if begun else ""), flush=True)
    networks = trainer.run().cpu()
    results = {part: figures(task, networks, parts[part], options.draws) for part in ("choice", "validation")}
    files = export_graphs(graphs(name, task, networks, train), folder)
    path = write_card(folder, make_card(name, task, trainer, files, results, facts, parts, options))
    for part, found in results.items():
        print(f"{part}: accuracy without noise {found['plain_accuracy']:.4f}, smoothed {found['smoothed_accuracy']:.4f}, mean plug-in "
              f"radius {found['mean_plug_in_radius']:.4f} over {found['images']} images")
    print(f"wrote {path}")
