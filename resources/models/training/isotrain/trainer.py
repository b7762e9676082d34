"""The training loop: cosine with warm-up, clipping, EMA, checkpoints, one budget of steps or of hours.

What is random follows from (seed, step) alone, so that a checkpoint needs no state of a generator. With `steps` a run that was interrupted
and resumed gives the bits of one that was not (same machine, same threads); with `hours` the clock moves the rate, and only the record
of steps says what was done.
"""
import contextlib
import copy
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from .errors import InputError, TrainingError, UsageError
from .files import replace_file
from .phantoms import random_of

FORMAT = 1


@dataclass(frozen=True)
class TrainSettings:
    steps: int = 0               # 0: as many as `hours` allow
    hours: float = 0.0
    batch: int = 4
    seed: int = 1
    warm_up: int = 20
    ema: float = 0.999
    precision: str = "float32"   # or bf16
    checkpoint_seconds: float = 180.0
    validate_seconds: float = 300.0

    def check(self):
        if (self.steps > 0) == (self.hours > 0):
            raise UsageError("a run needs either a number of steps or of hours; give one of --steps and --hours")


def processor_has_bf16():
    """A processor that computes in bf16; others emulate it 9 to 17 times slower than float32."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def choose_device(wish="auto"):
    if wish == "cuda" and not torch.cuda.is_available():
        raise UsageError("there is no CUDA device here; leave --device away")
    return "cuda" if wish == "cuda" or (wish == "auto" and torch.cuda.is_available()) else "cpu"


def check_precision(precision, device):
    if precision not in ("float32", "bf16"):
        raise UsageError(f"there is no precision '{precision}'; there are float32 and bf16")
    if precision == "bf16" and device == "cpu" and not processor_has_bf16():
        raise UsageError("this processor has no bf16 and would emulate it many times slower; use --precision float32")


def set_up(threads, seed):
    """Threads, denormals, deterministic algorithms. What has none on a GPU warns."""
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    torch.manual_seed(seed)


class Order:
    """Which samples a step takes: every epoch all of them, in an order that (seed, epoch) decides."""

    def __init__(self, count, batch, seed):
        if count < batch:
            raise InputError(f"a pool of {count} samples is smaller than a batch of {batch}; give more slices or a smaller --batch")
        self.count, self.batch, self.seed, self.epoch, self.permutation = count, batch, seed, -1, None

    def indices(self, step):
        chosen = []
        for position in range(step * self.batch, (step + 1) * self.batch):
            epoch, at = divmod(position, self.count)
            if epoch != self.epoch:
                self.epoch, self.permutation = epoch, random_of(self.seed, 4, epoch).permutation(self.count)
            chosen.append(self.permutation[at])
        return np.array(chosen)


def rate_factor(step, progress, warm_up):
    return min(1.0, (step + 1) / max(warm_up, 1)) * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


class Average:
    """Exponential moving average of parameters and buffers; faster at first."""

    def __init__(self, networks, decay):
        self.networks, self.decay = copy.deepcopy(networks).eval().requires_grad_(False), decay

    @torch.no_grad()
    def update(self, networks, step):
        decay = min(self.decay, (1 + step) / (10 + step))
        new = networks.state_dict()
        for key, value in self.networks.state_dict().items():
            if value.is_floating_point():
                value.lerp_(new[key], 1 - decay)
            else:
                value.copy_(new[key])


class Trainer:
    def __init__(self, task, pool, settings, folder, validation=None, device="cpu", say=print):
        settings.check()
        check_precision(settings.precision, device)
        self.task, self.pool, self.settings, self.folder = task, pool, settings, Path(folder)
        self.validation, self.device, self.say = validation, device, say
        task.networks.to(device)
        if settings.precision == "bf16":
            task.networks.to(memory_format=torch.channels_last)  # 2.4 times faster than the plain layout in bf16, a third in float32
        self.optimisers = task.optimisers()
        self.average = Average(task.networks, settings.ema)
        self.order = Order(len(pool), settings.batch, settings.seed)
        self.step, self.elapsed, self.curve = 0, 0.0, []
        self.checkpoint = self.folder / "checkpoint.pt"

    def identity(self):
        """What must be the same for a run to be gone on with."""
        kept = asdict(self.settings)
        for free in ("checkpoint_seconds", "validate_seconds"):
            kept.pop(free)
        return {"format": FORMAT, "task": self.task.name, "options": asdict(self.task.options), "settings": kept,
                "pool": self.pool.folder.name}

    def save(self):
        state = {"identity": self.identity(), "step": self.step, "elapsed": self.elapsed, "curve": self.curve,
                 "networks": self.task.networks.state_dict(), "average": self.average.networks.state_dict(),
                 "optimisers": [o.state_dict() for o in self.optimisers], "extra": self.task.extra_state()}
        replace_file(self.checkpoint, lambda part: torch.save(state, part))

    def resume(self):
        """Goes on from the checkpoint of the folder; says no if it is of another run. Without one the run begins."""
        if not self.checkpoint.exists():
            return False
        try:
            state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
            identity = state["identity"]
        except (RuntimeError, EOFError, KeyError, OSError, ValueError) as error:
            raise InputError(f"{self.checkpoint.name} cannot be read; remove it to begin anew ({type(error).__name__})") from error
        if identity != self.identity():
            other = [key for key, value in self.identity().items() if identity.get(key) != value]
            raise InputError(f"{self.checkpoint.name} is of a run with other {', '.join(other)}; give those, or another --work")
        self.step, self.elapsed, self.curve = state["step"], state["elapsed"], state["curve"]
        self.task.networks.load_state_dict(state["networks"])
        self.average.networks.load_state_dict(state["average"])
        for optimiser, kept in zip(self.optimisers, state["optimisers"]):
            optimiser.load_state_dict(kept)
        self.task.load_extra_state(state["extra"])
        return True

    def progress(self):
        return self.step / self.settings.steps if self.settings.steps else self.elapsed / (3600 * self.settings.hours)

    def autocast(self):
        if self.settings.precision == "bf16":
            return torch.autocast(self.device, dtype=torch.bfloat16)
        return contextlib.nullcontext()

    def one_step(self):
        factor = rate_factor(self.step, self.progress(), self.settings.warm_up)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = factor * self.task.rate
        self.task.networks.train()
        samples = self.pool.batch(self.order.indices(self.step), self.device)
        figures = self.task.step(samples, self.optimisers, random_of(self.settings.seed, 5, self.step), self.autocast)
        self.average.update(self.task.networks, self.step)
        self.step += 1
        return figures

    @torch.no_grad()
    def validate(self):
        """Mean over validation samples of the RMSE in HU, with the averaged weights."""
        sums, count = 0.0, len(self.validation)
        for first in range(0, count, self.settings.batch):
            samples = self.validation.batch(range(first, min(first + self.settings.batch, count)), self.device)
            error = self.task.predict(samples, self.average.networks) - samples["truth"]
            sums += float(error.square().flatten(1).mean(1).sqrt().sum())
        return 1000 * sums / count

    def run(self, stop_after=None):
        """Trains to the end of the budget, or until `stop_after` steps (a test of interruption). Returns the averaged networks."""
        begun, before = time.monotonic(), self.elapsed
        saved = shown = begun
        losses = []
        while self.progress() < 1 and (stop_after is None or self.step < stop_after):
            losses.append(self.one_step()["loss"])
            now = time.monotonic()
            self.elapsed = before + now - begun
            if now - shown > self.settings.validate_seconds or self.progress() >= 1:
                self.note(losses)
                losses, shown = [], time.monotonic()
                before -= shown - now  # validation costs no budget
            if now - saved > self.settings.checkpoint_seconds:
                self.save()
                saved = time.monotonic()
        self.save()
        return self.average.networks

    def note(self, losses):
        finite = [value for value in losses if math.isfinite(value)]
        if not finite:
            raise TrainingError(f"no loss was finite before step {self.step}; begin anew with a smaller rate or other data", 84)
        entry = {"step": self.step, "images": self.step * self.settings.batch, "seconds": round(self.elapsed, 1),
                 "loss": sum(finite) / len(finite)}
        if self.validation is not None:
            entry["validation_rmse_hu"] = self.validate()
        self.curve.append(entry)
        self.say("  ".join(f"{key} {value:.5g}" if isinstance(value, float) else f"{key} {value}" for key, value in entry.items()))
