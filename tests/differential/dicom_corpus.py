#!/usr/bin/env python3
"""Every DICOM file of a folder through `isocenter convert`, values held against pydicom wherever pydicom reads.

    python3 tests/differential/dicom_corpus.py build/release/bin/isocenter FOLDER [--table FILE.md]

Needs a virtual environment with pydicom, numpy, pylibjpeg[all], pyjpegls. Exit code 1 if a value differs that is not explained,
if a refusal has an exit code that is no input's, or if a library speaks on standard error. Planes are compared as a set: a volume
is ordered by place, the frames of a file need not be.
"""
import argparse, collections, pathlib, re, subprocess, sys, tempfile, warnings

import numpy
import pydicom
from pydicom.pixels import apply_color_lut, apply_modality_lut, convert_color_space

warnings.simplefilter("ignore")
LUMINANCE = numpy.array([0.2126, 0.7152, 0.0722])
LOSSY = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"}

PALETTE = "pydicom takes the palette of a big-endian file as little-endian; ours equals the same image in little endian"
EXPLAINED = {"pydicom-data/OBXXXX1A_expb.dcm": PALETTE, "pydicom-data/OBXXXX1A_expb_2frame.dcm": PALETTE}


def expected_planes(data):
    """What pydicom makes of a file: (planes, tolerance)."""
    raw = data.pixel_array
    if "FloatPixelData" in data or "DoubleFloatPixelData" in data:
        values = raw.astype(numpy.float64)
    elif data.get("SamplesPerPixel", 1) == 3:
        values = raw.astype(numpy.float64)
        values = values @ LUMINANCE
    elif data.PhotometricInterpretation == "PALETTE COLOR" and "LabelMap" not in str(data.SOPClassUID.name):
        values = apply_color_lut(raw, data)[..., :3].astype(numpy.float64) @ LUMINANCE
    elif "DoseGridScaling" in data:
        values = raw.astype(numpy.float64) * float(data.DoseGridScaling)
    else:
        if data.get("RescaleSlope", 1) == 0:
            data.RescaleSlope = 1
        values = apply_modality_lut(raw, data).astype(numpy.float64)
    frames = int(data.get("NumberOfFrames", 1) or 1)
    planes = values.reshape((frames,) + values.shape[-2:])
    shared = data.get("SharedFunctionalGroupsSequence")
    each = data.get("PerFrameFunctionalGroupsSequence")
    if data.get("SegmentationType") == "FRACTIONAL":
        return list(planes / float(data.MaximumFractionalValue))
    if frames > 1 and data.get("DimensionOrganizationType") == "TILED_FULL" and "SegmentSequence" not in data:
        return [assembled(planes, data)]
    out = []
    for f in range(frames):
        plane = planes[f]
        for groups in ([shared[0]] if shared else []) + ([each[f]] if each and len(each) == frames else []):
            if "PixelValueTransformationSequence" in groups and "RescaleSlope" not in data:
                item = groups.PixelValueTransformationSequence[0]
                plane = planes[f] * float(item.RescaleSlope) + float(item.RescaleIntercept)
        out.append(plane)
    return out


def assembled(tiles, data):
    """The whole picture of tiles that follow each other row by row."""
    rows, columns = int(data.TotalPixelMatrixRows), int(data.TotalPixelMatrixColumns)
    across = -(-columns // data.Columns)
    whole = numpy.zeros((-(-rows // data.Rows) * data.Rows, across * data.Columns))
    for i, tile in enumerate(tiles):
        y, x = i // across * data.Rows, i % across * data.Columns
        whole[y:y + data.Rows, x:x + data.Columns] = tile
    return whole[:rows, :columns]


def label_counts(data):
    """Voxels of each label of a segmentation without overlaps."""
    frames = data.pixel_array.reshape((-1, data.Rows, data.Columns))
    counts = collections.Counter()
    each = data.get("PerFrameFunctionalGroupsSequence")
    if each is None:  # all tiles of a segment follow each other
        for i, segment in enumerate(data.SegmentSequence):
            size = len(frames) // len(data.SegmentSequence)
            counts[int(segment.SegmentNumber)] += int((frames[i * size:(i + 1) * size] > 0).sum())
        return {k: v for k, v in counts.items() if v}
    for f, frame in enumerate(frames):
        if data.SegmentationType == "LABELMAP":
            counts.update(int(v) for v in frame[frame > 0])
        elif "SegmentIdentificationSequence" in each[f]:
            counts[int(each[f].SegmentIdentificationSequence[0].ReferencedSegmentNumber)] += int((frame > 0).sum())
        else:
            counts[int(data.SharedFunctionalGroupsSequence[0].SegmentIdentificationSequence[0].ReferencedSegmentNumber)] += int((frame > 0).sum())
    return {k: v for k, v in counts.items() if v}


def compare(got, wanted, tolerance):
    """Greatest difference of the planes, matched as a set; None if they do not match in number or size."""
    got = list(got.reshape((-1,) + got.shape[-2:]).astype(numpy.float64))
    if len(got) != len(wanted) or got[0].shape != wanted[0].shape:
        return None
    worst = 0.0
    left = list(wanted)
    for plane in got:
        differences = [abs(plane - other).max() for other in left]
        best = int(numpy.argmin(differences))
        worst = max(worst, differences[best])
        left.pop(best)
    return worst


def try_file(program, file, folder):
    out = folder / "out.npy"
    out.unlink(missing_ok=True)
    run = subprocess.run([program, "convert", str(file), str(out), "--overwrite"], capture_output=True, text=True, errors="replace")
    lines = [line for line in run.stderr.splitlines() if line.strip()]
    spoken = [line for line in lines if not re.match(r"isocenter: |warning: |\s*hint: |  ", line)]
    sentence = next((line.removeprefix("isocenter: ") for line in lines if not line.startswith("isocenter: warning")), "")
    array = numpy.load(out) if run.returncode == 0 and out.exists() else None
    return run.returncode, sentence, spoken, array


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--table", type=pathlib.Path)
    options = parser.parse_args()
    counts, bad, refused, unread, explained = collections.Counter(), [], collections.defaultdict(list), [], []
    with tempfile.TemporaryDirectory() as place:
        for file in sorted(p for p in options.folder.rglob("*") if p.is_file()):
            name = str(file.relative_to(options.folder))
            code, sentence, spoken, got = try_file(options.program, file, pathlib.Path(place))
            if spoken:
                bad.append(f"{name}: a library speaks: {spoken[0]}")
            if code != 0 and not 20 <= code <= 39 and code != 89:
                bad.append(f"{name}: exit code {code}: {sentence}")
            try:
                data = pydicom.dcmread(file, force=True)
                wanted = expected_planes(data)
            except Exception as error:  # pydicom reads fewer kinds
                wanted = None
                why = str(error).splitlines()[0] if str(error) else type(error).__name__
            if got is None:
                counts["refused, pydicom reads" if wanted is not None else "refused, pydicom does not read either"] += 1
                refused[re.sub(r"'[^']*'", "'...'", sentence)].append((name, code, wanted is not None))
                continue
            if wanted is None:
                counts["read, pydicom does not"] += 1
                unread.append(f"{name}: {why}")
                continue
            if data.get("SegmentationType") in ("BINARY", "LABELMAP"):
                labels, number = numpy.unique(got[got > 0], return_counts=True)
                same = dict(zip(labels.tolist(), number.tolist())) == label_counts(data)
                counts["segmentation with as many voxels of each label" if same else "different"] += 1
                if not same:
                    bad.append(f"{name}: other numbers of voxels of a label")
                continue
            if name in EXPLAINED:
                counts["different, explained below"] += 1
                explained.append(f"{name}: {EXPLAINED[name]}")
                continue
            syntax = str(data.file_meta.get("TransferSyntaxUID", "")) if hasattr(data, "file_meta") else ""
            colour = data.get("SamplesPerPixel", 1) == 3
            scale = max(1.0, max(float(abs(w).max()) for w in wanted))
            tolerance = (2.0 if syntax in LOSSY else 1.0 if colour and "YBR" in data.PhotometricInterpretation else 0) + 1e-6 * scale
            worst = compare(got, wanted, tolerance)
            if worst is None:
                counts["read, other planes than pydicom"] += 1
                bad.append(f"{name}: {got.shape}, pydicom has {len(wanted)} planes of {wanted[0].shape}")
            elif worst <= tolerance:
                counts["equal within rounding" if worst > 0 else "equal"] += 1
            else:
                counts["different"] += 1
                bad.append(f"{name}: values differ by {worst:.6g} ({syntax}, {data.get('PhotometricInterpretation')})")
    lines = ["| outcome | files |", "|---|---|"] + [f"| {k} | {v} |" for k, v in sorted(counts.items())]
    lines += ["", "| refusal | exit | files | pydicom reads | for example |", "|---|---|---|---|---|"]
    for sentence, files in sorted(refused.items(), key=lambda item: -len(item[1])):
        lines.append(f"| {sentence} | {files[0][1]} | {len(files)} | {sum(f[2] for f in files)} | {files[0][0]} |")
    print("\n".join(lines))
    if options.table:
        options.table.write_text("\n".join(lines) + "\n")
    for line in explained:
        print("explained", line)
    for line in unread:
        print("pydicom does not read", line)
    for line in bad:
        print("BAD", line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
