#!/usr/bin/env python3
"""Runs test programs in surroundings that nobody wished for, and prints a table.

    tests/system/surroundings/suites.py BUILD_FOLDER [--only WORD] [--filter GTEST_FILTER] [PROGRAM...]

Without PROGRAM: the tests of core, of the command and of the workers. Surroundings: LC_ALL=de_DE.UTF-8 and tr_TR.UTF-8 (made
with localedef in a temporary LOCPATH), descriptors 0 to 2 closed, umask 077, TMPDIR on a disk of 96 MiB (a tmpfs in a mount
namespace; needs root). A surrounding that this machine cannot make is named and left out. Exit status 1 if a test failed.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

USUAL = ["core_*_tests", "app_cli*_tests", "app_host_*_tests", "system_command_tests", "system_surroundings_tests"]
DISK = "96m"


def make_locales(folder):
    """Names of the locales that could be made below a folder."""
    made = []
    for name in ("de_DE", "tr_TR"):
        place = folder / f"{name}.UTF-8"
        subprocess.run(["localedef", "-i", name, "-f", "UTF-8", str(place)], capture_output=True, check=False)
        if place.exists():
            made.append(name)
    return made


def surroundings(temporary):
    """(name, what is put before the program, environment, a function for the child); or a reason in the place of the rest."""
    locales = make_locales(temporary) if shutil.which("localedef") else []
    for name in ("de_DE", "tr_TR"):
        if name in locales:
            yield name, [], {"LC_ALL": f"{name}.UTF-8", "LOCPATH": str(temporary)}, None
        else:
            yield name, "localedef or the source of the locale is missing", None, None
    yield "closed descriptors", ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"], {}, None
    yield "umask 077", [], {}, lambda: os.umask(0o077)
    disk = temporary / "disk"
    disk.mkdir()
    mounting = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o size={DISK} tmpfs "{disk}" && exec "$@"', "sh"]
    if subprocess.run([*mounting, "true"], capture_output=True, check=False).returncode == 0:
        yield "small disk", mounting, {"TMPDIR": str(disk)}, None
    else:
        yield "small disk", "no tmpfs can be mounted", None, None


def run(program, before, environment, prepare, wanted, report):
    """(tests that passed, names of those that failed, names of those skipped); None if the program gave no report."""
    report.unlink(missing_ok=True)
    command = [*before, str(program), f"--gtest_output=json:{report}", f"--gtest_filter={wanted}"]
    try:
        subprocess.run(command, env={**os.environ, **environment}, preexec_fn=prepare, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=1800, check=False)
    except subprocess.TimeoutExpired:
        return None
    if not report.exists():
        return None
    passed, failed, skipped = 0, [], []
    for suite in json.loads(report.read_text())["testsuites"]:
        for test in suite["testsuite"]:
            name = f"{suite['name']}.{test['name']}"
            if "failures" in test:
                failed.append(name)
            elif test.get("result") == "SKIPPED":
                skipped.append(name)
            else:
                passed += 1
    return passed, failed, skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--only", default="", help="surroundings with this word in their name")
    parser.add_argument("--filter", default="*", help="as --gtest_filter")
    parser.add_argument("programs", nargs="*")
    arguments = parser.parse_intermixed_args()
    found = sorted(p for pattern in arguments.programs or USUAL for p in arguments.build.rglob(pattern)
                   if p.is_file() and os.access(p, os.X_OK))
    if not found:
        sys.exit("no test program was found; build the tests first")
    bad = 0
    print(f"{'surrounding':<20} {'program':<32} {'passed':>7} {'failed':>7} {'skipped':>8}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        temporary = pathlib.Path(folder)
        for name, before, environment, prepare in surroundings(temporary):
            if arguments.only not in name:
                continue
            if isinstance(before, str):
                print(f"{name:<20} left out: {before}")
                continue
            for program in found:
                outcome = run(program, before, environment, prepare, arguments.filter, temporary / "report.json")
                if outcome is None:
                    print(f"{name:<20} {program.name:<32} gave no report", flush=True)
                    bad += 1
                    continue
                passed, failed, skipped = outcome
                print(f"{name:<20} {program.name:<32} {passed:>7} {len(failed):>7} {len(skipped):>8}", flush=True)
                for test in failed:
                    print(f"{'':<20}   failed: {test}")
                bad += len(failed)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
