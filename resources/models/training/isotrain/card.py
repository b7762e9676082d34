"""The model card: JSON beside the ONNX file (resources/models/model_card.schema.json). No card, no run."""
import datetime
import platform
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from .files import write_json

CARD_VERSION = 1
LICENCES = {
    "TCGA-LUAD": "CC BY 3.0, TCIA", "COVID-19-NY-SBU": "CC BY 4.0, TCIA", "LIDC-IDRI": "CC BY 3.0, TCIA",
    "Lung-PET-CT-Dx": "CC BY 4.0, TCIA", "Soft-tissue-Sarcoma": "CC BY 3.0, TCIA", "phantoms": "made by this package, Apache-2.0",
}
KNOWN_FAILURES = [
    "Small structures can be invented or lost: look at the direct reconstruction beside the result.",
    "Metal, truncation and objects that are no bodies are outside of what was trained on.",
    "The scan must be the one of the geometry hash: other angles, distances or pixel sizes are refused.",
]
DENOISER_FAILURES = [
    "What the readings of a scan do not determine is invented, and looks real: look at what was measured, and at total variation beside it.",
    "Metal, contrast agent, truncation, heads and objects that are no bodies are outside of what was trained on.",
    "Axial slices alone: it knows nothing of the direction along the body.",
]


def domain_text(task, scan, settings):
    if task.denoises:
        return f"axial CT of chest, abdomen and limbs, a field of {scan.size} x {scan.size} pixels that a body fills; any scan"
    return (f"CT of the chest, abdomen and limbs, {scan.views} {scan.beam}-beam views, "
            f"Poisson noise of {settings.photons:g} photons a reading")


def code_version():
    """Commit of the tree that the package lies in, with a + if files were changed; "unknown" outside of a repository."""
    try:
        here = Path(__file__).parent
        words = {"cwd": here, "capture_output": True, "text": True, "check": True, "timeout": 20}
        commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], **words).stdout.strip()
        changed = subprocess.run(["git", "status", "--porcelain", "--", "."], **words).stdout.strip()
        return commit + ("+" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def machine(device, threads):
    name = torch.cuda.get_device_name() if device == "cuda" else processor_name()
    return f"{name}, {threads} thread{'s' if threads > 1 else ''}, PyTorch {torch.__version__}"


def processor_name():
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown processor"


def training_data(slices):
    """By collection: patients, slices, licence."""
    found = {}
    for s in slices:
        entry = found.setdefault(s.collection, {"patients": set(), "slices": 0})
        entry["patients"].add(s.patient)
        entry["slices"] += 1
    rows = [{"collection": name, "patients": sorted(e["patients"]) if name != "phantoms" else [], "slices": e["slices"],
             "licence": LICENCES.get(name, "of the user's; not stated")} for name, e in sorted(found.items())]
    return rows


def make_card(task, pool, trainer, files, results, slices, split, threads, domain):
    """`results`: {"validation": ..., "test": ...} of `evaluate`; `domain` of the module of that name."""
    settings, scan = pool.settings, pool.settings.scan
    data = training_data(slices["train"])
    median = results["validation"]["residual_median"]
    channels = {"unet": ["start", "FBP of the readings", "FBP of readings minus projection of the start"],
                "pd_unet": ["readings", "start"], "gloredi": ["start"], "denoiser": ["image with noise", "sigma"],
                "diffusion_prior": ["image with noise", "sigma"]}[task.name]
    return {
        "card_version": CARD_VERSION, "name": task.name, "says": task.says, "files": files, "references": list(task.references),
        "inputs": {"channels": channels, "start": settings.start, "unit": "attenuation over that of water (HU / 1000 + 1)",
                   "multiple": multiple(task), **halo(task)},
        "output": {"unit": "attenuation over that of water (HU / 1000 + 1)", "lower_bound": 0},
        "parameters": task.parameters(),
        "geometry": asdict(scan), "geometry_hash": scan.hash(), "water_per_mm": settings.water_per_mm,
        "domain": domain_text(task, scan, settings),
        "training": {
            "data": data, "split": {"seed": split.get("seed"), "train": len({s.patient for s in slices["train"]}),
                                    "validation": len({s.patient for s in slices["validation"]}),
                                    "test": len({s.patient for s in slices["test"]})},
            "samples": len(pool), "pool": asdict(settings), "options": asdict(task.options), "settings": asdict(trainer.settings),
            "steps": trainer.step, "images": trainer.step * trainer.settings.batch, "hours": round(trainer.elapsed / 3600, 4),
            "machine": machine(trainer.device, threads), "code_version": code_version(), "command": " ".join(["train.py", *sys.argv[1:]]),
            "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(), "curve": trainer.curve,
        },
        "held_out": results,
        "out_of_domain": domain,
        "residual_warning": None if median is None else 1.5 * median,
        "known_failures": DENOISER_FAILURES if task.denoises else KNOWN_FAILURES,
    }


def multiple(task):
    networks = task.networks
    return networks["student" if "student" in networks else "net"].multiple


def halo(task):
    """{"halo": pixels} where the graph takes whole images and looks no further; nothing where it sees all of them (`gloredi`), or
    where operators stand between the graphs (`pd_unet`)."""
    found = getattr(task.networks["net"], "halo", None) if "net" in task.networks else None
    return {} if found is None else {"halo": found}


def write_card(folder, card):
    path = Path(folder) / f"{card['name']}.card.json"
    write_json(path, card)
    return path


def check_against(schema, value, where="card"):
    """Problems of a value under the part of JSON Schema that our schemas use. No package is needed for it."""
    kinds = {"object": dict, "array": list, "string": str, "number": (int, float), "integer": int, "boolean": bool, "null": type(None)}
    wanted = schema.get("type")
    if wanted is not None:
        names = [wanted] if isinstance(wanted, str) else wanted
        fits = any(isinstance(value, kinds[n]) and not (isinstance(value, bool) and n in ("number", "integer")) for n in names)
        if not fits:
            return [f"{where} is no {' or '.join(names)}"]
    problems = []
    if "const" in schema and value != schema["const"]:
        problems.append(f"{where} is not {schema['const']}")
    if "enum" in schema and value not in schema["enum"]:
        problems.append(f"{where} is none of {schema['enum']}")
    if "minimum" in schema and isinstance(value, (int, float)) and value < schema["minimum"]:
        problems.append(f"{where} is below {schema['minimum']}")
    if "minItems" in schema and isinstance(value, list) and len(value) < schema["minItems"]:
        problems.append(f"{where} has fewer than {schema['minItems']} entries")
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        problems.append(f"{where} does not match {schema['pattern']}")
    if isinstance(value, dict):
        problems += [f"{where} lacks {key}" for key in schema.get("required", []) if key not in value]
        for key, item in value.items():
            inner = schema.get("properties", {}).get(key, schema.get("additionalProperties", {}))
            if inner is False:
                problems.append(f"{where} has {key}, which is unknown")
            elif isinstance(inner, dict):
                problems += check_against(inner, item, f"{where}.{key}")
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for i, item in enumerate(value):
            problems += check_against(schema["items"], item, f"{where}[{i}]")
    return problems
