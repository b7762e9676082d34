#!/usr/bin/env python3
"""The encoder for clicks: the Gaussian process in NumPy and PyTorch, the simulated user, scenes, its gradient, the whole command."""
import contextlib
import io
import json
import unittest

from support import InFolder, need, write_nifti

need("numpy", "torch", "scipy")
import numpy as np  # noqa: E402
import torch  # noqa: E402

import train  # noqa: E402
from isotrain.clicking import form_n  # noqa: E402
from isotrain.clicking.command import encoded, plain  # noqa: E402
from isotrain.clicking.process import Scene, mode  # noqa: E402
from isotrain.clicking.scenes import ScenePool, make_click_phantom  # noqa: E402
from isotrain.clicking.tasks import ClickEncoderTask, ClickOptions, clicked_parts, correction, normalised_focal  # noqa: E402
from isotrain.clicking.user import click_object, clicks_to, figures, next_click  # noqa: E402
from isotrain.networks.click_encoder import PLANES  # noqa: E402
from isotrain.phantoms import random_of  # noqa: E402


class TheProcess(unittest.TestCase):
    def test_is_that_of_the_specification(self):
        """Checks 1 and 2 of gp-interactive-segmentation.md."""
        g, evidence = form_n.laplace(np.array([[4.0, 2], [2, 4]]), np.array([1.0, -1]), np.zeros(2))
        np.testing.assert_allclose(g, [0.33741581, -0.33741581], atol=1e-8)
        self.assertAlmostEqual(evidence, -1.66108039, places=7)
        k, y, mu = np.array([[4, 3, 0.4], [3, 4, 0.8], [0.4, 0.8, 4]]), np.array([1.0, 1, -1]), np.full(3, -1.0)
        g, evidence = form_n.laplace(k, y, mu)
        np.testing.assert_allclose(k @ g + mu, [0.93519749, 0.87090619, -1.42605514], atol=1e-7)
        self.assertAlmostEqual(evidence, -2.26376842, places=7)

    def test_is_the_same_in_torch_and_weight_zero_is_no_click(self):
        random = random_of(3, 1)
        for n in (1, 2, 5, 9):
            a = random.normal(size=(n, n))
            k, y, mu = 4 * a @ a.T + 8 * np.eye(n), random.choice([-1.0, 1.0], n), np.full(n, -0.5)
            g, evidence = form_n.laplace(k, y, mu)
            own = [torch.from_numpy(v)[None] for v in (k, y, mu)]
            f, found = mode(*own, torch.ones(1, n, dtype=torch.float64))
            np.testing.assert_allclose(f[0].numpy(), k @ g, atol=1e-7)
            self.assertAlmostEqual(float(found), evidence, places=7)
            padded = torch.zeros(1, n + 1, n + 1, dtype=torch.float64)
            padded[0, :n, :n], padded[0, n, :], padded[0, :, n] = torch.from_numpy(k), 1.0, 1.0
            padded[0, n, n] = 20.0
            more = [torch.nn.functional.pad(v, (0, 1), value=1.0) for v in own[1:]]
            weight = torch.nn.functional.pad(torch.ones(1, n, dtype=torch.float64), (0, 1))
            np.testing.assert_allclose(mode(padded, *more, weight)[0][0, :n].numpy(), f[0].numpy(), atol=1e-9)

    def test_gives_the_same_field_to_click_on_as_to_train_on(self):
        image, _ = make_click_phantom(random_of(5, 71, 0), 64)
        planes = form_n.hand_made(form_n.grey(image))
        clicks = [((30, 31), True), ((10, 50), False), ((40, 20), False)]
        own = form_n.Slice(planes)
        coefficients, reach, _ = own.posterior(clicks)
        field = own.prior.astype(np.float64)
        for (at, _), c in zip(clicks, coefficients):
            field = field + c * (form_n.HEIGHT * own.compared(at) * own.near(at, reach) + form_n.FOOTPRINT * own.near(at, form_n.BRUSH_PIXELS))
        scene = Scene(torch.from_numpy(planes)[None], torch.full((1, 64, 64), form_n.PRIOR_MEAN), torch.tensor(form_n.HEIGHT),
                      torch.tensor([own.usual_reach]))
        for (row, column), positive in clicks:
            scene.add(torch.tensor([64 * row + column]), torch.tensor([1.0 if positive else -1.0]), torch.ones(1))
        np.testing.assert_allclose(scene.latent()[0].numpy(), field, atol=2e-4)

    def test_has_the_gradient_of_the_mode(self):
        """Of the sum of a field with respect to planes, prior and height, against differences."""
        generator = torch.Generator().manual_seed(2)
        planes = (0.5 * torch.randn(1, 3, 8, 8, generator=generator)).double()
        at, y = torch.tensor([[9], [44], [27]]), torch.tensor([[1.0], [-1.0], [1.0]])

        def total(planes, prior, height):
            scene = Scene(planes, prior, height, torch.tensor([6.0]))  # below three brushes: the reach is never shortened
            for place, label in zip(at, y):
                scene.add(place, label, torch.ones(1))
            return scene.latent().double().square().mean()

        given = [planes.float().requires_grad_(), torch.full((1, 8, 8), -0.5).requires_grad_(), torch.tensor(5.0).requires_grad_()]
        total(*given).backward()
        for i, size in ((0, 0.05), (1, 0.05), (2, 0.2)):
            direction = torch.randn(given[i].shape, generator=generator)
            moved = [[v.detach() + sign * size * direction if j == i else v.detach() for j, v in enumerate(given)] for sign in (1, -1)]
            slope = float(total(*moved[0]) - total(*moved[1])) / (2 * size)
            own = float((given[i].grad * direction).sum())
            self.assertLess(abs(slope - own), 0.03 * abs(slope) + 1e-3, i)


class TheUser(unittest.TestCase):
    def test_clicks_at_the_deepest_point_of_the_larger_error(self):
        truth = np.zeros((20, 30), bool)
        truth[4:13, 5:14] = True
        mask = np.zeros_like(truth)
        mask[10:15, 20:25] = True
        nothing = np.zeros_like(truth)
        self.assertEqual(next_click(mask, truth, nothing), ((8, 9), True))
        self.assertEqual(next_click(mask | truth, truth, nothing), ((12, 22), False))
        self.assertIsNone(next_click(truth, truth, nothing))

    def test_is_obeyed_and_counted(self):
        image, truth = make_click_phantom(random_of(6, 71, 1), 96)
        overlaps, disobeyed = click_object(plain(form_n.grey(image)).segment, truth, most=8)
        self.assertEqual(disobeyed, 0)
        self.assertGreater(max(overlaps), 0.6)
        self.assertEqual(clicks_to([0.5, 0.86, 0.84], 0.85), 2)
        self.assertEqual(clicks_to([0.5], 0.85), 20)
        self.assertEqual(figures([([0.5, 0.95], 0), ([0.2], 0)])["failures90"], 1)

    def test_corrects_where_most_is_wrong_while_training(self):
        truth = np.zeros((32, 32), bool)
        truth[8:20, 8:20] = True
        place, label = correction(np.zeros_like(truth), truth, random_of(1, 1))
        self.assertEqual(label, 1.0)
        self.assertTrue(truth.ravel()[place])
        self.assertIsNone(correction(truth, truth, random_of(1, 1)))
        two = truth.copy()
        two[28:, 28:] = True
        self.assertTrue((clicked_parts(two, [8 * 32 + 8]) == truth).all())


class Scenes(unittest.TestCase):
    def test_follow_from_their_seed_and_hold_an_object(self):
        pool = ScenePool(100, 64, 4)
        first, again = pool.batch([3, 9]), ScenePool(100, 64, 4).batch([3, 9])
        for name in first:
            self.assertTrue(torch.equal(first[name], again[name]), name)
        self.assertGreaterEqual(int(first["truth"].sum((1, 2)).min()), 60)
        self.assertFalse(torch.equal(first["image"][0], first["image"][1]))
        self.assertTrue(torch.isfinite(first["hand_made"]).all())

    def test_loss_counts_pixels_that_are_wrong(self):
        truth = torch.zeros(1, 4, 4, dtype=torch.bool)
        truth[0, 1:3, 1:3] = True
        right = torch.where(truth, 6.0, -6.0)
        self.assertLess(float(normalised_focal(right, truth)), float(normalised_focal(-right, truth)))


class TheEncoder(InFolder):
    def test_gives_features_of_norm_one_and_learns_every_part(self):
        task = ClickEncoderTask(ClickOptions(size=32, most_clicks=3))
        feat, prior = task.networks["net"](torch.rand(2, 1, 32, 48))
        self.assertEqual((tuple(feat.shape), tuple(prior.shape)), ((2, 16, 16, 24), (2, 1, 16, 24)))
        np.testing.assert_allclose(feat.square().sum(1).detach().numpy(), 1, atol=1e-3)
        loss = task.loss(ScenePool(10, 32, 2).batch(range(3)), random_of(1, 5, 1))
        loss.backward()
        for name, parameter in task.networks.named_parameters():
            self.assertTrue(torch.isfinite(parameter.grad).all(), name)
            self.assertGreater(float(parameter.grad.abs().max()), 0, name)

    def test_without_its_features_is_the_form_without_a_network(self):
        task = ClickEncoderTask(ClickOptions())
        image, _ = make_click_phantom(random_of(7, 71, 0), 70)
        g = form_n.grey(image)
        with torch.no_grad():
            task.networks["scales"].logs[PLANES] = -3.0
        clicks = [((35, 35), True), ((20, 60), False)]
        own, other = encoded(task.networks, g, prior=False).segment(clicks), plain(g).segment(clicks)
        self.assertTrue((own[0] == other[0]).all())

    def run_command(self, *arguments):
        out, bad = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(bad):
            code = train.main(["click_encoder", *arguments])
        return code, out.getvalue(), bad.getvalue()

    def test_is_trained_and_measured_by_one_command_and_goes_on(self):
        values = np.zeros((1, 48, 48), np.int16)
        values[0, 10:30, 12:32] = 100
        write_nifti(self.folder / "set/a_image.nii", values + np.arange(48))
        write_nifti(self.folder / "set/a_mask.nii", values > 0)
        import gzip

        for file in list((self.folder / "set").glob("*.nii")):
            file.with_suffix(".nii.gz").write_bytes(gzip.compress(file.read_bytes()))
        words = ["--steps", "2", "--batch", "2", "--size", "32", "--work", str(self.folder / "work"), "--sets", str(self.folder / "set"), "--measure",
                 str(self.folder / "set"), "--count-phantoms", "1"]
        code, out, bad = self.run_command(*words)
        self.assertEqual(code, 0, bad)
        found = json.loads((self.folder / "work/click_encoder/figures.json").read_text(encoding="utf-8"))
        self.assertEqual(found["steps"], 2)
        self.assertEqual(found["figures"]["set"]["hand_made"]["objects"], 1)
        self.assertEqual(found["figures"]["set"]["encoder"]["disobeyed"], 0)
        code, out, bad = self.run_command(*words)
        self.assertEqual(code, 0, bad)
        self.assertIn("goes on from step 2", out)
        self.assertEqual(self.run_command("--steps", "1", "--size", "40", "--work", str(self.folder / "x"))[0], 1)
        self.assertEqual(self.run_command("--steps", "1", "--sets", str(self.folder), "--work", str(self.folder / "x"))[0], 22)


if __name__ == "__main__":
    unittest.main()
