#!/usr/bin/env python3
"""`train.py` from a folder of slices to ONNX files and card; the bundle; what both refuse."""
import contextlib
import io
import json
import tarfile
import unittest

from support import ROOT, InFolder, need, tensor, write_nifti

need("numpy", "torch", "onnx", "onnxruntime")
import onnx  # noqa: E402
import torch  # noqa: E402

import bundle  # noqa: E402
import train  # noqa: E402
from isotrain import domain, evaluate  # noqa: E402
from isotrain.card import check_against  # noqa: E402
from isotrain.errors import TrainingError  # noqa: E402
from isotrain.operators import Operators  # noqa: E402
from isotrain.patients import Slice  # noqa: E402
from isotrain.phantoms import phantom  # noqa: E402
from isotrain.product import run_task  # noqa: E402
from isotrain.simulate import to_water  # noqa: E402
from make_tensors import SCANS  # noqa: E402

SCHEMA = json.loads((ROOT / "resources/models/model_card.schema.json").read_text(encoding="utf-8"))
SMALL = "--size 32 --views 8 --pool 4 --steps 2 --batch 2 --tv-iterations 3 --bar 3,1".split()


def run(*arguments):
    """(exit code, what it said, what it complained of)."""
    out, bad = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(bad):
        code = train.main(list(arguments))
    return code, out.getvalue(), bad.getvalue()


class Command(InFolder):
    def setUp(self):
        super().setUp()
        for i in range(6):
            write_nifti(self.folder / f"data/p{i}/a.nii", phantom(i, 64, 4.0)[None])
        self.data = ["--data", str(self.folder / "data"), "--user-data", "--split", str(self.folder / "split.json")]
        self.assertEqual(run("--make-split", *self.data)[0], 0)

    def train(self, name, *more):
        code, said, bad = run(name, *self.data, *SMALL, "--work", str(self.folder / "work"), *more)
        self.assertEqual(code, 0, said + bad)
        folder = self.folder / "work" / name
        return folder, json.loads((folder / f"{name}.card.json").read_text(encoding="utf-8")), said

    def test_makes_network_and_card_of_every_kind(self):
        for name, files, more in (("unet", 1, ()), ("pd_unet", 4, ("--beam", "parallel")), ("denoiser", 1, ()),
                                  ("diffusion_prior", 1, ()),
                                  ("gloredi", 1, ("--distillation", "direction"))):
            folder, card, _ = self.train(name, *more)
            self.assertEqual(check_against(SCHEMA, card), [], name)
            self.assertEqual(len(card["files"]), files)
            for entry in card["files"]:
                model = onnx.load(folder / entry["file"])
                onnx.checker.check_model(model)
                self.assertLess(entry["parity"], 2e-4)
                kinds = {node.op_type for node in model.graph.node}
                self.assertFalse({kind for kind in kinds if "DFT" in kind or "Complex" in kind}, kinds)
                self.assertEqual({node.domain for node in model.graph.node} - {"", "ai.onnx"}, set())
            self.assertEqual(card["held_out"]["test"]["figures"]["network"]["rmse_hu"]["patients"], card["training"]["split"]["test"])
            self.assertEqual(card["out_of_domain"]["features"][-1], "denoising_error" if "sigma" in card["inputs"]["channels"] else "residual")

    def test_goes_on_where_it_was_and_does_not_train_twice(self):
        _, first, _ = self.train("denoiser")
        _, second, said = self.train("denoiser")
        self.assertIn("goes on from step 2", said)
        self.assertEqual([f["sha256"] for f in first["files"]], [f["sha256"] for f in second["files"]])

    def test_leaves_the_test_patients_alone_if_told_so(self):
        _, card, _ = self.train("denoiser", "--no-test")
        self.assertEqual(list(card["held_out"]), ["validation"])

    def test_refuses_in_one_sentence(self):
        for arguments, code, words in (
                (["resnet", *self.data, "--steps", "1"], 1, "there is no network 'resnet'"),
                (["unet", *self.data], 1, "either a number of steps or of hours"),
                (["unet", "--steps", "1"], 1, "no data are named"),
                (["unet", "--data", str(self.folder / "none"), "--steps", "1"], 1, "is no folder"),
                (["unet", *self.data, "--steps", "1", "--size", "30"], 1, "--size 30 is no multiple of 16"),
                (["unet", *self.data, "--steps", "1", "--threads", "0"], 1, "--threads 0 is too small"),
                (["unet", *self.data, "--steps", "1", "--bar", "x"], 1, "is not iterations,strength"),
                (["unet", "--data", str(self.folder / "data"), "--user-data", "--steps", "1"], 22, "does not name the patient p0"),
                (["unet", *self.data, *SMALL, "--start", "sart", "--work", str(self.folder)], 1, "there is no start 'sart'"),
                (["gloredi", *self.data, *SMALL, "--distillation", "all", "--work", str(self.folder)], 1, "no distillation 'all'"),
                (["unet", *self.data, *SMALL, "--tv-by", "program", "--program", "none", "--work", str(self.folder)], 1, "isocenter was not found"),
                (["--make-split", *self.data], 1, "is there already")):
            found, _, bad = run(*arguments)
            self.assertEqual((found, bad.count("\n")), (code, 1), bad)
            self.assertIn(words, bad)


class Card(unittest.TestCase):
    def test_without_a_member_or_with_a_wrong_one_is_found(self):
        self.assertIn("card lacks geometry_hash", check_against(SCHEMA, {}))
        self.assertTrue(any("card.name does not match" in p for p in check_against(SCHEMA, {"name": "A B"})))
        self.assertTrue(any("card.files has fewer" in p for p in check_against(SCHEMA, {"files": []})))


class Figures(unittest.TestCase):
    def test_are_those_of_known_images(self):
        truth = torch.ones(1, 32, 32)
        image = truth + 0.03
        self.assertAlmostEqual(float(evaluate.rmse_hu(image, truth)), 30, places=3)
        self.assertAlmostEqual(float(evaluate.psnr(image, truth)), 40, places=3)
        self.assertAlmostEqual(float(evaluate.ssim(truth, truth)), 1, places=5)

    def test_intervals_are_over_patients_and_not_over_slices(self):
        values, patients = [0.0] * 100 + [1.0] * 100, ["a"] * 100 + ["b"] * 100
        found = evaluate.interval(values, patients)
        self.assertEqual((found["mean"], found["low"], found["high"], found["patients"]), (0.5, 0.0, 1.0, 2))
        many = evaluate.interval(values, [str(i) for i in range(200)])
        self.assertLess(many["high"] - many["low"], 0.2)

    def test_of_a_patient_with_many_slices_weigh_no_more(self):
        self.assertEqual(evaluate.interval([0.0] * 9 + [1.0], ["a"] * 9 + ["b"])["mean"], 0.5)


class Domain(unittest.TestCase):
    def test_scores_a_scan_of_a_rod_of_metal_above_bodies(self):
        o = Operators(SCANS["fan"])
        bodies = torch.stack([torch.from_numpy(to_water(phantom(i, 64, 4.0))) for i in range(12)])
        known = domain.features(o, bodies[:8], o.project(bodies[:8]))
        mean, deviation = known.mean(0), known.std(0).clamp(min=1e-6)
        threshold = domain.score(domain.features(o, bodies[8:], o.project(bodies[8:])), mean, deviation).max()
        rod = torch.zeros(1, 64, 64)
        rod[:, 20:40, 20:40] = 8
        self.assertGreater(float(domain.score(domain.features(o, rod, o.project(rod)), mean, deviation)[0]), float(threshold))


class Program(unittest.TestCase):
    def test_gives_the_total_variation_that_is_stored(self):
        import os
        program = os.environ.get("ISOCENTER", "")
        if not os.path.exists(program):
            self.skipTest("the command isocenter is not built")
        found = run_task(program, "sparse_view_ct/tv", SCANS["fan"], tensor("fan_noisy")[None].numpy(),
                         ("--tolerance", "0", "--strength", "1", "--step-ratio", "0.01"))
        self.assertLess(float((torch.from_numpy(found[0]) - tensor("fan_tv")).norm() / tensor("fan_tv").norm()), 1e-4)
        with self.assertRaisesRegex(TrainingError, "isocenter batch sparse_view_ct/tv ended with"):
            run_task(program, "sparse_view_ct/tv", SCANS["fan"], tensor("fan_noisy")[None, :5].numpy())


class Bundle(InFolder):
    def slices(self, count=2, size=64):
        from isotrain.patients import packed
        return [Slice(f"p{i}", "c", 0, 1.0, packed(phantom(i, size, 4.0))) for i in range(count)]

    def test_holds_package_slices_and_a_script_for_every_network(self):
        path = self.folder / "b.tar"
        bundle.make_bundle(path, self.slices(), phantoms=1, say=lambda *_: None)
        with tarfile.open(path) as archive:
            names = archive.getnames()
            text = archive.extractfile("bundle/run_all.sh").read().decode()
        for wanted in ("bundle/train.py", "bundle/splits.json", "bundle/isotrain/networks/pd_unet.py", "bundle/slices.bin"):
            self.assertIn(wanted, names)
        from isotrain.tasks import TASKS
        for name in TASKS:
            self.assertIn(f"train.py {name} ", text)
        self.assertAlmostEqual(sum(share for _, _, share in bundle.RUNS), 1)

    def test_says_options_that_train_takes(self):
        for name, options, _ in bundle.RUNS:
            parsed = train.parse([name, *options.split(), "--packed", "x", "--hours", "1"])
            self.assertEqual(parsed.name, name)

    def test_above_sixty_mebibytes_is_refused(self):
        before, bundle.LARGEST = bundle.LARGEST, 1000
        self.addCleanup(setattr, bundle, "LARGEST", before)
        with self.assertRaisesRegex(TrainingError, "more than 60"):
            bundle.make_bundle(self.folder / "b.tar", self.slices(), phantoms=0)
        self.assertFalse((self.folder / "b.tar").exists())


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()
