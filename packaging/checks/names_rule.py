#!/usr/bin/env python3
"""Checks names: code names in the comments that exist nowhere in the code, and words that were retired for those of the field.

A comment puts code names in backticks. Every identifier in backticks must be a word of the code: of a source outside of its
comments, of a build file, a script, a schema, or the name of a file. Usage: names_rule.py [ROOT]
"""
import re
import sys
from pathlib import Path

from tree import CODE, Finding, Tree, report

# Retired for a word of the field: (pattern in code outside of comments and texts, what to write). Written so that this file
# has none of them.
RETIRED = [
    (r"(?<!::)\bWat" r"ch\b", "Progress (iso/solvers/progress.h)"),
    (r"(?<!::)\bStret" r"ch\b", "ProgressRange"),  # Qt has one of its own in QHeaderView
    (r"\bTel" r"ls\b", "EventKind"),
    (r"\bSett" r"ing\b", "Environment"),
    (r"\bMan" r"ner\b", "RunOptions"),
    (r"\bread_all_the" r"_same\b", "read_accepting_findings"),
    (r"\blay" r"_over\b", "merge_into"),
    (r"\bput" r"_back\b|\btake" r"_out\b|\bsay" r"_done\b|(?<=[ \*&])g" r"o\(", "what is done: insert, remove, run, report"),
    (r"\b(?:struct|class|enum class) (?:Prob" r"lem|Out" r"come|Str" r"oke|Requ" r"est)\b", "a name that says of what"),
]
# A function X_of(...) makes a value of a thing; it is called make_X or to_X, or is a member.
_OF = re.compile(r"^(?!\s*(?:return|else|case|throw|co_return)\b)[^=(]*[\w>&*\]]\s+[&*]*(?:\w+::)*(\w+_o" r"f)\(", re.M)
_COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
_HASH_COMMENT = re.compile(r"(?m)^\s*#.*$")
_BACKTICKS = re.compile(r"`([^`\n]+)`")
_WORD = re.compile(r"[A-Za-z_]\w*")

def comments(source):
    """(line, text) of every comment of a C++ or CUDA source."""
    for match in _COMMENT.finditer(source):
        if match.group(0).startswith(("//", "/*")):
            yield source.count("\n", 0, match.start()) + 1, match.group(0)


def without_comments(source):
    return _COMMENT.sub(lambda m: "\n" * m.group(0).count("\n") if m.group(0).startswith(("//", "/*")) else m.group(0), source)


def words_of_the_code(tree):
    words = set()
    for name in tree.text():
        suffix = Path(name).suffix
        if name.startswith("packaging/checks/") and suffix == ".py":
            continue  # their texts hold names that exist nowhere
        words.update(_WORD.findall(name))
        if suffix in CODE:
            words.update(_WORD.findall(without_comments(tree.read(name))))
        elif suffix != ".md":
            words.update(_WORD.findall(_HASH_COMMENT.sub("", tree.read(name))))
    return words


def names_in(quoted):
    """Identifiers of a text in backticks that claim to be code: all of a lone one, else those that only code would write."""
    if re.fullmatch(r"[\w:.~()<>*&]+", quoted):
        return _WORD.findall(quoted)
    return [w for w in _WORD.findall(quoted) if "_" in w.strip("_") or re.search(r"[a-z][A-Z]", w)]


def comment_findings(tree):
    known = words_of_the_code(tree)
    for name in tree.code():
        for line, text in comments(tree.read(name)):
            for match in _BACKTICKS.finditer(text):
                for word in names_in(match.group(1)):
                    if word not in known:
                        at = line + text.count("\n", 0, match.start())
                        yield Finding(name, at, "name", f"`{match.group(1)}`: the code has no \"{word}\"")


def without_text(line):
    return re.sub(r'"(?:\\.|[^"\\])*"', '""', line)


def retired_findings(tree):
    patterns = [(re.compile(pattern), instead) for pattern, instead in RETIRED]
    for name in tree.code():
        for number, line in enumerate(map(without_text, without_comments(tree.read(name)).splitlines()), 1):
            for pattern, instead in patterns:
                if match := pattern.search(line):
                    yield Finding(name, number, "word", f"\"{match.group(0).strip()}\" is retired; write {instead}")
            if match := _OF.match(line):
                yield Finding(name, number, "word", f"{match.group(1)}(...): call it make_, to_ or make it a member")


def check(root):
    tree = Tree(root)
    return [*comment_findings(tree), *retired_findings(tree)]


if __name__ == "__main__":
    sys.exit(report(check(sys.argv[1] if len(sys.argv) > 1 else "."), "names rule"))
