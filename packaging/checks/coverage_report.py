#!/usr/bin/env python3
"""Share of lines that the tests reached, a room a line, from the counters under a build folder."""
import gzip
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path


def counts(build):
    """{file: {line: hits}} over all counters."""
    root, lines = Path.cwd(), defaultdict(lambda: defaultdict(int))
    for data in Path(build).resolve().rglob("*.gcda"):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["gcov", "--json-format", str(data)], cwd=folder, capture_output=True, check=True)
            for answer in Path(folder).glob("*.gz"):
                for entry in json.loads(gzip.open(answer).read())["files"]:
                    path = Path(entry["file"])
                    if path.is_absolute() and root in path.parents and "build" not in path.relative_to(root).parts:
                        for line in entry["lines"]:
                            lines[path.relative_to(root).as_posix()][line["line_number"]] += line["count"]
    return lines


def main():
    rooms = defaultdict(lambda: [0, 0])
    for name, lines in counts(sys.argv[1]).items():
        if name.startswith("tests/"):
            continue
        room = "/".join(name.split("/")[:3 if name.startswith("core/src") else 2])
        rooms[room][0] += sum(1 for hits in lines.values() if hits)
        rooms[room][1] += len(lines)
    for room, (reached, total) in sorted(rooms.items()):
        print(f"{room:32} {100 * reached / total:5.1f} %  ({reached} of {total} lines)")


if __name__ == "__main__":
    main()
