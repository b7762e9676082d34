#!/usr/bin/env python3
"""Reads what ptxas reported while the CUDA module was compiled, and fails kernels over budget.

A kernel may use 64 registers and spill nothing, on every architecture. budgets.json allows more to those it names, each
with a reason; an entry that no kernel needs is a finding as well. Usage: kernel_budgets.py BUDGETS REPORT_FOLDER
"""
import json
import re
import sys
from pathlib import Path


def kernels(text):
    """(mangled name, architecture, registers, bytes spilled) of every kernel in a report."""
    name = architecture = None
    spilled = 0
    for line in text.splitlines():
        if match := re.search(r"Compiling entry function '(\S+)' for '(\S+)'", line):
            name, architecture = match.groups()
            spilled = 0
        elif match := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
            spilled = int(match[1]) + int(match[2])
        elif name and (match := re.search(r"Used (\d+) registers", line)):
            yield name, architecture, int(match[1]), spilled
            name = None


def main(budgets_file, folder):
    budgets = json.loads(Path(budgets_file).read_text())
    reports = sorted(Path(folder).rglob("*.ptxas"))
    findings, needed, seen = [], set(), 0
    for report in reports:
        for name, architecture, registers, spilled in kernels(report.read_text()):
            seen += 1
            entry = next((e for e in budgets["exceptions"] if e["kernel"] in name), None)
            allowed, allowed_spill = budgets["registers"], 0
            if entry:
                allowed, allowed_spill = entry["registers"], entry.get("spilled_bytes", 0)
                if not entry.get("reason"):
                    findings.append(f"{entry['kernel']}: an exception without a reason")
                if registers > budgets["registers"] or spilled > 0:
                    needed.add(entry["kernel"])
            if registers > allowed or spilled > allowed_spill:
                findings.append(f"{name} on {architecture}: {registers} registers and {spilled} bytes spilled, "
                                f"allowed are {allowed} and {allowed_spill}")
    if seen == 0:
        findings.append(f"no report of ptxas in {folder}")
    findings += [f"{e['kernel']}: an exception that no kernel needs" for e in budgets["exceptions"] if e["kernel"] not in needed]
    for finding in findings:
        print(finding)
    print(f"{seen} kernels in {len(reports)} reports, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
