#!/usr/bin/env python3
"""The training loop: a run that was interrupted gives the bits of one that was not, for every network; what it refuses."""
import unittest
from dataclasses import replace

from support import InFolder, need

need("numpy", "torch")
import numpy as np  # noqa: E402
import torch  # noqa: E402

from isotrain.errors import InputError, UsageError  # noqa: E402
from isotrain.operators import Operators  # noqa: E402
from isotrain.phantoms import phantom_slices  # noqa: E402
from isotrain.samples import from_16, make_pool, to_16  # noqa: E402
from isotrain.tasks import TASKS, TaskOptions, make_task  # noqa: E402
from isotrain.trainer import Order, Trainer, TrainSettings, check_precision, rate_factor  # noqa: E402

SIZE = 32


def quiet(*_):
    pass


class Prepared(InFolder):
    """A small pool of phantoms, and a task for it."""

    def prepare(self, name, **options):
        options = TaskOptions(size=SIZE, views=8, **options)
        settings = replace(TASKS[name].pool_settings(options), count=6, tv_iterations=3)
        operators = Operators(settings.scan)
        pool = make_pool(self.folder / "pools", settings, list(phantom_slices(3, 1, 2 * SIZE, 8.0)), operators, say=quiet)
        return (lambda: make_task(name, options, operators)), pool


class Runs(Prepared):
    def run_to(self, task, pool, folder, steps=6, stop=None, resume=False, **settings):
        made = TrainSettings(steps=steps, batch=2, warm_up=2, validate_seconds=1e9, **settings)
        trainer = Trainer(task, pool, made, self.folder / folder, say=quiet)
        if resume:
            self.assertTrue(trainer.resume())
        trainer.run(stop)
        return trainer

    def assert_same_bits(self, a, b):
        for networks in ("task", "average"):
            left, right = (getattr(t, networks).networks.state_dict() for t in (a, b))
            self.assertEqual(left.keys(), right.keys())
            for key in left:
                self.assertTrue(torch.equal(left[key], right[key]), f"{networks} {key}")

    def interrupted_equals_uninterrupted(self, name, **options):
        make, pool = self.prepare(name, **options)
        whole = self.run_to(make(), pool, "whole")
        self.run_to(make(), pool, "parts", stop=2)
        parts = self.run_to(make(), pool, "parts", resume=True)
        self.assertEqual(parts.step, 6)
        self.assert_same_bits(whole, parts)
        moved = any(not torch.equal(a, b) for a, b in zip(whole.task.networks.state_dict().values(), make().networks.state_dict().values()))
        self.assertTrue(moved)

    def test_of_the_u_net_resume_to_the_same_bits(self):
        self.interrupted_equals_uninterrupted("unet")

    def test_of_pd_unet_in_the_papers_form_resume_to_the_same_bits(self):
        self.interrupted_equals_uninterrupted("pd_unet", paper=True)

    def test_of_gloredi_with_its_bank_resume_to_the_same_bits(self):
        self.interrupted_equals_uninterrupted("gloredi", distillation="both")

    def test_of_the_denoiser_resume_to_the_same_bits(self):
        self.interrupted_equals_uninterrupted("denoiser")

    def test_with_another_seed_differ(self):
        make, pool = self.prepare("unet")
        first, other = (self.run_to(make(), pool, f"seed{seed}", steps=2, seed=seed) for seed in (1, 2))
        self.assertFalse(torch.equal(first.task.networks["net"].body.last.weight, other.task.networks["net"].body.last.weight))

    def test_that_differ_are_not_mixed(self):
        make, pool = self.prepare("unet")
        self.run_to(make(), pool, "run", stop=1)
        trainer = Trainer(make(), pool, TrainSettings(steps=7, batch=2, warm_up=2), self.folder / "run", say=quiet)
        with self.assertRaisesRegex(InputError, "other settings"):
            trainer.resume()
        (self.folder / "run/checkpoint.pt").write_bytes(b"half a file")
        with self.assertRaisesRegex(InputError, "remove it to begin anew"):
            trainer.resume()

    def test_learn_to_remove_what_a_start_got_wrong(self):
        """Sixty steps on six samples: the loss falls by a fifth at least. Fails if gradients do not reach the network."""
        make, pool = self.prepare("unet", start="fbp")
        task = make()
        task.rate = 3e-3
        trainer = Trainer(task, pool, TrainSettings(steps=60, batch=2, warm_up=2, ema=0.9), self.folder / "learn", pool, say=quiet)
        before = trainer.validate()
        trainer.run()
        self.assertLess(trainer.validate(), 0.8 * before)

    def test_of_the_bank_give_no_loss_until_it_is_full(self):
        make, _ = self.prepare("gloredi", distillation="both")
        task = make()
        task.bank_size = 4
        z = torch.randn(2, 96, 8, 8, generator=torch.Generator().manual_seed(1))
        values = [float(task.band_loss(z, z.roll(1, 0))) for _ in range(3)]
        self.assertEqual(values[:2], [0, 0])
        self.assertGreater(values[2], 0)
        self.assertEqual(len(task.bank), 4)


class Pool(Prepared):
    def test_is_opened_again_and_another_setting_makes_another(self):
        make, pool = self.prepare("unet")
        again = make_pool(self.folder / "pools", pool.settings, list(phantom_slices(3, 1, 2 * SIZE, 8.0)), say=self.fail)
        self.assertEqual(again.folder, pool.folder)
        slices = list(phantom_slices(3, 1, 2 * SIZE, 8.0))
        self.assertNotEqual(replace(pool.settings, photons=1e6).key(slices), pool.settings.key(slices))
        self.assertNotEqual(pool.settings.key(slices[:2]), pool.settings.key(slices))

    def test_holds_what_its_samples_are(self):
        _, pool = self.prepare("unet")
        samples = pool.batch([0, 4])
        o = Operators(pool.settings.scan)
        error = o.project(samples["truth"]) - samples["readings"]
        self.assertLess(float(error.norm() / samples["readings"].norm()), 0.1)
        self.assertGreater(float(error.norm()), 0)

    def test_keeps_images_within_a_sixteenth_of_a_hounsfield_unit(self):
        x = np.linspace(-0.9, 2.9, 1001)
        self.assertLess(np.abs(from_16(to_16(x)) - x).max(), 6.25e-5)


class Loop(unittest.TestCase):
    def test_takes_every_sample_once_an_epoch(self):
        order = Order(10, 4, 1)
        taken = np.concatenate([order.indices(step) for step in range(5)])
        self.assertEqual(sorted(taken[:10]), list(range(10)))
        self.assertEqual(sorted(taken[10:]), list(range(10)))
        np.testing.assert_array_equal(Order(10, 4, 1).indices(3), taken[12:16])

    def test_warms_up_and_falls_to_zero(self):
        self.assertAlmostEqual(rate_factor(0, 0, 20), 0.05)
        self.assertAlmostEqual(rate_factor(100, 0.5, 20), 0.5)
        self.assertAlmostEqual(rate_factor(200, 1, 20), 0)

    def test_refuses_what_cannot_be(self):
        for settings in (TrainSettings(), TrainSettings(steps=1, hours=1)):
            with self.assertRaisesRegex(UsageError, "either a number of steps or of hours"):
                settings.check()
        with self.assertRaisesRegex(InputError, "smaller than a batch"):
            Order(3, 4, 1)
        with self.assertRaisesRegex(UsageError, "no precision 'half'"):
            check_precision("half", "cpu")


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    unittest.main()
