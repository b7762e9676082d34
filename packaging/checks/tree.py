"""What the checks see of the tree: its files, their text, and one way to report a finding."""
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

CODE = {".h", ".cpp", ".cu", ".cuh"}
TEXT = CODE | {".md", ".txt", ".cmake", ".py", ".json", ".sh", ".xml", ".supp", ""}
_IGNORED_FOLDERS = {".git", "build", "__pycache__"}
_INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


@dataclass(frozen=True, order=True)
class Finding:
    file: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f"{self.file}:{self.line}: [{self.rule}] {self.text}"


class Tree:
    """All files that git would commit; without git, all files outside build folders."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self.files = sorted(self._list())
        self._known = set(self.files)

    def _list(self):
        if (self.root / ".git").exists():
            command = ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
            answer = subprocess.run(command, capture_output=True, check=False)
            if answer.returncode == 0:
                names = answer.stdout.decode().split("\0")
                return [name for name in set(names) if name and (self.root / name).is_file()]
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = [f for f in folders if f not in _IGNORED_FOLDERS and not f.startswith("build-")]
            found += [(Path(folder) / name).relative_to(self.root).as_posix() for name in names]
        return found

    def __contains__(self, name):
        return name in self._known

    def code(self):
        return [f for f in self.files if Path(f).suffix in CODE]

    def text(self):
        return [f for f in self.files if Path(f).suffix in TEXT and "golden/" not in f]

    def read(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def includes(self, name):
        """(line number, path as written, in quotes) of every include of a file."""
        for number, line in enumerate(self.read(name).splitlines(), 1):
            match = _INCLUDE.match(line)
            if match:
                yield number, match.group(1) or match.group(2), match.group(1) is not None


def report(findings, title):
    """Prints findings, one a line; returns the exit code of the check."""
    for finding in sorted(findings):
        print(finding)
    print(f"{title}: {len(findings)} finding{'' if len(findings) == 1 else 's'}")
    return 1 if findings else 0
