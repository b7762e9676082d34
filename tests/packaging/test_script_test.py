#!/usr/bin/env python3
"""packaging/test keeps its contract: the last line is "N passed, N failed", and the exit status says the same."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(sys.argv.pop() if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()


def summary(passed, total):
    percent = 100 * passed // total if total else 0
    return f"{percent}% tests passed, {total - passed} tests failed out of {total}"


class TestScript(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "packaging").mkdir()
        for name in ("test", "common.sh", "packages.txt"):
            shutil.copy(SOURCE / "packaging" / name, self.root / "packaging" / name)
        self.stand_in("dpkg-query", 'echo "install ok installed"')
        self.stand_in("apt-get", 'echo "$@" >>"$0.called"')
        self.stand_in("cmake", "echo building")
        self.stand_in("ctest", f'echo "{summary(5, 5)}"')

    def stand_in(self, name, script):
        path = self.root / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/bash\n" + script + "\n", encoding="utf-8")
        path.chmod(0o755)

    def run_script(self, *arguments):
        environment = {**os.environ, "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}"}
        answer = subprocess.run(["bash", str(self.root / "packaging" / "test"), *arguments], env=environment,
                                capture_output=True, text=True, check=False)
        return answer.returncode, answer.stdout.splitlines()[-1]

    def test_all_passed(self):
        self.assertEqual(self.run_script(), (0, "5 passed, 0 failed"))
        self.assertFalse((self.root / "bin" / "apt-get.called").exists())

    def test_some_failed(self):
        self.stand_in("ctest", f'echo "{summary(3, 5)}"; exit 8')
        self.assertEqual(self.run_script(), (1, "3 passed, 2 failed"))

    def test_sanitizer_tests_are_added(self):
        self.stand_in("ctest", f'[ "$2" = release ] && echo "{summary(5, 5)}" || {{ echo "{summary(6, 7)}"; exit 8; }}')
        self.assertEqual(self.run_script("--sanitizers"), (1, "17 passed, 2 failed"))
        self.assertEqual(self.run_script("--sanitizers", "tsan"), (1, "11 passed, 1 failed"))

    def test_no_test_is_a_failure(self):
        self.stand_in("ctest", 'echo "No tests were found!!!"')
        self.assertEqual(self.run_script(), (1, "0 passed, 1 failed"))

    def test_a_crashed_ctest_is_a_failure(self):
        self.stand_in("ctest", f'echo "{summary(5, 5)}"; exit 139')
        self.assertEqual(self.run_script(), (1, "4 passed, 1 failed"))

    def test_a_failed_build_is_a_failure(self):
        self.stand_in("cmake", "echo no compiler; exit 1")
        status, last = self.run_script()
        self.assertNotEqual(status, 0)
        self.assertEqual(last, "0 passed, 1 failed")

    def test_a_missing_package_is_installed(self):
        self.stand_in("dpkg-query", '[[ "$*" == *ninja* ]] || echo "install ok installed"')
        self.stand_in("sudo", '"$@"')
        self.assertEqual(self.run_script()[0], 0)
        self.assertIn("ninja-build", (self.root / "bin" / "apt-get.called").read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
