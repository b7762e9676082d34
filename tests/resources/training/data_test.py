#!/usr/bin/env python3
"""Slices, patients, split, packing and phantoms of the training package. Needs NumPy only."""
import gzip
import unittest

from support import ROOT, InFolder, need, write_nifti

need("numpy")
import numpy as np  # noqa: E402

from isotrain import packing, patients, phantoms  # noqa: E402
from isotrain.errors import InputError  # noqa: E402
from isotrain.files import read_json, read_nifti  # noqa: E402

SAMPLE = ROOT / "resources/samples/ct_lung_512x512.nii.gz"


def sample_slice(patient="x"):
    values, _ = read_nifti(SAMPLE)
    return patients.Slice(patient, "samples", 0, 0.6, patients.packed(patients.square(values[0])))


class Split(unittest.TestCase):
    def test_puts_every_patient_in_one_part(self):
        parts, split = patients.read_split()
        named = [p for part in patients.PARTS for p in split[part]]
        self.assertEqual(len(named), len(set(named)))
        self.assertEqual(len(named), 85)
        self.assertEqual(set(named), set(parts))

    def test_gives_every_collection_of_many_patients_to_every_part(self):
        _, split = patients.read_split()
        for prefix in ("TCGA", "A0", "STS"):
            for part in patients.PARTS:
                self.assertTrue(any(p.startswith(prefix) for p in split[part]), f"{prefix} {part}")

    def test_is_what_its_seed_gives(self):
        _, split = patients.read_split()
        for prefix in ("TCGA", "A0", "STS"):
            names = [p for part in patients.PARTS for p in split[part] if p.startswith(prefix)]
            made = patients.make_split(names, split["seed"])
            for part in patients.PARTS:
                self.assertEqual({p for p in names if made[p] == part}, {p for p in split[part] if p in names})

    def test_keeps_slices_of_a_patient_together(self):
        slices = [patients.Slice(p, "c", i, 1.0, np.full((4, 4), i, np.uint16)) for p in "abc" for i in range(3)]
        found = patients.by_part(slices, {"a": "train", "b": "test", "c": "train"})
        self.assertEqual([len(found[part]) for part in patients.PARTS], [6, 0, 3])

    def test_refuses_a_patient_it_does_not_name(self):
        slices = [patients.Slice("new", "c", 0, 1.0, np.zeros((4, 4), np.uint16))]
        with self.assertRaisesRegex(InputError, "does not name the patient new"):
            patients.by_part(slices, {"a": "train"})

    def test_refuses_the_chest_ct_of_the_samples_under_any_name(self):
        with self.assertRaisesRegex(InputError, "chest CT of the samples"):
            patients.by_part([sample_slice("STS_001")], {"STS_001": "train"})


class UserFolder(InFolder):
    def test_takes_the_patient_from_the_subfolder_or_the_name(self):
        write_nifti(self.folder / "p1/a.nii", np.zeros((4, 6, 6)))
        write_nifti(self.folder / "p1/b.nii", np.ones((4, 6, 6)))
        write_nifti(self.folder / "p2_chest.nii", np.ones((4, 6, 6)))
        self.assertEqual([s.patient for s in patients.user_slices(self.folder)], ["p1", "p1", "p2"])

    def test_says_what_is_missing(self):
        for folder, words in ((self.folder, "holds no NIfTI file"), (self.folder / "none", "is no folder")):
            with self.assertRaisesRegex(InputError, words):
                list(patients.user_slices(folder))

    def test_refuses_what_was_cut_off(self):
        path = self.folder / "p.nii"
        write_nifti(path, np.zeros((4, 6, 6)))
        whole = path.read_bytes()
        path.write_bytes(whole[:-10])
        with self.assertRaisesRegex(InputError, "ends before its last voxel"):
            read_nifti(path)
        packed = self.folder / "p.nii.gz"
        packed.write_bytes(gzip.compress(whole)[:-20])
        with self.assertRaisesRegex(InputError, "cannot be read"):
            read_nifti(packed)


class Slices(unittest.TestCase):
    def test_are_square_in_air(self):
        out = patients.square(np.full((3, 6), 40, np.float32))
        self.assertEqual(out.shape, (6, 6))
        self.assertEqual((out == -1024).sum(), 18)

    def test_keep_hounsfield_units_within_half_a_unit(self):
        values = np.array([[-1024.0, -1000.4, 0.2, 3071.0, 5000.0, -2000.0]])
        found = patients.packed(values).astype(int) - 1024
        self.assertEqual(found.tolist(), [[-1024, -1000, 0, 3071, 3071, -1024]])

    def test_are_axial_if_their_normal_runs_along_the_body(self):
        self.assertTrue(patients.is_axial([-1, 0, 0, 0, -1, 0]))
        self.assertFalse(patients.is_axial([1, 0, 0, 0, 0, -1]))


class Packing(InFolder):
    def test_gives_back_the_same_values(self):
        random = np.random.default_rng(1)
        values = [random.integers(0, 65536, shape, dtype=np.uint16) for shape in ((7, 5), (16, 16), (1, 9))]
        slices = [patients.Slice(f"p{i}", "c", i, 0.5 + i, v) for i, v in enumerate(values)]
        packing.write_slices(self.folder / "s.bin", slices)
        for before, after in zip(slices, packing.read_slices(self.folder / "s.bin")):
            self.assertEqual((before.patient, before.index, before.spacing_mm), (after.patient, after.index, after.spacing_mm))
            np.testing.assert_array_equal(before.values, after.values)

    def test_takes_less_than_six_tenths_of_a_real_slice(self):
        s = sample_slice()
        self.assertLess(len(packing.pack_values(s.values)), 0.6 * s.values.nbytes)

    def test_refuses_a_file_that_was_cut_off(self):
        path = self.folder / "s.bin"
        packing.write_slices(path, [sample_slice()])
        whole = path.read_bytes()
        for length, words in ((4, "no packed slices"), (20, "within its index"), (len(whole) - 9, "before its last slice")):
            path.write_bytes(whole[:length])
            with self.assertRaisesRegex(InputError, words):
                packing.read_slices(path)


class Phantoms(unittest.TestCase):
    def test_are_the_same_for_a_seed_and_others_for_another(self):
        first, again, other = (phantoms.phantom(seed, 64, 4.0) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        self.assertGreater(np.abs(first - other).mean(), 10)

    def test_are_bodies_in_air(self):
        for seed in range(6):
            image = phantoms.phantom(seed, 96, 4.0)
            self.assertLess(image[[0, -1]][:, [0, -1]].max(), -990)
            inside = (image > -200).mean()
            self.assertTrue(0.05 < inside < 0.9, inside)
            self.assertTrue(np.isfinite(image).all())
            self.assertGreater(image.max(), 250)

    def test_are_patients_of_their_own(self):
        slices = list(phantoms.phantom_slices(3, 1, 32, 8.0))
        self.assertEqual(len({s.patient for s in slices}), 3)
        self.assertEqual({s.collection for s in slices}, {"phantoms"})


class SplitFile(unittest.TestCase):
    def test_never_moves_a_patient(self):
        """The digest of the test part; a change of it spoils every figure that was told before."""
        split = read_json(patients.SPLIT_FILE)
        self.assertEqual(patients.digest(np.frombuffer(" ".join(split["test"]).encode(), np.uint8)), "5b0f15c6")


if __name__ == "__main__":
    unittest.main()
