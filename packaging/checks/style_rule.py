#!/usr/bin/env python3
"""Checks what a compiler does not: sizes, words, paths, the top level, the README of every room,
the tests that tests/README.md names, sources that nothing compiles.

Usage: style_rule.py [ROOT] [--functions]
  --functions   list functions of more than FUNCTION_LINES lines, those too that say why they are longer
"""
import fnmatch
import re
import sys
from pathlib import Path

from tree import Finding, Tree, report

FILE_LINES = 600
FUNCTION_LINES = 60
ROOMS = {"app", "plugins", "core", "gpu", "resources", "tests", "packaging"}
TOP_LEVEL = ROOMS | {"CMakeLists.txt", "README.md", "CMakePresets.json", ".clang-format", ".clang-tidy", "LICENSE", "NOTICE",
                     "CHANGELOG.md", "CONTRIBUTING.md", ".ci", ".gitignore"}
# Written in two parts, so that this file does not find itself.
WORDS = [r"\bTO" r"DO\b", r"\bFIX" r"ME\b", r"\bXX" r"X\b", r"\bHA" r"CK\b", r"not implemented" r" yet", r"\bfor" r" now\b"]
PATHS = [r"(?<![\w./}])/ro" r"ot/", r"(?<![\w./}])/wo" r"rk/", r"(?<![\w./}])/ho" r"me/\w+/"]


def size_findings(tree):
    for name in tree.code():
        lines = tree.read(name).splitlines()
        if len(lines) > FILE_LINES:
            yield Finding(name, len(lines), "size", f"{len(lines)} lines; split files of more than {FILE_LINES}")


def word_findings(tree):
    words, paths = re.compile("|".join(WORDS)), re.compile("|".join(PATHS))
    for name in tree.text():
        prose = Path(name).suffix == ".md"
        for number, line in enumerate(tree.read(name).splitlines(), 1):
            match = None if prose else words.search(line)
            if match:
                yield Finding(name, number, "word", f"\"{match.group(0)}\": do it, or write an issue")
            match = paths.search(line)
            if match:
                yield Finding(name, number, "path", f"\"{match.group(0)}\" exists on one machine only")


def top_level_findings(tree):
    present = {name.split("/")[0] for name in tree.files}
    for name in sorted(present - TOP_LEVEL):
        yield Finding(name, 1, "top level", "does not belong at the top; see resources/docs/developer/architecture.md")
    for name in sorted(TOP_LEVEL - present):
        yield Finding(name, 1, "top level", "is missing")


def rooms(tree):
    """The seven rooms, and the folders right below app, plugins, gpu, packaging and resources."""
    found = {room for room in ROOMS if any(f.startswith(room + "/") for f in tree.files)}
    for name in tree.files:
        parts = name.split("/")
        if len(parts) > 2 and parts[0] in {"app", "plugins", "gpu", "packaging", "resources"}:
            found.add("/".join(parts[:2]))
    return sorted(found)


def readme_findings(tree):
    for room in rooms(tree):
        name = room + "/README.md"
        if name not in tree:
            yield Finding(name, 1, "README", "is missing; line 1 says what belongs here, line 2 begins with \"Not here:\"")
            continue
        lines = [line for line in tree.read(name).splitlines() if line.strip() and not line.startswith("# ")]
        if len(lines) < 2 or not lines[1].startswith("Not here:"):
            yield Finding(name, 2, "README", "line 1 says what belongs here; line 2 must begin with \"Not here:\"")


def test_name_findings(tree):
    """tests/README.md says which test shows what: each test it names must be there."""
    name = "tests/README.md"
    known = set()
    for file in tree.files:
        if file.startswith(("tests/", "packaging/")) and file.endswith((".cpp", ".txt")):
            text = tree.read(file)
            known |= {".".join(pair) for pair in re.findall(r"\bTEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\s*\)", text)}
            known |= set(re.findall(r"add_test\(\s*NAME ([\w.]+)", text))
            known |= {"Checks." + check for check in re.findall(r"iso_add_check\((\w+)", text)}
    for number, line in enumerate(tree.read(name).splitlines() if name in tree else [], 1):
        for test in re.findall(r"`([A-Z]\w*\.[A-Z]\w*)`", line):
            if test not in known:
                yield Finding(name, number, "test", f"there is no test {test}")


def compiled_findings(tree):
    """A source that no CMakeLists.txt of its folder or one above names, by name or pattern, is never compiled."""
    lists = {str(Path(name).parent): tree.read(name) for name in tree.files if Path(name).name == "CMakeLists.txt"}
    for name in tree.files:
        if not name.endswith(".cpp"):
            continue
        for folder in map(str, Path(name).parents):
            inside = name if folder == "." else name.removeprefix(folder + "/")
            words = re.findall(r"[^\s()\"]+", lists.get(folder, ""))
            words = [re.sub(r"\$\{[^}]*\}", "*", word.replace("${CMAKE_CURRENT_SOURCE_DIR}/", "")) for word in words]
            if any(fnmatch.fnmatchcase(inside, word) for word in words if word.endswith(".cpp")):
                break
        else:
            yield Finding(name, 1, "compiled", "no CMakeLists.txt of its folder or one above names it")


def without_comments_and_text(source):
    """The source with comments, strings and characters blanked out; lines and braces stay where they are."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
    return pattern.sub(lambda match: "\n" * match.group(0).count("\n") + " ", source)


def functions(source):
    """(line, lines, signature) of every function body."""
    text, stack, start, signature = without_comments_and_text(source), [], 0, ""
    for match in re.finditer(r"[{};]", text):
        head = text[start:match.start()].strip()
        start = match.end()
        if match.group(0) == "{":
            scope = re.search(r"\b(namespace|class|struct|union|enum)\b[^()]*$|\bextern\s*$", head) is not None
            outside = all(kind == "scope" for kind, _, _ in stack)
            # Nothing before the brace, outside of every function: the body of a constructor behind its initializers.
            kind = "scope" if scope else "function" if outside and ("(" in head or not head) else "block"
            signature = head if "(" in head else signature
            stack.append((kind, match.start(), signature))
        elif match.group(0) == "}" and stack:
            kind, begin, signature = stack.pop()
            if kind == "function":
                yield text.count("\n", 0, begin) + 1, text.count("\n", begin, match.start()) + 1, " ".join(signature.split())


def long_functions(tree, excused=False):
    """Functions of more than FUNCTION_LINES lines; unless `excused`, without those whose head has a suppression (and its reason)."""
    for name in tree.code():
        source = tree.read(name)
        for line, lines, signature in functions(source):
            if lines <= FUNCTION_LINES:
                continue
            head = "\n".join(source.splitlines()[max(0, line - 6):line])
            if excused or not re.search(r"NOLINTNEXTLINE\(readability-function-size\): \w", head):
                yield Finding(name, line, "function", f"{lines} lines: {signature[-80:]}")


def check(root):
    tree = Tree(root)
    return [*size_findings(tree), *word_findings(tree), *top_level_findings(tree), *readme_findings(tree),
            *test_name_findings(tree), *compiled_findings(tree), *long_functions(tree)]


def main():
    arguments = sys.argv[1:]
    root = next((a for a in arguments if not a.startswith("--")), ".")
    if "--functions" in arguments:
        report(list(long_functions(Tree(root), excused=True)), f"functions of more than {FUNCTION_LINES} lines (a report)")
        return 0
    return report(check(root), "style rule")


if __name__ == "__main__":
    sys.exit(main())
