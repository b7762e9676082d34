#!/usr/bin/env python3
"""Classifiers for smoothing: halves as the program makes them, losses, `train.py rs` and `drs` to ONNX files and card, refusals."""
import contextlib
import io
import json
import unittest

from support import ROOT, InFolder, need

need("numpy", "torch", "onnx", "onnxruntime")
import numpy as np  # noqa: E402
import torch  # noqa: E402

import train  # noqa: E402
from isotrain.card import check_against  # noqa: E402
from isotrain.classification.halves import SIDES, fill, half_of, mask  # noqa: E402
from isotrain.classification.images import read_images, shifted  # noqa: E402
from isotrain.classification.tasks import consistency  # noqa: E402

SCHEMA = json.loads((ROOT / "resources/models/classifier_card.schema.json").read_text(encoding="utf-8"))


def run(*arguments):
    out, bad = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(bad):
        code = train.main(list(arguments))
    return code, out.getvalue(), bad.getvalue()


class Halves(unittest.TestCase):
    def test_divide_the_pixels(self):
        for split in ("checkerboard", "rows", "columns"):
            left, right = (mask(side, 7, 6, split) for side in SIDES)
            self.assertTrue(torch.equal(left + right, torch.ones(7, 6)))
        self.assertEqual(float(mask("left", 4, 4)[0, 0]), 1)

    def test_do_not_see_each_other(self):
        x = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
        for split in ("checkerboard", "rows", "columns"):
            for side in SIDES:
                other = torch.where(mask(side, 8, 8, split).bool(), x, x + 7)
                self.assertTrue(torch.equal(half_of(x, side, split), half_of(other, side, split)))

    def test_are_filled_with_the_mean_of_own_neighbours(self):
        x = torch.arange(16.0).reshape(1, 1, 4, 4)
        filled = fill(x * mask("left", 4, 4), mask("left", 4, 4))
        self.assertAlmostEqual(float(filled[0, 0, 0, 1]), (0 + 2 + 5) / 3, places=5)
        self.assertAlmostEqual(float(filled[0, 0, 1, 2]), (2 + 5 + 7 + 10) / 4, places=5)
        self.assertEqual(float(filled[0, 0, 1, 1]), 5)


class Losses(unittest.TestCase):
    def test_of_consistency_is_the_entropy_where_copies_agree(self):
        scores = torch.tensor([[[2.0, 0.0]]]).repeat(3, 1, 1)
        p = torch.softmax(scores[0, 0], 0)
        self.assertAlmostEqual(float(consistency(scores, 10)), float(-10 * 0.05 * (p * p.log()).sum()), places=5)
        apart = torch.stack([scores[0], -scores[0]])
        self.assertGreater(float(consistency(apart, 10)), 1)


class Prepared(InFolder):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(1)
        labels = np.arange(200) % 2
        images = random.integers(0, 90, (200, 16, 16)) + 120 * labels[:, None, None] * (np.arange(16) < 8)
        np.savez(self.folder / "mine.npz", train_images=images.astype("uint8"), train_labels=labels[:, None])
        self.given = ["--data", str(self.folder / "mine.npz"), "--work", str(self.folder / "work"), "--sigma", "0.2", "--epochs", "4", "--draws", "4"]


class Command(Prepared):
    def test_makes_networks_and_card_of_both_kinds(self):
        for name, files, more in (("rs", 1, ()), ("drs", 2, ("--loss", "consistency", "--pattern", "rows"))):
            code, said, bad = run(name, *self.given, *more)
            self.assertEqual(code, 0, said + bad)
            card = json.loads((self.folder / "work" / f"{name}_020" / f"{name}_020.card.json").read_text(encoding="utf-8"))
            self.assertEqual(check_against(SCHEMA, card), [], name)
            self.assertEqual(len(card["files"]), files)
            self.assertEqual(card["smoothing"]["mode"], name)
            self.assertEqual(sum(card["training"]["split"].values()), 200)

    def test_goes_on_where_it_was(self):
        self.assertEqual(run("rs", *self.given)[0], 0)
        first = (self.folder / "work/rs_020/rs_020.onnx").read_bytes()
        code, said, _ = run("rs", *self.given)
        self.assertEqual(code, 0)
        self.assertIn("goes on from step", said)
        self.assertEqual(first, (self.folder / "work/rs_020/rs_020.onnx").read_bytes())

    def test_refuses_in_one_sentence(self):
        (self.folder / "text.npz").write_text("no arrays")
        for arguments, code, words in (
                (["rs", "--sigma", "0.2"], 1, "no images are named"),
                (["rs", *self.given[:4]], 1, "the noise is not named"),
                (["rs", *self.given, "--sigma", "5"], 1, "is not between 0.01 and 2"),
                (["rs", *self.given, "--loss", "hinge"], 1, "there is no loss 'hinge'"),
                (["rs", *self.given, "--epochs", "1"], 1, "--epochs 1 is too small"),
                (["drs", "--data", str(self.folder / "text.npz"), "--sigma", "0.2"], 22, "holds no labelled images")):
            found, _, bad = run(*arguments)
            self.assertEqual((found, bad.count("\n")), (code, 1), bad)
            self.assertIn(words, bad)


class Parts(Prepared):
    def test_never_mix(self):
        parts, facts = read_images(self.folder / "mine.npz")
        seen = [image.tobytes() for part in parts.values() for image in part.values]
        self.assertEqual(len(seen), len(set(seen)))
        self.assertEqual(facts["classes"], ["0", "1"])

    def test_are_shifted_by_two_pixels_at_most(self):
        x = torch.zeros(1, 1, 9, 9)
        x[0, 0, 4, 4] = 1
        for seed in range(20):
            at = shifted(x, np.random.default_rng(seed))[0, 0].nonzero()[0]
            self.assertLessEqual(int((at - 4).abs().max()), 2)


class Attack(unittest.TestCase):
    CARD = ROOT / "resources/models/drs_018.card.json"

    def test_knows_the_graphs_and_their_gradients(self):
        import onnxruntime
        from isotrain.classification.graph import Graph

        file = self.CARD.parent / "drs_018.left.onnx"
        images = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(4))
        found = Graph(file)(images)
        expected = onnxruntime.InferenceSession(str(file)).run(None, {"image": images.numpy()})[0]
        self.assertLess(float((found - torch.from_numpy(expected)).abs().max()), 1e-4)
        x = images[:1].double().requires_grad_(True)
        graph = Graph(file)
        graph.weights = {name: value.double() if value.is_floating_point() else value for name, value in graph.weights.items()}
        slope, = torch.autograd.grad(graph(x)[0, 1], x)
        along, step = torch.randn(x.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64), 1e-6
        with torch.no_grad():
            difference = (graph(x + step * along)[0, 1] - graph(x - step * along)[0, 1]) / (2 * step)
        self.assertAlmostEqual(float((slope * along).sum()), float(difference), delta=1e-4 * abs(float(difference)) + 1e-6)

    def test_stays_in_the_ball_and_lowers_the_share_more_than_chance(self):
        from isotrain.classification.attack import SmoothedCard, attack

        smoothed, image = SmoothedCard(self.CARD), torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(6))
        noise = torch.randn((2, 32, 1, 28, 28), generator=torch.Generator().manual_seed(7))
        with torch.no_grad():
            before = [float(smoothed.mean_share(image, c, noise)) for c in (0, 1)]
            answer = int(before[1] > before[0])
        changed = attack(smoothed, image, answer, 1.0, 10, 8, 1)
        self.assertLessEqual(float((changed - image).norm()), 1.0001)
        chance = torch.randn(image.shape, generator=torch.Generator().manual_seed(8))
        with torch.no_grad():
            after, random = (float(smoothed.mean_share(x, answer, noise)) for x in (changed, image + chance / chance.norm()))
        self.assertLess(after, before[answer])
        self.assertLess(after, random)


class Shapes(InFolder):
    def test_are_four_classes_and_the_same_again(self):
        from isotrain.classification.shapes import make_shapes

        for name in ("shapes_a.npz", "shapes_b.npz"):
            make_shapes(self.folder / name, 40, 8, 3)
        first, second = (np.load(self.folder / name) for name in ("shapes_a.npz", "shapes_b.npz"))
        self.assertTrue(all(np.array_equal(first[key], second[key]) for key in first.files))
        parts, facts = read_images(self.folder / "shapes_a.npz")
        self.assertEqual((facts["classes"], len(parts["validation"])), (["disc", "ring", "bar", "cross"], 8))
        self.assertEqual(sorted(set(parts["train"].labels.tolist())), [0, 1, 2, 3])


class Shipped(unittest.TestCase):
    def test_cards_are_those_of_the_schema_and_of_their_files(self):
        import hashlib
        cards = [card for card in sorted((ROOT / "resources/models").glob("*.card.json")) if '"kind": "classifier"' in card.read_text(encoding="utf-8")]
        self.assertGreaterEqual(len(cards), 4)
        for path in cards:
            card = json.loads(path.read_text(encoding="utf-8"))
            self.assertEqual(check_against(SCHEMA, card), [], path.name)
            for entry in card["files"]:
                self.assertEqual(hashlib.sha256((path.parent / entry["file"]).read_bytes()).hexdigest(), entry["sha256"])


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()
