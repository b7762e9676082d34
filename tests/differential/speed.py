#!/usr/bin/env python3
"""Processor time and memory of reading, beside nibabel and SimpleITK: a NIfTI image of 512 x 512 x 512, plain and gzipped, and a DICOM
series of 512 x 512 x 300.

Usage: speed.py PROGRAM [REPEATS]; PROGRAM is the command isocenter. Each reading is a process of its own. The libraries measure
themselves around their reading, without interpreter and import; of ours the whole process counts, less `--version`. The least of
the repeats. Needs numpy, nibabel, SimpleITK, pydicom.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MAKE_NIFTI = """
import nibabel, numpy, sys
ramp = numpy.add.outer(numpy.arange(512, dtype=numpy.int16), numpy.arange(512, dtype=numpy.int16))
noise = numpy.random.default_rng(1).integers(0, 16, (512, 512, 512), dtype=numpy.int16)
image = nibabel.Nifti1Image(noise + ramp[:, :, None], numpy.eye(4))
image.set_qform(numpy.eye(4), 1)
image.header.set_xyzt_units("mm")
for name in sys.argv[1:]:
    image.to_filename(name)
"""
MAKE_SERIES = """
import numpy, pathlib, pydicom, sys
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
folder = pathlib.Path(sys.argv[1])
folder.mkdir()
noise = numpy.random.default_rng(1).integers(0, 2000, (512, 512), dtype=numpy.int16)
series = generate_uid()
for i in range(300):
    data = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=b"\\0" * 128)
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = CTImageStorage
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    data.SeriesInstanceUID, data.Modality, data.InstanceNumber = series, "CT", str(i + 1)
    data.ImagePositionPatient, data.ImageOrientationPatient = [0, 0, i], [1, 0, 0, 0, 1, 0]
    data.PixelSpacing, data.SliceThickness = [0.7, 0.7], 1
    data.RescaleSlope, data.RescaleIntercept = 1, -1024
    data.Rows = data.Columns = 512
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.PixelData = (noise + i).tobytes()
    data.save_as(folder / f"{i:03d}.dcm", enforce_file_format=True)
"""
AROUND = """
import resource, sys, time
{library}
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, start = peak(), time.process_time()
image = {read}
print(time.process_time() - start, peak() - before)
"""
IMAGES = {"nibabel": AROUND.format(library="import nibabel, numpy", read="numpy.array(nibabel.load(sys.argv[1]).dataobj)"),
          "SimpleITK": AROUND.format(library="import SimpleITK", read="SimpleITK.ReadImage(sys.argv[1])")}
SERIES = {"SimpleITK": AROUND.format(library="import SimpleITK", read="SimpleITK.ReadImage(SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(sys.argv[1]))")}


def run(command):
    """Seconds and MiB of a process; this one stays small, as what it holds counts for its children too."""
    pid = os.fork()
    if pid == 0:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.execvp(command[0], command)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"failed: {command}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    program, repeats = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    least = lambda measure: [min(column) for column in zip(*(measure() for _ in range(repeats)))]
    start = least(lambda: run([program, "--version"]))
    print("| what | reader | processor s | memory MiB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        # Each in a folder of its own: where a.nii lies beside a.nii.gz, ITK's reader (nifticlib) opens a.nii for both names.
        names = [str(Path(folder) / own / name) for own, name in (("plain", "a.nii"), ("packed", "a.nii.gz"), ("dicom", "series"))]
        for name in names:
            Path(name).parent.mkdir()
        subprocess.run([sys.executable, "-c", MAKE_NIFTI, *names[:2]], check=True)
        subprocess.run([sys.executable, "-c", MAKE_SERIES, names[2]], check=True)
        for name in names:
            figures = {}
            for words in (["check", "--full"], ["check"]):
                figures["isocenter " + " ".join(words)] = [a - b for a, b in zip(least(lambda: run([program, *words, name])), start)]
            for reader, text in (SERIES if name.endswith("series") else IMAGES).items():
                figures[reader] = least(lambda: map(float, subprocess.run([sys.executable, "-c", text, name], check=True, capture_output=True, text=True).stdout.split()))
            for reader, (seconds, memory) in figures.items():
                print(f"| {Path(name).name} | {reader} | {seconds:.2f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
