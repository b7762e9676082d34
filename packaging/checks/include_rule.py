#!/usr/bin/env python3
"""Reads every #include of the tree against the table of who may include whom.

The table is ROOMS, ORDER and GUI_ORDER below; resources/docs/developer/architecture.md explains it. A finding names file, line
and rule. Usage: include_rule.py [ROOT]
"""
import posixpath
import re
import sys
from pathlib import Path

from tree import Finding, Tree, report

# Inside core: what a part may include of the others. Headers and sources keep the same order.
ORDER = {
    "base": set(),
    "geometry": {"base"},
    "data": {"base", "geometry"},
    "evaluation": {"base", "geometry", "data"},
    "spectra": {"base", "geometry", "data"},
    "compute": {"base", "geometry", "data"},
    "solvers": {"base", "geometry", "data", "compute"},
    "models": {"base", "geometry", "data", "compute"},
    "params": {"base", "geometry", "data", "compute", "solvers", "models"},
    "tomography": {"base", "geometry", "data", "evaluation", "compute", "solvers", "params"},
    "mri": {"base", "geometry", "data", "evaluation", "compute", "solvers", "params"},
    "plugin": {"base", "geometry", "data", "compute", "solvers", "models", "params", "evaluation", "tomography"},
    "io": {"base", "geometry", "data", "evaluation", "params", "spectra"},
    "dicom": {"base", "geometry", "data", "evaluation", "params", "io"},
    "job": {"base", "geometry", "data", "compute", "solvers", "models", "params", "plugin", "evaluation", "tomography", "io",
            "dicom", "spectra"},
}
ALL_PARTS = set(ORDER)
CPP = {"C++"}
# What the processes of our programs say to each other; no plugin includes it.
MESSAGES = {"core/include/iso/base/channel.h", "core/include/iso/data/dataset_message.h", "core/include/iso/io/reader_process.h"}
COMPUTE_PARTS = {"base", "geometry", "data", "compute"}

# room -> (parts of iso/, other rooms of ours, libraries). A room may always include itself.
ROOMS = {
    "core/include": (ALL_PARTS, set(), CPP | {"ITK"}),
    "core/include messages": (ALL_PARTS, set(), CPP | {"nlohmann-json"}),
    "core/reader": (ALL_PARTS, set(), CPP),
    "core/src": (ALL_PARTS, set(), CPP | {"POSIX", "ITK", "nlohmann-json", "spdlog", "HDF5", "libmd", "Eigen",
                                          "SQLite", "DCMTK", "CharLS", "OpenJPEG", "expat", "zlib", "ISA-L", "bzip2", "minizip", "libtiff", "libpng", "libjpeg"}),
    "gpu/kernels": (set(), set(), CPP),
    "gpu/reference": (COMPUTE_PARTS, {"gpu/kernels"}, CPP),
    "gpu/cpu": (COMPUTE_PARTS, set(), CPP | {"FFTW", "POSIX"}),
    "gpu/cuda": (COMPUTE_PARTS, {"gpu/kernels"}, CPP | {"CUDA", "POSIX"}),
    "gpu/cuda kernels": (set(), {"gpu/kernels", "gpu/cuda"}, CPP | {"CUDA"}),
    "gpu/inference": ({"base", "data", "compute", "models"}, set(), CPP | {"OpenVINO"}),
    "plugins": (ALL_PARTS - {"job", "dicom"}, set(), CPP | {"ITK"}),
    "app/host": (ALL_PARTS, set(), CPP | {"POSIX", "nlohmann-json", "CLI11"}),
    "app/cli": (ALL_PARTS, {"app/host"}, CPP | {"POSIX", "nlohmann-json", "CLI11"}),
    "app/worker": (ALL_PARTS, {"app/host"}, CPP | {"POSIX", "nlohmann-json", "CLI11"}),
    "app/render": ({"base", "data", "geometry"}, set(), CPP | {"ITK", "VTK"}),
    "app/gui": (ALL_PARTS, {"app/host", "app/render"}, CPP | {"POSIX", "Qt", "nlohmann-json"}),
    "packaging/sdk": (ALL_PARTS - {"job", "dicom"}, set(), CPP | {"ITK"}),
}

# Inside the desktop: a folder includes itself and what stands left of it; main.cpp may include all. The first two know no Qt.
GUI_ORDER = ["model", "presenters", "views", "desk", "panels", "shell"]
GUI_WITHOUT_QT = {"model", "presenters"}

LIBRARIES = [  # (pattern of the path as written, library)
    (r"itk[A-Z].*\.(h|hxx)$|itksys/.*", "ITK"), (r"vtk\w+\.h$", "VTK"), (r"Qt?[A-Z]\w*(/\w+)?$", "Qt"),
    (r"(cuda|cufft|curand|cublas|device_launch|vector_types)\w*\.h$|cuda/.*|cub/.*|thrust/.*|cooperative_groups.*", "CUDA"),
    (r"fftw3\.h$", "FFTW"), (r"openvino/.*", "OpenVINO"), (r"nlohmann/.*", "nlohmann-json"), (r"spdlog/.*", "spdlog"),
    (r"(hdf5|hdf5_hl|H5\w+)\.h$", "HDF5"), (r"(sha2|sha512|md5)\.h$", "libmd"),
    (r"Eigen/.*", "Eigen"), (r"sqlite3\.h$", "SQLite"), (r"dcmtk/.*", "DCMTK"), (r"charls/.*", "CharLS"), (r"openjpeg-[\d.]+/openjpeg\.h$", "OpenJPEG"), (r"omp\.h$", "OpenMP"),
    (r"expat\.h$", "expat"), (r"zlib\.h$", "zlib"), (r"^isa-l/", "ISA-L"), (r"bzlib\.h$", "bzip2"), (r"(un)?zip\.h$", "minizip"), (r"tiffio\.h$", "libtiff"), (r"png\.h$", "libpng"), (r"jpeglib\.h$", "libjpeg"),
    (r"CLI/.*", "CLI11"), (r"(gtest|gmock)/.*", "GoogleTest"), (r"benchmark/.*", "Google Benchmark"),
    (r"sanitizer/.*|cxxabi\.h$|immintrin\.h$|cpuid\.h$", "C++"),
    (r"(sys|linux|net|arpa|netinet)/\w+\.h$", "POSIX"),
    (r"(unistd|fcntl|signal|poll|spawn|sched|string|strings|stdlib|stdio|dlfcn|termios|pwd|grp|time|errno|limits|pthread"
     r"|dirent|iconv|malloc|execinfo|link|elf|getopt)\.h$", "POSIX"),
    (r"(stdint|stddef|math|float)\.h$", "C++"), (r"[a-z_]+$", "C++"),
]


def library_of(path):
    for pattern, library in LIBRARIES:
        if re.match(pattern, path):
            return library
    return None


def room_of(name):
    """The room of a file of ours, or None for a file that no rule speaks of."""
    parts = name.split("/")
    if parts[0] == "tests" or len(parts) < 3:
        return "tests" if parts[0] == "tests" else None
    room = "/".join(parts[:2])
    if name in MESSAGES:
        return "core/include messages"
    if room == "gpu/cuda" and Path(name).suffix in {".cu", ".cuh"}:
        return "gpu/cuda kernels"
    if parts[0] == "plugins":
        return room
    return room if room in ROOMS else "unknown"


def part_of(name):
    """base, data, ...: the part of core a file belongs to."""
    match = re.match(r"core/(?:include/iso|src)/(\w+)/", name)
    return match.group(1) if match else None


def gui_part_of(name):
    """model, presenters, ...: the folder of the desktop a file belongs to; None outside of the folders."""
    match = re.match(r"app/gui/(\w+)/", name)
    return match.group(1) if match else None


def resolve(tree, name, path, quoted):
    """The file of ours that an include means, or None for one of a library."""
    candidates = [posixpath.normpath(posixpath.join(posixpath.dirname(name), path))] if quoted else []
    candidates += ["core/include/" + path, path, "app/" + path, "core/src/" + path, "tests/" + path]
    parts = name.split("/")
    if "plugins" in parts[:2]:
        candidates.append("/".join(parts[:parts.index("plugins") + 2]) + "/" + path)
    if len(parts) > 2 and parts[0] == "tests" and parts[1] in ("plugins", "benchmarks"):
        candidates.append(f"plugins/{parts[2]}/{path}")
    if parts[:2] == ["packaging", "sdk"]:
        candidates += ["/".join(parts[:depth]) + "/" + path for depth in range(2, len(parts))]
    if parts[0] == "tests":
        candidates += [f"{room}/{path}" for room in ("app/cli", "app/host", "app/worker", "gpu/cpu")]
    return next((c for c in candidates if c in tree), None)


def check_core(name, target):
    """The order inside core, for headers and for sources."""
    if name.startswith("core/include/") and target.startswith("core/src/"):
        return "a public header may not include a private one"
    mine, theirs = part_of(name), part_of(target)
    if mine is None or theirs is None or mine == theirs:
        return None
    if mine not in ORDER:
        return f"core has no part \"{mine}\"; its parts are {', '.join(ORDER)}"
    if theirs not in ORDER[mine]:
        return f"{mine} stands left of {theirs} in the order of core and may not include it"
    return None


def check_gui(name, target):
    """The order inside the desktop."""
    mine, theirs = gui_part_of(name), gui_part_of(target)
    for part in (mine, theirs):
        if part is not None and part not in GUI_ORDER:
            return f"app/gui has no folder \"{part}\"; its folders are {', '.join(GUI_ORDER)}"
    if mine is None or theirs is None or GUI_ORDER.index(theirs) <= GUI_ORDER.index(mine):
        return None
    return f"{mine} stands left of {theirs} in the order of the desktop and may not include it"


def check_ours(name, room, target):
    """Why a file may not include another of ours, or None."""
    theirs = room_of(target)
    if theirs == "tests":
        if room != "tests":
            return "nothing outside tests may include a file of tests"
        # A benchmark of a plugin measures with what the tests of the plugin read.
        home = posixpath.dirname(name).replace("tests/benchmarks/", "tests/plugins/")
        same = posixpath.dirname(target) in (posixpath.dirname(name), home)
        return None if same or target.startswith("tests/support/") else "a test may include its own folder and tests/support"
    if room == "tests":
        return None
    if room.startswith("core/") and theirs.startswith("core/"):
        return check_core(name, target)
    if room == theirs == "app/gui":
        return check_gui(name, target)
    table = ROOMS["plugins"] if room.startswith("plugins/") else ROOMS[room]
    if target.startswith("core/include/"):
        if room.startswith("plugins/") and "/method/" in name and part_of(target) == "plugin":
            return "method/ knows nothing of iso/plugin; only adapter/ does"
        return None if part_of(target) in table[0] else f"{room} may not include iso/{part_of(target)}"
    if theirs == room or theirs in table[1]:
        return None
    if name.startswith("app/host/startup/") and re.fullmatch(r"gpu/(reference|cpu)/\w+_backend\.h", target):
        return None  # the one place where programs and the back ends they link meet
    return f"{room} may not include {theirs}"


def check_library(name, room, path):
    """Why a file may not include a header of a library, or None."""
    library = library_of(path)
    if library is None:
        return f"<{path}> is of no known library; add it to LIBRARIES or correct the path"
    if room == "tests":
        return None
    if library == "Qt" and gui_part_of(name) in GUI_WITHOUT_QT:
        return f"{gui_part_of(name)} knows no Qt: its tests run without a screen"
    allowed = (ROOMS["plugins"] if room.startswith("plugins/") else ROOMS[room])[2]
    if library in allowed or (library == "Eigen" and room.startswith("plugins/") and "/method/" in name):
        return None
    return f"{room} may not include {library}"


def kernel_findings(tree, edges):
    """A .cu file must not reach an iso/ header through another header either: two compilers read it."""
    for name in (f for f in edges if Path(f).suffix == ".cu"):
        seen, stack = {name}, [name]
        while stack:
            current = stack.pop()
            for _, target in edges.get(current, []):
                if target.startswith("core/") and current != name:
                    yield Finding(name, 1, "include", f"reaches {target}; launchers take pointers, extents and a stream")
                elif target not in seen:
                    seen.add(target)
                    stack.append(target)


def cycles(graph):
    """One cycle for each group of nodes that reach each other."""
    done = set()
    for start in sorted(graph):
        path, stack = [], [(start, iter(sorted(graph[start])))]
        if start in done:
            continue
        path.append(start)
        while stack:
            node, rest = stack[-1]
            for following in rest:
                if following in path:
                    yield path[path.index(following):] + [following]
                elif following not in done:
                    path.append(following)
                    stack.append((following, iter(sorted(graph.get(following, ())))))
                    break
            else:
                done.add(node)
                path.pop()
                stack.pop()


def cycle_findings(edges):
    """Cycles between files, between rooms, and between the parts of core."""
    def house(name):
        room = (room_of(name) or "").removesuffix(" kernels")
        return "core" if room.startswith("core/") else room

    levels = {"files": lambda name: name, "rooms": house, "parts of core": part_of, "folders of the desktop": gui_part_of}
    for what, key in levels.items():
        graph, witness = {}, {}
        for name, targets in edges.items():
            for line, target in targets:
                mine, theirs = key(name), key(target)
                if mine and theirs and (mine != theirs or what == "files") and "tests" not in (mine, theirs):
                    graph.setdefault(mine, set()).add(theirs)
                    graph.setdefault(theirs, set())
                    witness.setdefault((mine, theirs), (name, line))
        for cycle in cycles(graph):
            name, line = witness[(cycle[-2], cycle[-1])]
            yield Finding(name, line, "cycle", f"{what} include each other: " + " > ".join(cycle))


def check(root):
    tree, findings, edges = Tree(root), [], {}
    for name in tree.code():
        room = room_of(name)
        if room == "unknown":
            findings.append(Finding(name, 1, "room", "lies in no room that the table knows"))
        if room in (None, "unknown"):
            continue
        for line, path, quoted in tree.includes(name):
            target = resolve(tree, name, path, quoted)
            if target is not None:
                edges.setdefault(name, []).append((line, target))
            elif quoted or path.startswith("iso/"):
                findings.append(Finding(name, line, "include", f"\"{path}\" is no file of the tree; libraries go in <>"))
                continue
            problem = check_ours(name, room, target) if target else check_library(name, room, path)
            if problem:
                findings.append(Finding(name, line, "include", problem))
    findings += kernel_findings(tree, edges)
    findings += cycle_findings(edges)
    return findings


if __name__ == "__main__":
    sys.exit(report(check(sys.argv[1] if len(sys.argv) > 1 else "."), "include rule"))
