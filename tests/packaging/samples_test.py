#!/usr/bin/env python3
"""Every file of resources/samples stands in its NOTICE.md with package, version and digest, or is our own text and named there as such."""
import hashlib
import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(sys.argv.pop() if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
SAMPLES = SOURCE / "resources/samples"
OWN = {".json", ".md", ".py"}  # geometry, words and the script: nothing measured
LARGEST = 4_000_000
PACKAGE = re.compile(r"(PyPI|Debian) ([\w.-]+) (\d[\w.+-]*), (\S+)")


def rows(text, after):
    """The rows of the first table behind these words."""
    lines = text[text.index(after):].splitlines()
    table = [line for line in lines if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def findings(folder):
    text = (folder / "NOTICE.md").read_text(encoding="utf-8")
    measured = {}
    for row in rows(text[:text.index("## Digests")], "| file | what |"):
        measured[row[0]] = row[2]
    digests = {row[0]: row[1] for row in rows(text[:text.index("## Terms")], "## Digests")}
    own = re.search(r"^Made by hand: (.*)$", text, re.MULTILINE).group(1)
    script = (folder / "make_samples.py").read_text(encoding="utf-8")
    found, there = [], {file.name for file in folder.iterdir() if file.is_file()}
    for name in sorted(there):
        if name in measured:
            package = PACKAGE.match(measured[name])
            if not package:
                found.append(f"{name}: '{measured[name]}' is no package with its version and file")
            elif not any(key.startswith(f"{package[1]} {package[2]} {package[3]}") for key in digests):
                found.append(f"{name}: no digest of {package[2]} {package[3]}")
            if digests.get(name) != hashlib.sha256((folder / name).read_bytes()).hexdigest():
                found.append(f"{name}: its digest is not the one of NOTICE.md")
            if f'"{name}"' not in script:
                found.append(f"{name}: make_samples.py does not make it")
        elif not (name in own and Path(name).suffix in OWN):
            found.append(f"{name}: NOTICE.md does not say where it comes from")
        if (folder / name).stat().st_size > LARGEST:
            found.append(f"{name}: larger than {LARGEST} bytes")
    found += [f"{name}: named in NOTICE.md, but not there" for name in measured if name not in there]
    for name, digest in digests.items():
        if name not in measured and digest not in script:
            found.append(f"{name}: make_samples.py checks another digest")
    return found


class Samples(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.copy = Path(folder.name) / "samples"
        shutil.copytree(SAMPLES, self.copy, ignore=shutil.ignore_patterns("__pycache__"))

    def edit_notice(self, old, new):
        notice = self.copy / "NOTICE.md"
        text = notice.read_text(encoding="utf-8")
        self.assertIn(old, text)
        notice.write_text(text.replace(old, new), encoding="utf-8")

    def test_each_says_where_it_comes_from(self):
        self.assertEqual(findings(self.copy), [])

    def test_the_notice_of_the_project_names_every_package(self):
        notice = (SOURCE / "NOTICE").read_text(encoding="utf-8").replace("\n", " ")
        for name, version in {(p[2], p[3]) for p in PACKAGE.finditer((SAMPLES / "NOTICE.md").read_text(encoding="utf-8"))}:
            self.assertIn(f"{name} {version}", notice)

    def test_a_file_that_is_not_named_is_found(self):
        (self.copy / "new.nii.gz").write_bytes(b"measured somewhere")
        self.assertIn("new.nii.gz: NOTICE.md does not say where it comes from", findings(self.copy))

    def test_a_measured_file_is_not_passed_off_as_ours(self):
        (self.copy / "new.npz").write_bytes(b"measured somewhere")
        self.edit_notice("Made by hand: ", "Made by hand: new.npz, ")
        self.assertIn("new.npz: NOTICE.md does not say where it comes from", findings(self.copy))

    def test_a_changed_byte_is_found(self):
        with open(self.copy / "needle_haadf_97x200x77.mrc", "r+b") as file:
            file.seek(5000)
            file.write(b"\x01")
        self.assertIn("needle_haadf_97x200x77.mrc: its digest is not the one of NOTICE.md", findings(self.copy))

    def test_a_package_without_a_version_is_found(self):
        self.edit_notice("PyPI pyradiomics 3.0.1, data/lung2_label.nrrd", "PyPI pyradiomics, data/lung2_label.nrrd")
        self.assertTrue(any("no package with its version" in text for text in findings(self.copy)))

    def test_a_file_that_is_gone_is_found(self):
        (self.copy / "mr_head_181x217x90.nii.gz").unlink()
        self.assertIn("mr_head_181x217x90.nii.gz: named in NOTICE.md, but not there", findings(self.copy))


if __name__ == "__main__":
    unittest.main()
