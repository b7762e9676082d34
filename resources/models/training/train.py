#!/usr/bin/env python3
"""Trains a network from the pool of samples to ONNX file and model card, with one command.

    train.py unet --data ../../../../shared/data --work out --hours 2
    train.py pd_unet --paper --packed slices.bin --work out --steps 4000
    train.py --list                 what can be trained
    train.py --make-split --data FOLDER --split mine.json
    train.py --make-shapes shapes.npz       phantoms of four classes, for rs and drs

A run that was interrupted goes on when the same command is given again. See README.md.
"""
import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).parent))

from isotrain.errors import TrainingError, UsageError  # noqa: E402


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", help="the network")
    parser.add_argument("--list", action="store_true", help="list the networks and end")
    parser.add_argument("--make-split", action="store_true", help="divide the patients of --data and write --split")
    parser.add_argument("--make-shapes", metavar="FILE.npz", help="make phantoms of four classes and end")
    data = parser.add_argument_group("data")
    data.add_argument("--data", help="the shared folder of data, or a folder of your NIfTI files with --user-data")
    data.add_argument("--user-data", action="store_true", help="--data is a folder of your own")
    data.add_argument("--packed", help="slices packed by bundle.py, instead of --data")
    data.add_argument("--split", help="JSON with the patients of train, validation and test; that of the package if not given")
    data.add_argument("--phantoms", type=int, default=0, help="add this many phantoms to the training part")
    data.add_argument("--pool", type=int, default=2400, help="augmented samples of the training part")
    data.add_argument("--photons", type=float, help="photons a reading; 0: no noise")
    data.add_argument("--tv-by", choices=("torch", "program"), default="torch", help="who computes the starting TV")
    data.add_argument("--tv-iterations", type=int, default=150)
    data.add_argument("--tv-strength", type=float, default=1.0)
    data.add_argument("--program", help="the command isocenter, for --tv-by program")
    form = parser.add_argument_group("network")
    form.add_argument("--start", default="", help="tv or fbp; the usual one of the network if not given")
    form.add_argument("--paper", action="store_true", help="the form of the paper instead of ours")
    form.add_argument("--beam", choices=("fan", "parallel"), default="fan")
    form.add_argument("--views", type=int, default=0)
    form.add_argument("--size", type=int, default=0, help="pixels along an edge; smaller ones are for trials")
    form.add_argument("--distillation", default="none", help="gloredi: none, direction or both")
    smooth = parser.add_argument_group("classifiers (rs, drs)", "--data: an .npz as MedMNIST has it, or a folder with images.npy and labels.npy")
    smooth.add_argument("--sigma", type=float, default=0, help="noise that the classifier is for, in units of images from 0 to 1")
    smooth.add_argument("--loss", default="gaussian", help="gaussian or consistency")
    smooth.add_argument("--copies", type=int, default=2, help="noisy copies an image, for consistency")
    smooth.add_argument("--weight", type=float, default=10.0, help="of the consistency")
    smooth.add_argument("--pattern", choices=("checkerboard", "rows", "columns"), default="checkerboard", help="how drs halves the pixels")
    smooth.add_argument("--epochs", type=int, default=40, help="passes over the images, by all networks together")
    smooth.add_argument("--draws", type=int, default=200, help="noise draws an image for the figures of the card")
    smooth.add_argument("--card-name", default="", help="name of the card; that of the kind and sigma if not given")
    click = parser.add_argument_group("click_encoder", "sets are folders of pairs X_image.nii.gz and X_mask.nii.gz, as for `isocenter evaluate clicks`")
    click.add_argument("--sets", nargs="*", default=[], metavar="FOLDER", help="to learn on, beside random scenes")
    click.add_argument("--measure", nargs="*", default=[], metavar="FOLDER", help="to measure on, beside phantoms")
    click.add_argument("--count-phantoms", type=int, default=40, help="phantoms to measure on")
    click.add_argument("--slices", type=int, default=1, help="slices of an object of a volume to measure on")
    click.add_argument("--no-prior", action="store_true", help="the prior mean stays that of the form without a network")
    run = parser.add_argument_group("training")
    run.add_argument("--work", default="training-results", help="folder of pools, checkpoints and results")
    run.add_argument("--pools", help="folder of pools, if several runs share them; in --work if not said")
    run.add_argument("--hours", type=float, default=0, help="training time; data and evaluation come on top")
    run.add_argument("--steps", type=int, default=0, help="or a number of steps, which repeats to the bit")
    run.add_argument("--batch", type=int, default=0)
    run.add_argument("--seed", type=int, default=1)
    run.add_argument("--threads", type=int, default=1)
    run.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    run.add_argument("--precision", default="float32", help="float32, or bf16 where the processor has it")
    run.add_argument("--checkpoint-seconds", type=float, default=180)
    run.add_argument("--validate-seconds", type=float, default=300)
    run.add_argument("--bar", default="250,1", help="iterations,strength of the TV to compare with in the figures")
    run.add_argument("--no-test", action="store_true", help="leave the test patients alone: figures of validation only")
    return parser.parse_args(arguments)


def read_all_slices(options):
    from isotrain.packing import read_slices
    from isotrain.patients import shared_slices, user_slices

    if options.packed:
        return read_slices(options.packed)
    if not options.data:
        raise UsageError("no data are named; give --data FOLDER or --packed FILE")
    if not Path(options.data).is_dir():
        raise UsageError(f"{options.data} is no folder; give the folder of data")
    return list(user_slices(options.data) if options.user_data else shared_slices(options.data))


def divided(options):
    """({part: slices}, split)."""
    from isotrain.patients import SPLIT_FILE, by_part, read_split
    from isotrain.phantoms import phantom_slices

    parts, split = read_split(options.split or SPLIT_FILE)
    slices = read_all_slices(options)
    phantoms = [s for s in slices if s.collection == "phantoms"]
    found = by_part([s for s in slices if s.collection != "phantoms"], parts)
    found["train"] += phantoms + list(phantom_slices(options.phantoms, options.seed))
    empty = [part for part in ("train", "validation") if not found[part]]
    if empty:
        raise TrainingError(f"no slice of {options.data or options.packed} belongs to {' and '.join(empty)}; check data and split", 23)
    return found, split


def write_split(options):
    from isotrain.files import write_json
    from isotrain.patients import PARTS, make_split

    if not options.split:
        raise UsageError("--make-split needs the name of the file; give --split FILE")
    if Path(options.split).exists():
        raise UsageError(f"{options.split} is there already; a split is not replaced, give another name")
    parts = make_split({s.patient for s in read_all_slices(options) if s.collection != "phantoms"}, options.seed)
    split = {"seed": options.seed} | {part: sorted(p for p, where in parts.items() if where == part) for part in PARTS}
    write_json(options.split, split)
    print(f"wrote {options.split}: " + ", ".join(f"{len(split[part])} {part}" for part in PARTS))


def pools(options, task_class, task_options, found, operators):
    """Training pool (augmented), validation and test pools (each slice once)."""
    from dataclasses import replace

    from isotrain.product import find_program
    from isotrain.samples import make_pool

    settings = task_class.pool_settings(task_options)
    settings = replace(settings, count=options.pool, seed=options.seed, tv_by=options.tv_by, tv_iterations=options.tv_iterations,
                       tv_strength=options.tv_strength)
    if options.photons is not None:
        settings = replace(settings, photons=options.photons)
    program = find_program(options.program) if options.tv_by == "program" and settings.start == "tv" else None
    more = {"operators": operators, "program": program, "threads": options.threads}
    root = Path(options.pools or Path(options.work) / "pools")
    made = {"train": make_pool(root, settings, found["train"], **more)}
    still = replace(settings, augment=0.0, count=10**6, teacher_views=0)
    for part in ("validation",) if options.no_test else ("validation", "test"):
        if found[part]:
            made[part] = make_pool(root, still, found[part], **more)
    return made


def check_numbers(options):
    for name, least in (("threads", 1), ("pool", 1), ("batch", 0), ("size", 0), ("views", 0), ("phantoms", 0), ("tv_iterations", 1)):
        if getattr(options, name) < least:
            raise UsageError(f"--{name.replace('_', '-')} {getattr(options, name)} is too small; the least is {least}")
    if options.size % 16:
        raise UsageError(f"--size {options.size} is no multiple of 16, which the networks need; give one")
    if not options.tv_strength > 0:
        raise UsageError(f"--tv-strength {options.tv_strength} is not above 0; give a positive number")


def train(options):
    from isotrain.classification.command import NAMES, train_classifier

    if options.name in NAMES:
        train_classifier(options)
        return
    if options.name == "click_encoder":
        from isotrain.clicking.command import train_click_encoder

        train_click_encoder(options)
        return
    from isotrain.card import make_card, write_card
    from isotrain.domain import domain
    from isotrain.evaluate import evaluate
    from isotrain.export import export
    from isotrain.operators import Operators
    from isotrain.tasks import TASKS, TaskOptions, make_task
    from isotrain.trainer import Trainer, TrainSettings, check_precision, choose_device, set_up

    if options.name not in TASKS:
        raise UsageError(f"there is no network '{options.name}'; there are {', '.join([*TASKS, 'click_encoder', *NAMES])}")
    check_numbers(options)
    task_class, device = TASKS[options.name], choose_device(options.device)
    settings = TrainSettings(options.steps, options.hours, options.batch or task_class.batch, options.seed,
                             precision=options.precision, checkpoint_seconds=options.checkpoint_seconds,
                             validate_seconds=options.validate_seconds)
    settings.check()
    check_precision(settings.precision, device)
    try:
        bar = (int(options.bar.split(",")[0]), float(options.bar.split(",")[1]))
    except (ValueError, IndexError):
        raise UsageError(f"--bar {options.bar} is not iterations,strength, such as 250,1") from None
    set_up(options.threads, options.seed)
    task_options = TaskOptions(options.start, options.paper, options.beam, options.views, options.distillation, options.size,
                               options.seed)
    found, split = divided(options)
    operators = Operators(task_class.pool_settings(task_options).scan, device=device)
    ready = pools(options, task_class, task_options, found, operators)
    task = make_task(options.name, task_options, operators)
    folder = Path(options.work) / options.name
    trainer = Trainer(task, ready["train"], settings, folder, ready["validation"], device)
    begun = trainer.resume()
    print(f"{task.name}: {task.parameters()} parameters, {len(ready['train'])} samples, {len(ready['validation'])} for validation, on {device}"
          + (f", goes on from step {trainer.step}" if begun else ""))
    networks = trainer.run()
    results = {part: evaluate(task, networks, ready[part], settings.batch, bar, device) for part in ready if part != "train"}
    limits = domain(task, ready["train"], ready["validation"], settings.batch, device, networks)
    files = export(task, networks.cpu(), folder)
    path = write_card(folder, make_card(task, ready["train"], trainer, files, results, found, split, options.threads, limits))
    for part, result in results.items():
        for method, figures in result["figures"].items():
            r = figures["rmse_hu"]
            print(f"{part} {method}: RMSE {r['mean']:.1f} HU ({r['low']:.1f} to {r['high']:.1f}), {r['cases']} slices of {r['patients']} patients")
    print(f"wrote {path}")


def list_networks():
    from isotrain.classification.command import NAMES
    from isotrain.clicking.tasks import ClickEncoderTask
    from isotrain.tasks import TASKS

    own = ((task.name, task.says) for task in (*TASKS.values(), ClickEncoderTask))
    for name, says in [*own, *NAMES.items()]:
        print(f"{name:10} {says}")


def main(arguments):
    try:
        options = parse(arguments)
        if options.list:
            list_networks()
        elif options.make_split:
            write_split(options)
        elif options.make_shapes:
            from isotrain.classification.shapes import make_shapes

            make_shapes(options.make_shapes, seed=options.seed)
            print(f"wrote {options.make_shapes}")
        elif not options.name:
            raise UsageError("no network is named; give one of those that --list shows")
        else:
            train(options)
    except TrainingError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return error.code
    except ModuleNotFoundError as error:
        print(f"train.py: the Python package {error.name} is missing; pip install -r requirements.txt", file=sys.stderr)
        return 85
    except KeyboardInterrupt:
        print("train.py: interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        return 87
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
