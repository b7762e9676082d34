#!/usr/bin/env python3
"""Compares the examples at the heads of central headers with the tests that run them.

A test marks what it holds by `// header example: iso/compute/linear_operator.h` and `// end of the example`. The lines between
must stand in that header, one behind the other, each as a comment that starts with `///     `. Usage: header_examples.py [ROOT]
"""
import re
import sys
from pathlib import Path

BEGIN, END = "// header example: ", "// end of the example"


def examples(text):
    """(header, lines without the indentation they share) for each example of a test."""
    found, header, lines = [], None, []
    for line in text.splitlines():
        if line.strip().startswith(BEGIN):
            header, lines = line.strip()[len(BEGIN):], []
        elif header and line.strip() == END:
            indent = min((len(each) - len(each.lstrip()) for each in lines if each.strip()), default=0)
            found.append((header, [each[indent:].rstrip() for each in lines]))
            header = None
        elif header:
            lines.append(line)
    return found


def comments(text):
    return [(match.group(1) or "").rstrip() for match in re.finditer(r"^///(?: {5}(.*))?$", text, re.MULTILINE)]


def main(root):
    findings, count = [], 0
    for test in sorted(Path(root, "tests").rglob("*_test.cpp")):
        for header, lines in examples(test.read_text(encoding="utf-8")):
            count += 1
            path = Path(root, "core/include", header)
            stated = comments(path.read_text(encoding="utf-8")) if path.exists() else []
            if not any(stated[at:at + len(lines)] == lines for at in range(len(stated))):
                findings.append(f"{path}: the example is not that of {test}, word for word")
    if not count:
        findings.append("no test holds an example of a header")
    for finding in findings:
        print(finding)
    print(f"{count} examples, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
