#!/usr/bin/env python3
"""Networks and losses of the training package: sizes, identities at the start, transforms, padding."""
import unittest

from support import need, relative, tensor

need("numpy", "torch")
import torch  # noqa: E402

from isotrain import losses  # noqa: E402
from isotrain.networks.blocks import UNet, pad_views, parameter_count, shuffle, unshuffle  # noqa: E402
from isotrain.networks.denoiser import Denoiser  # noqa: E402
from isotrain.networks.diffusion_prior import DiffusionPrior, coordinates  # noqa: E402
from isotrain.networks.gloredi import Gloredi, Transforms, split_latent  # noqa: E402
from isotrain.networks.pd_unet import DualBlock, PrimalBlock, PrimalDualUNet  # noqa: E402
from isotrain.networks.unet import ResidualUNet, inputs_of  # noqa: E402
from isotrain.operators import Operators  # noqa: E402
from isotrain.simulate import augmentation  # noqa: E402
from isotrain.tasks import pad_to  # noqa: E402
from make_tensors import SCANS  # noqa: E402


def random(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class Sizes(unittest.TestCase):
    def test_are_those_of_the_specifications(self):
        class Scan:
            scan = SCANS["fan"]

        for module, count in ((PrimalDualUNet(Scan, small=False), 3625764), (PrimalBlock(small=False).body, 1800068),
                              (DualBlock(), 12810), (PrimalDualUNet(Scan), 908028), (Gloredi(24, (4, 1), 64), 577225),
                              (Gloredi(32, (5, 1), 64), 1190049), (Gloredi(64, (7, 2), 64, False), 6736577),
                              (ResidualUNet(1), 436196), (Denoiser(), 245233), (DiffusionPrior(), 1623041)):
            self.assertEqual(parameter_count(module), count, type(module).__name__)


class Blocks(unittest.TestCase):
    def test_unshuffle_is_that_of_the_library_and_shuffle_takes_it_back(self):
        x = random(2, 3, 8, 6)
        self.assertTrue(torch.equal(unshuffle(x), torch.nn.functional.pixel_unshuffle(x, 2)))
        self.assertTrue(torch.equal(shuffle(unshuffle(x)), x))

    def test_views_go_round_and_turn_the_detector_after_half_a_turn(self):
        x = random(1, 2, 5, 4)
        whole, half = pad_views(x, False), pad_views(x, True)
        self.assertEqual(tuple(whole.shape), (1, 2, 7, 6))
        self.assertTrue(torch.equal(whole[..., 1:-1, 0], x[..., -1]))
        self.assertTrue(torch.equal(half[..., 1:-1, -1], x[..., 0].flip(2)))
        self.assertTrue(torch.equal(whole[..., 0, 1:-1], x[..., 0, :]))

    def test_images_are_padded_to_a_multiple_and_cut_back(self):
        x = random(1, 1, 13, 16)
        padded, (h, w) = pad_to(x, 8)
        self.assertEqual(tuple(padded.shape), (1, 1, 16, 16))
        self.assertTrue(torch.equal(padded[..., :h, :w], x))

    def test_a_u_net_sees_far_and_takes_any_multiple(self):
        torch.manual_seed(1)
        net = UNet(1, 1, zero_last=False)
        for size in (24, 40):
            self.assertEqual(tuple(net(random(1, 1, size, size)).shape), (1, 1, size, size))


class Halo(unittest.TestCase):
    @staticmethod
    def reach(net, channels, *more):
        """How far a pixel of the output looks up or down, the farthest of all places within the deepest pixel."""
        for parameter in net.parameters():
            torch.nn.init.constant_(parameter, 0.01)  # nothing cancels, and no unit is dead
        x = torch.rand(1, channels, 176, 64, generator=torch.Generator().manual_seed(1)).requires_grad_(True)
        farthest, middle = 0, 88 // net.multiple * net.multiple
        for row in range(middle, middle + net.multiple):
            gradient, = torch.autograd.grad(net(x, *more)[0, 0, row, 32], x)
            seen = gradient.abs().amax((0, 1, 3)).nonzero()[:, 0]
            farthest = max(farthest, row - int(seen[0]), int(seen[-1]) - row)
        return farthest

    def test_of_a_card_is_what_a_pixel_depends_on_within_one_deepest_pixel(self):
        for net, channels, more in ((ResidualUNet(), 3, ()), (Denoiser(), 1, (torch.full((1,), 0.1),))):
            found = self.reach(net, channels, *more)
            self.assertLessEqual(found, net.halo, type(net).__name__)
            self.assertGreater(found, net.halo - net.multiple, type(net).__name__)


class Start(unittest.TestCase):
    def test_every_network_begins_as_the_identity_on_its_start(self):
        o = Operators(SCANS["fan"])
        readings, start = tensor("fan_noisy")[None] / 0.02, tensor("fan_tv")[None] / 0.02
        torch.manual_seed(1)
        with torch.no_grad():
            self.assertTrue(torch.equal(ResidualUNet()(inputs_of(o, readings, start))[:, 0], start))
            for small in (True, False):
                self.assertLess(relative(PrimalDualUNet(o, small=small).eval()(readings, start)[:, 0], start), 1e-6)
            self.assertTrue(torch.equal(Gloredi(8, (1, 1), 64).eval()(start[None]), start[None]))

    def test_inputs_of_the_u_net_are_start_fbp_and_what_is_unexplained(self):
        o = Operators(SCANS["fan"])
        image = tensor("image")[None]
        x = inputs_of(o, o.project(image), image)
        self.assertLess(float(x[:, 2].abs().max()), 1e-5)
        self.assertLess(relative(x[:, 1], o.fbp(tensor("fan_readings")[None])), 1e-5)


class PaperForm(unittest.TestCase):
    def test_of_gloredi_holds_bone_and_never_falls_below_air(self):
        """A sigmoid on attenuation in 1/cm: 1 stands for 4200 HU and more, 0 for air."""
        torch.manual_seed(1)
        net = Gloredi(8, (1, 1), 64, residual=False).eval()
        net.decoder.last.bias.data.fill_(9)
        with torch.no_grad():
            self.assertGreater(float(net(random(1, 1, 64, 64)).max()), 4)
            net.decoder.last.bias.data.fill_(-30)
            self.assertTrue(0 <= float(net(random(1, 1, 64, 64)).min()) < 0.1)


class PrimalDual(unittest.TestCase):
    def test_one_projection_is_the_mean_of_many(self):
        """primal-dual-unet.md check 2: A and F of the channel mean are the channel mean of A and F."""
        o = Operators(SCANS["fan"])
        f, h = random(4, 64, 64), random(5, 20, 129)
        self.assertLess(relative(o.project(f.mean(0)[None])[0], o.project(f).mean(0)), 1e-5)
        self.assertLess(relative(o.fbp(h.mean(0)[None])[0], o.fbp(h).mean(0)), 1e-5)

    def test_the_gradient_reaches_every_parameter_after_a_step(self):
        o = Operators(SCANS["fan"])
        torch.manual_seed(1)
        net = PrimalDualUNet(o)
        optimiser = torch.optim.SGD(net.parameters(), 1e-2)
        for _ in range(3):
            optimiser.zero_grad()
            losses.image_rmse(net(tensor("fan_noisy")[None] / 0.02, tensor("fan_fbp")[None] / 0.02), tensor("image")[None, None] / 0.02).backward()
            optimiser.step()
        without = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
        self.assertEqual(without, [])


class Fourier(unittest.TestCase):
    def test_matrices_are_the_transform_of_the_library(self):
        """gloredi.md check 2, and spectra that no real image has."""
        for h, w in ((64, 64), (33, 64), (16, 12), (8, 7)):
            t, x = Transforms(h, w), random(2, 3, h, w)
            expected = torch.fft.rfft2(x, norm="ortho")
            re, im = t(x)
            self.assertLess(float(torch.maximum((re - expected.real).abs(), (im - expected.imag).abs()).max()), 1e-5)
            free = random(2, 3, h, w // 2 + 1), random(2, 3, h, w // 2 + 1, seed=2)
            back = torch.fft.irfft2(torch.complex(*free), (h, w), norm="ortho")
            self.assertLess(float((t.inverse(*free) - back).abs().max()), 1e-5)

    def test_the_latent_is_split_as_it_was_joined(self):
        local, whole = random(1, 24, 4, 4), random(1, 72, 4, 4, seed=2)
        found = split_latent(torch.cat([local, whole], 1), 24)
        self.assertTrue(torch.equal(found[0], local) and torch.equal(found[1], whole))


class Losses(unittest.TestCase):
    def test_the_band_has_1472_of_4096_coefficients(self):
        self.assertEqual(int(losses.band_mask(64, 64).sum()), 1472)

    def test_the_cosine_transform_keeps_what_is_in_the_band(self):
        x = torch.cos(torch.pi * 5 * (2 * torch.arange(32) + 1) / 64)[None, None, None, :].expand(1, 1, 32, 32)
        spectrum = losses.dct_matrix(32) @ x @ losses.dct_matrix(32).T
        self.assertEqual(int(spectrum.abs().flatten().argmax()), 5)

    def test_directional_is_zero_for_one_direction_and_two_for_the_opposite(self):
        z = random(1, 8, 4, 4)
        self.assertAlmostEqual(float(losses.directional(z, 3 * z)), 0, places=5)
        self.assertAlmostEqual(float(losses.directional(z, -z)), 2, places=5)

    def test_contrastive_prefers_the_teacher_of_the_same_image(self):
        a = torch.nn.functional.normalize(random(4, 16), dim=1)
        bank = torch.nn.functional.normalize(random(10, 16, seed=3), dim=1)
        self.assertLess(float(losses.contrastive(a, a, bank)), float(losses.contrastive(a, a.roll(1, 0), bank)) - 1)

    def test_image_rmse_is_the_mean_of_roots(self):
        a = torch.zeros(2, 1, 4, 4)
        b = torch.stack([torch.full((1, 4, 4), 1.0), torch.full((1, 4, 4), 3.0)])
        self.assertAlmostEqual(float(losses.image_rmse(a, b)), 2, places=5)


class Denoising(unittest.TestCase):
    def test_leaves_an_image_without_noise_and_shrinks_one_that_is_noise(self):
        torch.manual_seed(1)
        net, x = Denoiser(), random(1, 1, 16, 16)
        with torch.no_grad():
            self.assertLess(relative(net(x, torch.tensor([1e-4])), x), 1e-3)
            self.assertLess(float(net(100 * x, torch.tensor([100.0])).abs().max()), 1)

    def test_of_slices_knows_where_a_pixel_is(self):
        found = coordinates(torch.zeros(2, 1, 4, 8))
        self.assertTrue(torch.allclose(found[1, 0, :, 3], torch.tensor([-0.75, -0.25, 0.25, 0.75])))
        self.assertTrue(torch.allclose(found[0, 1, 2, :2], torch.tensor([-0.875, -0.625])))
        torch.manual_seed(1)
        net, x = DiffusionPrior(), random(1, 1, 16, 16)
        with torch.no_grad():
            net.last.weight.normal_()
            self.assertLess(relative(net(x, torch.tensor([1e-4])), x), 1e-2)
            self.assertGreater(float((net(x, torch.tensor([0.5])).flip(3) - net(x.flip(3), torch.tensor([0.5]))).abs().max()), 1e-3)

    def test_of_upright_samples_turns_little_and_never_mirrors(self):
        for index in range(50):
            matrix, _ = augmentation(3, index, 1.0, True)
            scale = (matrix[0, 0] ** 2 + matrix[1, 0] ** 2) ** 0.5
            self.assertGreater(matrix[0, 0] / scale, 0.996)  # cosine of 5 degrees
            self.assertGreater(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0], 0)


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()
