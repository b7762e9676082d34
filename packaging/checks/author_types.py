#!/usr/bin/env python3
"""How many public types the author of a plugin meets: those of core/include/iso that the sources of a folder name.

    packaging/checks/author_types.py FOLDER...

A type is a class, struct, enum or alias that a public header declares outside of every class and function; comments and texts do
not count. Prints the count and the names, a folder a line.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = {".h", ".cpp", ".cu"}
DECLARATION = re.compile(r"\b(?:class|struct|enum(?:\s+class)?|using)\s+(?:\[\[\w+\]\]\s*)?(\w+)\s*(final\s*)?(?=[:{;=])")


def code_of(path):
    """The text of a source without comments and quoted texts."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", " ", path.read_text(errors="replace"), flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def public_types():
    """Names declared at the depth of namespaces, private namespaces (`detail`) left out."""
    found = set()
    for header in (ROOT / "core/include/iso").rglob("*.h"):
        scopes, begin = [], 0  # what each brace opened: its namespace, or "" for anything else
        code = code_of(header)
        for brace in re.finditer(r"[{}]", code):
            before = code[begin:brace.start()]
            begin = brace.end()
            if all(scopes) and "detail" not in " ".join(scopes):
                found.update(match[1] for match in DECLARATION.finditer(before + brace[0]))
            opened = re.search(r"\bnamespace\s+([\w:]+)\s*$", before)
            if brace[0] == "}":
                scopes = scopes[:-1]
            else:
                scopes.append(opened[1] if opened else "")
    return found


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    types = public_types()
    for folder in sys.argv[1:]:
        files = [path for path in pathlib.Path(folder).rglob("*") if path.suffix in SOURCES]
        if not files:
            sys.exit(f"there is no source in '{folder}'")
        named = sorted({word for path in files for word in re.findall(r"\b\w+\b", code_of(path))} & types)
        print(f"{folder}: {len(named)} of {len(types)} ({', '.join(named)})")


if __name__ == "__main__":
    main()
