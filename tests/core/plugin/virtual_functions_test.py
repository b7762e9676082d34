#!/usr/bin/env python3
"""Holds the virtual functions of the boundary, as iso/plugin/fingerprint.h lists them, against what the compiler says.

Usage: virtual_functions_test.py COMPILER INCLUDE...
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PRINT = """
#include "iso/plugin/fingerprint.h"
#include <cstdio>
int main() {
  for (const auto& type : iso::plugin::boundary_types())
    if (type.virtuals > 0) std::printf("%.*s %zu\\n", int(type.name.size()), type.name.data(), type.virtuals);
}
"""


def main():
    compiler, *includes = sys.argv[1:]
    options = [f"-I{folder}" for folder in includes]
    with tempfile.TemporaryDirectory(prefix="iso_virtuals_") as folder:
        source = Path(folder) / "virtuals.cpp"
        source.write_text(PRINT)
        # Nothing but the header is compiled: the table is constant, and linking needs no library of ours.
        subprocess.run([compiler, "-std=c++20", *options, "-fdump-lang-class", "-c", source.name, "-o", "virtuals.o"], cwd=folder,
                       check=True)
        subprocess.run([compiler, "virtuals.o", "-o", "virtuals"], cwd=folder, check=True)
        listed = dict(line.split() for line in subprocess.check_output([Path(folder) / "virtuals"], text=True).splitlines())
        dump = next(Path(folder).glob("*.class")).read_text()
    wrong = []
    for name, count in listed.items():
        full = f"iso::{name}" if name.startswith("compute::") else f"iso::plugin::{name}"
        found = re.search(rf"^Vtable for {re.escape(full)}\n.*?: (\d+) entries", dump, re.MULTILINE)
        if not found:
            wrong.append(f"{full}: the compiler knows no such class with virtual functions")
            continue
        # Offset to the top, type information, and two destructors stand beside the functions.
        there = int(found[1]) - 4
        if there != int(count):
            wrong.append(f"{full} has {there} virtual functions, fingerprint.h lists {count}")
    print("\n".join(wrong) or f"{len(listed)} classes agree")
    return 1 if wrong or len(listed) < 8 else 0


if __name__ == "__main__":
    sys.exit(main())
