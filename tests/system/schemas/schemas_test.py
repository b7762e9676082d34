#!/usr/bin/env python3
"""Runs the program and holds what it writes against resources/schemas.

Usage: schemas_test.py COMMAND SOURCE_DIR PLUGIN_DIR MESSAGE_SAMPLES
Ends with 77 (skipped) where the module jsonschema is missing (Debian: python3-jsonschema).
"""
import copy
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("skipped: Python has no module jsonschema (Debian: python3-jsonschema)")
    sys.exit(77)

COMMAND, SOURCE, PLUGINS, MESSAGES = (Path(argument).resolve() for argument in sys.argv[1:5])


def validator(name):
    schema = json.loads((SOURCE / f"resources/schemas/{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


class Schemas(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="iso_schemas_")
        self.addCleanup(self.folder.cleanup)
        self.at = Path(self.folder.name)

    def isocenter(self, *words, code=0):
        done = subprocess.run([COMMAND, *map(str, words)], capture_output=True, text=True, cwd=self.at)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def fits(self, name, data, what=""):
        problems = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator(name).iter_errors(data)]
        self.assertEqual(problems, [], what)

    def phantom(self):
        self.isocenter("phantom", "discs", "-o", "in.mha", "--size", "24,20,1")

    def smoothing(self, *more, code=0):
        return self.isocenter("run", "example/smoothing", "-i", "in.mha", "-o", "out.mha", "--save-recipe", "recipe.json",
                              "--report", "report.json", "--overwrite", *more, code=code)

    def read(self, name):
        return json.loads((self.at / name).read_text())

    def test_recipes_and_records_of_runs_that_are_done(self):
        self.phantom()
        for more in ([], ["--isolate", "--seed", "3", "--device", "reference", "--sigma-mm", "0.5"],
                     ["--accept-geometry", "gap,tilt"]):
            self.smoothing(*more)
            self.fits("recipe", self.read("recipe.json"), more)
            for name in ("report.json", "out.mha.record.json"):
                self.fits("record", self.read(name), name)
                self.fits("recipe", self.read(name)["recipe"], name)
        self.assertEqual(self.isocenter("replay", "out.mha.record.json").splitlines()[0], "same bits")

    def test_records_of_runs_that_fail(self):
        self.phantom()
        self.smoothing("--memory-limit", "1", code=81)
        self.fits("record", self.read("report.json"))
        self.assertEqual(self.read("report.json")["error"]["code"], "out_of_memory")

    def test_scans_with_their_geometry(self):
        scan = {"beam": "fan", "angles_deg": {"first": 0, "step": 10, "count": 36}, "elements": [20, 1], "pitch_mm": [1, 1],
                "source_to_axis_mm": 100, "source_to_detector_mm": 150}
        self.fits("geometry", scan)
        (self.at / "scan.json").write_text(json.dumps(scan))
        self.isocenter("project", "discs", "-g", "scan.json", "-o", "scan.h5", "--radius", "8")
        self.isocenter("run", "sparse_view_ct/fbp", "-i", "scan.h5", "-o", "rec.mha", "--save-recipe", "recipe.json")
        self.fits("recipe", self.read("recipe.json"))
        self.fits("record", self.read("rec.mha.record.json"))
        self.assertEqual(self.read("rec.mha.record.json")["geometry"]["sinogram"]["finding"], "uniform")

    def test_files_that_ship(self):
        for file in (SOURCE / "resources/presets").glob("*.json"):
            self.fits("recipe", json.loads(file.read_text()), file)
        for file in (SOURCE / "resources/samples").glob("*.json"):
            schema = "click_log" if file.name.endswith(".clicks.json") else "geometry"
            self.fits(schema, json.loads(file.read_text()), file)
        manifests = list(PLUGINS.glob("*.plugin.json"))
        self.assertTrue(manifests, f"no manifest in {PLUGINS}")
        for file in manifests:
            self.fits("manifest", json.loads(file.read_text()), file)

    def test_messages_between_program_and_worker(self):
        lines = subprocess.run([MESSAGES], capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual(len(lines), len(validator("worker_message").schema["oneOf"]))
        for message in map(json.loads, lines):
            self.fits("worker_message", message, message["type"])
            own = next(one for one in validator("worker_message").schema["oneOf"]
                       if one["properties"]["type"]["const"] == message["type"])
            self.assertLessEqual(set(message), set(own["properties"]), f"{message['type']} has members that the schema does not know")
            for member in own["required"]:
                self.assertTrue(list(validator("worker_message").iter_errors({k: v for k, v in message.items() if k != member})),
                                f"{message['type']} without {member} fits")

    def test_what_is_wrong_is_refused(self):
        self.phantom()
        self.smoothing()
        recipe, record = self.read("recipe.json"), self.read("report.json")
        wrong = [("recipe", recipe, change) for change in (
            {"task": "smoothing"}, {"seed": -1}, {"recipe_version": 2}, {"accepted_geometry": ["beauty"]},
            {"inputs": ["in.mha"]}, {"hints": {"volume": {"spacing_mm": 2}}}, {"device": "quantum"})]
        wrong += [("record", record, change) for change in (
            {"state": "finished"}, {"figures": {"noise": 0.1}}, {"plugin_sha256": "abc"}, {"output_digests": {"smoothed": "abc"}}, {"output_digests": {}}, {"seconds": -1},
            {"geometry": {"volume": {"finding": "beauty"}}}, {"started_utc": "yesterday"}, {"state": "failed"})]
        for name, data, change in wrong:
            data = {**copy.deepcopy(data), **change}
            self.assertTrue(list(validator(name).iter_errors(data)), f"{name} {change} fits")
        for name, data in (("recipe", recipe), ("record", record)):
            for member in validator(name).schema["required"]:
                self.assertTrue(list(validator(name).iter_errors({k: v for k, v in data.items() if k != member})), member)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
