"""How each network is trained: its pool, its networks, one step, its prediction. A task is chosen by name (`TASKS`)."""
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as functional
from torch import nn

from . import losses
from .errors import UsageError
from .geometry import FAN_24, GLOREDI_36, PARALLEL_24
from .networks.blocks import parameter_count
from .networks.denoiser import Denoiser
from .networks.diffusion_prior import DiffusionPrior
from .networks.gloredi import Gloredi
from .networks.pd_unet import PrimalDualUNet
from .networks.unet import ResidualUNet, inputs_of
from .phantoms import random_of
from .samples import PoolSettings


@dataclass(frozen=True)
class TaskOptions:
    start: str = ""            # tv or fbp; empty: the usual one of the task
    paper: bool = False        # the form of the paper instead of ours
    beam: str = "fan"
    views: int = 0             # 0: those of the task's scan
    distillation: str = "none"  # gloredi: none, direction or both
    size: int = 0              # 0: that of the scan; smaller ones are for tests
    seed: int = 1


class Task:
    """Subclasses set `name`, `says`, `batch`, `rate` and make `networks`."""

    name, says, batch, rate = "", "", 4, 1.5e-3
    scan, default_start, patch = FAN_24, "tv", 0
    references = ()
    denoises = False  # a task without readings: images with noise are its input

    def __init__(self, options, operators=None):
        self.options, self.operators = options, operators
        torch.manual_seed(options.seed)
        self.networks = self.make_networks()

    @classmethod
    def pool_settings(cls, options):
        scan = PARALLEL_24 if options.beam == "parallel" and cls.scan is FAN_24 else cls.scan
        if options.beam not in ("fan", "parallel"):
            raise UsageError(f"the beam '{options.beam}' is neither fan nor parallel")
        if options.views:
            scan = scan.with_views(options.views)
        if options.size:
            shrink = options.size / scan.size
            scan = replace(scan, size=options.size, elements=int(scan.elements * shrink) | 1)
        start = options.start or ("fbp" if options.paper else cls.default_start)
        if start not in ("tv", "fbp", "none"):
            raise UsageError(f"there is no start '{start}'; there are tv, fbp and none")
        return PoolSettings(scan=scan, start=start)

    def optimisers(self):
        return [torch.optim.AdamW(self.networks.parameters(), self.rate, weight_decay=1e-4)]

    def extra_state(self):
        """What a checkpoint holds beside networks and optimisers."""
        return {}

    def load_extra_state(self, state):
        pass

    def step(self, samples, optimisers, random, autocast):
        """One update; returns the figures of the step."""
        with autocast():
            loss = self.loss(samples, random)
        self.update(loss, self.networks, optimisers[0])
        return {"loss": float(loss.detach())}

    @staticmethod
    def update(loss, networks, optimiser):
        """Clips to norm 1; a loss that is not finite moves nothing (gloredi.md section 4, ours)."""
        optimiser.zero_grad(set_to_none=True)
        if not torch.isfinite(loss):
            return
        loss.backward()
        nn.utils.clip_grad_norm_(networks.parameters(), 1.0)
        optimiser.step()

    def parameters(self):
        return parameter_count(self.networks["student" if "student" in self.networks else "net"])

    def start_of(self, samples):
        """The image that the network begins from: TV, or FBP clipped to >= 0."""
        if "start" in samples:
            return samples["start"]
        return self.operators.fbp(samples["readings"]).clamp(min=0)


class UNetTask(Task):
    name, says = "unet", "Residual U-Net on a starting image, its FBP and what the start does not explain."

    def make_networks(self):
        return nn.ModuleDict({"net": ResidualUNet()})

    def inputs(self, samples):
        with torch.no_grad():
            return inputs_of(self.operators, samples["readings"], samples.get("start"))

    def loss(self, samples, random):
        return losses.image_rmse(self.networks["net"](self.inputs(samples)), samples["truth"][:, None])

    def predict(self, samples, networks):
        return networks["net"](self.inputs(samples))[:, 0].clamp(min=0)


class PdUNetTask(Task):
    name, says = "pd_unet", "Primal-dual U-Net (Ernst et al., arXiv 2112.13443): two iterations of sinogram and image updates."
    rate = 1e-3
    references = ("arXiv 2112.13443",)

    def make_networks(self):
        return nn.ModuleDict({"net": PrimalDualUNet(self.operators, small=not self.options.paper)})

    def loss(self, samples, random):
        net = self.networks["net"]
        prediction, truth = net(samples["readings"], self.start_of(samples)), samples["truth"][:, None]
        return losses.l1(prediction, truth, net.image_scale) if self.options.paper else losses.image_rmse(prediction, truth)

    def predict(self, samples, networks):
        return networks["net"](samples["readings"], self.start_of(samples))[:, 0].clamp(min=0)


class GlorediTask(Task):
    name, says = "gloredi", "Fourier-convolution network (Li et al., ICCV 2023), with or without distillation from twice the views."
    batch, rate, scan, default_start = 2, 3e-4, GLOREDI_36, "fbp"
    references = ("arXiv 2308.08463",)
    bank_size = 300

    @classmethod
    def pool_settings(cls, options):
        settings = super().pool_settings(options)
        # Pool in units of water; the attenuation of water is the paper's 0.192 / cm.
        settings = replace(settings, water_per_mm=0.0192, photons=1e6, target_views=720 if options.paper else 0)
        return replace(settings, teacher_views=0 if options.distillation == "none" else 2 * settings.scan.views)

    def make_networks(self):
        size = self.options.size or self.scan.size
        student = Gloredi(64, (7, 2), size, residual=False) if self.options.paper else Gloredi(24, (4, 1), size)
        networks = {"student": student}
        if self.options.distillation not in ("none", "direction", "both"):
            raise UsageError(f"there is no distillation '{self.options.distillation}'; there are none, direction and both")
        if self.options.distillation != "none":
            teacher = Gloredi(64, (7, 2), size, residual=False) if self.options.paper else Gloredi(24, (4, 1), size)
            teacher.load_state_dict(student.state_dict())
            for parameter in teacher.decoder.parameters():
                parameter.requires_grad_(False)
            networks["teacher"] = teacher
        self.bank = torch.zeros(0, 0)
        return nn.ModuleDict(networks)

    def optimisers(self):
        made = [torch.optim.AdamW(self.networks["student"].parameters(), self.rate, weight_decay=1e-4)]
        if "teacher" in self.networks:
            made.append(torch.optim.AdamW(self.networks["teacher"].encoder.parameters(), self.rate, weight_decay=1e-4))
        return made

    def extra_state(self):
        return {"bank": self.bank}

    def load_extra_state(self, state):
        self.bank = state["bank"]

    @torch.no_grad()
    def follow(self, momentum=0.99):
        """The teacher's decoder follows the student's, its buffers too."""
        own, other = self.networks["teacher"].decoder.state_dict(), self.networks["student"].decoder.state_dict()
        for key, value in own.items():
            value.lerp_(other[key], 1 - momentum) if value.is_floating_point() else value.copy_(other[key])

    def teach(self, samples, optimiser, autocast):
        """Teacher's step on the denser scan; returns its latent without gradient (gloredi.md section 5, order of steps)."""
        self.follow()
        teacher = self.networks["teacher"]
        x, truth = samples["teacher"][:, None], samples["truth"][:, None]
        with autocast():
            loss = losses.display_smooth_l1(teacher(x), truth)
        self.update(loss, teacher.encoder, optimiser)
        with torch.no_grad(), autocast():
            return teacher.encode(x), float(loss.detach())

    def step(self, samples, optimisers, random, autocast):
        student, figures = self.networks["student"], {}
        truth = samples["truth"][:, None]
        if "teacher" in self.networks:
            latent, figures["teacher"] = self.teach(samples, optimisers[1], autocast)
        with autocast():
            x = self.input(samples)[:, None]
            z = student.encode(x)
            loss = losses.display_smooth_l1(student.decode(z, x), truth)
        figures["loss"] = float(loss.detach())
        if "teacher" in self.networks:
            whole = [split[:, student.encoder.local:] for split in (z, latent)]
            loss = loss + 0.01 * losses.directional(*whole)
            if self.options.distillation == "both":
                loss = loss + 1e-3 * self.band_loss(z, latent)
        self.update(loss, student, optimisers[0])
        return figures

    def band_loss(self, z, latent):
        """Zero until the bank is full."""
        own, other = losses.band_vectors(z), losses.band_vectors(latent)
        full = len(self.bank) >= self.bank_size
        loss = losses.contrastive(own, other, self.bank) if full else own.sum() * 0
        kept = self.bank if len(self.bank) else own.new_zeros(0, own.shape[1])
        self.bank = torch.cat([kept, own.detach()])[-self.bank_size:]
        return loss

    def input(self, samples):
        return samples["start"] if "start" in samples else self.operators.fbp(samples["readings"])

    def predict(self, samples, networks):
        return networks["student"](self.input(samples)[:, None])[:, 0].clamp(min=0)


class DenoiserTask(Task):
    name, says = "denoiser", "Denoiser D(x, sigma) of CT slices, preconditioned as EDM; the prior of diffusion reconstruction."
    batch, rate, default_start, patch = 16, 1.5e-3, "none", 64
    references = ("arXiv 2206.00364",)
    denoises = True

    def make_networks(self):
        return nn.ModuleDict({"net": Denoiser()})

    def loss(self, samples, random):
        """Crops of the truth, ln sigma ~ N(-1.2, 1.2): random as (seed, step) says."""
        truth, patch = samples["truth"], min(self.patch, samples["truth"].shape[-1])
        rows, columns = random.integers(0, truth.shape[1] - patch + 1, (2, len(truth)))
        clean = torch.stack([t[r:r + patch, c:c + patch] for t, r, c in zip(truth, rows, columns)])[:, None]
        sigma = torch.from_numpy(random.lognormal(-1.2, 1.2, len(truth)).astype("float32")).to(truth.device)
        noise = torch.from_numpy(random.standard_normal(clean.shape).astype("float32")).to(truth.device)
        net = self.networks["net"]
        return losses.edm(net(clean + sigma.view(-1, 1, 1, 1) * noise, sigma), clean, sigma, net.sigma_data)

    def predict(self, samples, networks):
        """Of the truth with noise of 100 HU that the seed and the sample decide: what validation measures."""
        truth = samples["truth"]
        noisy = truth + 0.1 * self.validation_noise(truth)
        return networks["net"](noisy[:, None], torch.full((len(truth),), 0.1, device=truth.device))[:, 0]

    @staticmethod
    def validation_noise(truth):
        noise = [random_of(7, int(t.double().sum() * 1e6)).standard_normal(t.shape).astype("float32") for t in truth.cpu()]
        return torch.stack([torch.from_numpy(n) for n in noise]).to(truth.device)

    def start_of(self, samples):
        truth = samples["truth"]
        return truth + 0.1 * self.validation_noise(truth)


class DiffusionPriorTask(DenoiserTask):
    name, says = "diffusion_prior", "Denoiser D(x, sigma) of whole axial CT slices of 128 pixels; the prior of diffusion reconstruction."
    batch, rate, size, shift = 8, 1e-3, 128, 6
    references = ("arXiv 2206.00364", "arXiv 2211.10655", "arXiv 2303.05754")

    @classmethod
    def pool_settings(cls, options):
        return replace(super().pool_settings(replace(options, size=options.size or cls.size)), upright=True)

    def make_networks(self):
        return nn.ModuleDict({"net": DiffusionPrior()})

    def loss(self, samples, random):
        """Whole slices, moved by up to `shift` pixels, ln sigma ~ N(-0.7, 1.6) within 0.004 to 30: random as (seed, step) says."""
        truth, reach = samples["truth"], self.shift
        side, moves = truth.shape[-1], random.integers(0, 2 * reach + 1, (len(truth), 2))
        wide = functional.pad(truth, (reach, reach, reach, reach))
        clean = torch.stack([t[r:r + side, c:c + side] for t, (r, c) in zip(wide, moves)])[:, None]
        sigma = torch.from_numpy(random.lognormal(-0.7, 1.6, len(truth)).clip(0.004, 30).astype("float32")).to(truth.device)
        noise = torch.from_numpy(random.standard_normal(clean.shape).astype("float32")).to(truth.device)
        net = self.networks["net"]
        return losses.edm(net(clean + sigma.view(-1, 1, 1, 1) * noise, sigma), clean, sigma, net.sigma_data)


TASKS = {task.name: task for task in (UNetTask, PdUNetTask, GlorediTask, DenoiserTask, DiffusionPriorTask)}


def make_task(name, options, operators=None):
    if name not in TASKS:
        raise UsageError(f"there is no network '{name}'; there are {', '.join(TASKS)}")
    return TASKS[name](options, operators)


def pad_to(x, multiple):
    """Reflects [.., H, W] up to multiples; returns it and the sizes to cut to."""
    h, w = x.shape[-2:]
    down, right = -h % multiple, -w % multiple
    return (functional.pad(x, (0, right, 0, down), mode="reflect") if down or right else x), (h, w)
