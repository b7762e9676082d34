#!/usr/bin/env python3
"""Makes small DICOM files by pydicom's writer and says what pydicom's reader and the standard's equations find in them.

Usage: generate_dicom.py FOLDER COUNT [SEED]. Files, folders of series and FOLDER/expected.jsonl in the form of generate.py. Values are
those of `pixel_array` with pydicom's own modality LUT, colour and palette functions; places follow PS3.3, C.7.6.2.1. Needs numpy,
pydicom, pylibjpeg with its plug-ins and pyjpegls.
"""
import sys
import warnings

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, convert_color_space
from pydicom.sequence import Sequence
from pydicom.uid import (CTImageStorage, DeflatedExplicitVRLittleEndian, EnhancedCTImageStorage, EnhancedMRImageStorage, ExplicitVRBigEndian,
                         ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, MRImageStorage,
                         NuclearMedicineImageStorage, RLELossless, RTDoseStorage, SecondaryCaptureImageStorage,
                         UltrasoundMultiFrameImageStorage, generate_uid)

from generate import Maker

warnings.simplefilter("ignore")
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
PLAIN = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian]
PACKED = [RLELossless, JPEGLSLossless, JPEG2000Lossless]


def sequence(**fields):
    item = Dataset()
    for name, value in fields.items():
        setattr(item, name, value)
    return Sequence([item])


class DicomMaker(Maker):
    def base(self, sop_class, modality):
        data = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=b"\0" * 128)
        data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = sop_class
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid(entropy_srcs=[str(self.random.integers(2**60))])
        data.SeriesInstanceUID = generate_uid(entropy_srcs=[str(self.random.integers(2**60))])
        data.StudyInstanceUID = data.FrameOfReferenceUID = generate_uid(entropy_srcs=[str(self.random.integers(2**60))])
        data.Modality, data.PatientID, data.InstanceNumber = modality, "P1", "1"
        return data

    def large(self):
        return tuple(int(n) for n in self.random.integers(32, 40, 2))

    def pixels(self, data, shape, signed=None, bits=None, allocated=None):
        """Random stored values; returns them."""
        allocated = allocated or self.pick([8, 16, 16, 16, 32])
        bits = bits or (allocated if self.chance(0.5) else int(self.random.integers(max(2, allocated // 2), allocated + 1)))
        signed = self.chance(0.4) if signed is None else signed
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)
        values = self.random.integers(low, high, shape, dtype=np.int64)
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = allocated, bits, bits - 1, int(signed)
        data.Rows, data.Columns = shape[-2:]
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        if len(shape) > 2:
            data.NumberOfFrames = shape[0]
        kind = {8: "i1", 16: "i2", 32: "i4"}[allocated] if signed else {8: "u1", 16: "u2", 32: "u4"}[allocated]
        return values.astype("<" + kind)

    def put(self, data, values, syntax):
        big = syntax == ExplicitVRBigEndian
        raw = values.astype(values.dtype.newbyteorder(">" if big else "<")).tobytes()
        if big and values.dtype.itemsize == 1:  # OB
            raw = values.tobytes()
        data.PixelData = raw + b"\0" * (len(raw) % 2)
        data["PixelData"].VR = "OB" if values.dtype.itemsize == 1 else "OW"
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax in PACKED else syntax
        if (syntax == JPEGLSLossless and values.size < 400) or (syntax == JPEG2000Lossless and min(data.Rows, data.Columns) < 32):
            syntax = RLELossless if data.BitsAllocated < 32 else ExplicitVRLittleEndian  # pyjpegls lacks room for what it cannot pack, openjpeg the size for its levels
        if syntax == RLELossless and data.BitsAllocated == 16 and data.BitsStored <= 8:
            syntax = ExplicitVRLittleEndian  # the encoder writes half of the bytes, which pydicom does not read either
            data.file_meta.TransferSyntaxUID = syntax
        if syntax in PACKED:
            data.compress(syntax, generate_instance_uid=False)

    def save(self, data, path):
        syntax = data.file_meta.TransferSyntaxUID
        data.set_original_encoding(syntax.is_implicit_VR, syntax.is_little_endian)
        data.save_as(path, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian, enforce_file_format=True)
        return pydicom.dcmread(path)

    def plane(self, data, origin=None, matrix=None, spacing=None):
        matrix = self.rotation() if matrix is None else matrix
        if np.linalg.det(matrix) < 0:
            matrix[:, 2] *= -1
        origin = np.round(self.random.uniform(-200, 200, 3), 2) if origin is None else origin
        spacing = self.spacing(2) if spacing is None else spacing
        data.ImageOrientationPatient = [f"{v:.10g}" for v in matrix[:, :2].T.ravel()]
        data.ImagePositionPatient = [f"{v:.10g}" for v in origin]
        data.PixelSpacing = [f"{v:.6g}" for v in spacing[::-1]]
        return origin, matrix, spacing

    def rescale(self, data):
        how = self.pick(["none", "shift", "scale", "table"])
        if how == "table" and (data.BitsAllocated > 16 or data.BitsStored > 12):
            how = "scale"
        if how == "shift":
            data.RescaleSlope, data.RescaleIntercept = "1", str(int(self.random.integers(-2000, 2000)))
        elif how == "scale":
            data.RescaleSlope, data.RescaleIntercept = f"{self.random.uniform(0.01, 3):.5g}", f"{self.random.uniform(-100, 100):.5g}"
        elif how == "table":
            count, first = int(self.random.integers(4, 60)), int(self.random.integers(0, 20))
            entries = self.random.integers(0, 65536, count, dtype=np.uint16)
            item = Dataset()
            item.add_new(0x00283002, "SS" if data.PixelRepresentation else "US", [count, first, 16])
            item.ModalityLUTType = "US"
            item.add_new(0x00283006, "US", [int(v) for v in entries])
            data.ModalityLUTSequence = Sequence([item])
        return how

    @staticmethod
    def meaning(data, raw):
        return np.asarray(apply_modality_lut(raw, data), dtype="f8") if raw.dtype.kind != "f" else raw

    # --- kinds of objects ---
    def single(self, name):
        kind, modality = self.pick([(CTImageStorage, "CT"), (MRImageStorage, "MR"), (SecondaryCaptureImageStorage, "OT")])
        data = self.base(kind, modality)
        values = self.pixels(data, self.shape(2))
        syntax = self.pick(PLAIN + (PACKED if data.BitsAllocated <= 16 else []))
        if syntax == JPEG2000Lossless:
            values = self.pixels(data, self.large(), allocated=16)
        if syntax == JPEGLSLossless:
            data.PixelRepresentation = 0
            values = np.cumsum(self.pixels(data, self.large(), signed=False, bits=data.BitsAllocated, allocated=data.BitsAllocated) % 5, axis=1).astype(values.dtype.str.replace("i", "u"))
        origin, matrix, spacing = self.plane(data)
        thickness = float(self.spacing(1)[0])
        data.SliceThickness = f"{thickness:.6g}"
        how = self.rescale(data)
        if self.chance(0.1):
            data.PhotometricInterpretation = "MONOCHROME1"
        self.put(data, values, syntax)
        if syntax not in PACKED and data.BitsAllocated == 16 and data.BitsStored < 13 and self.chance(0.3):  # overlays in unused bits
            data.PixelData = (np.frombuffer(data.PixelData, values.dtype.newbyteorder(">" if syntax == ExplicitVRBigEndian else "<")).astype("u2") & (2**data.BitsStored - 1) | self.random.integers(0, 8, values.size).astype("u2") << 13).astype(">u2" if syntax == ExplicitVRBigEndian else "<u2").tobytes()
            meant = self.meaning(data, values)
        else:
            meant = None
        seen = self.save(data, self.folder / (name + ".dcm"))
        variant = f"one image, {seen.file_meta.TransferSyntaxUID.name}, {data.BitsStored} of {data.BitsAllocated} bits{' signed' if data.PixelRepresentation else ''}, rescale {how}"
        if self.chance(0.06):
            return self.damage(name + ".dcm", "one image")
        meant = self.meaning(seen, seen.pixel_array) if meant is None else meant
        self.expect(name + ".dcm", "one image, " + seen.file_meta.TransferSyntaxUID.name, meant.T[:, :, None], [*spacing, thickness], origin, matrix, tolerance=1e-4, relative=1e-6 if how == "scale" else 0)
        self.lines[-1]["variant"] = variant

    def colour(self, name):
        data = self.base(SecondaryCaptureImageStorage, "OT")
        frames = self.pick([1, 1, 3])
        shape = self.large() if self.chance(0.4) else self.shape(2)
        how = self.pick(["RGB", "RGB", "YBR_FULL", "PALETTE COLOR"])
        values = self.pixels(data, ((frames,) if frames > 1 else ()) + shape, signed=False, bits=8, allocated=8)
        syntax = self.pick(PLAIN + PACKED)
        if how == "PALETTE COLOR":
            if syntax == JPEG2000Lossless or syntax == ExplicitVRBigEndian:  # pydicom's palette of big-endian files is not right
                syntax = ExplicitVRLittleEndian
            for channel in ("Red", "Green", "Blue"):
                setattr(data, channel + "PaletteColorLookupTableDescriptor", [256, 0, 16])
                setattr(data, channel + "PaletteColorLookupTableData", self.random.integers(0, 65536, 256, dtype="<u2").tobytes())
        else:
            values = self.random.integers(0, 256, values.shape + (3,), dtype="u1")
            data.SamplesPerPixel, data.PlanarConfiguration = 3, 0
            if syntax == JPEG2000Lossless or syntax == JPEGLSLossless:
                how = "RGB"
        data.PhotometricInterpretation = how
        planar = how != "PALETTE COLOR" and syntax not in PACKED and self.chance(0.4)
        stored = np.moveaxis(values, -1, -3) if planar else values
        data.PlanarConfiguration = int(planar) if how != "PALETTE COLOR" else None
        if how == "PALETTE COLOR":
            del data.PlanarConfiguration
        self.put(data, np.ascontiguousarray(stored), syntax)
        if frames > 1:
            data.NumberOfFrames = frames
        seen = self.save(data, self.folder / (name + ".dcm"))
        raw = seen.pixel_array
        if how == "PALETTE COLOR":
            grey = apply_color_lut(raw, seen)[..., :3].astype("f8") @ LUMINANCE
        else:
            grey = raw.astype("f8") @ LUMINANCE
        grey = grey.reshape((frames,) + grey.shape[-2:])
        # The conversion from YBR is rounded to whole numbers by both, and may differ by one.
        self.expect(name + ".dcm", f"colour {how}, {seen.file_meta.TransferSyntaxUID.name}", grey.transpose(2, 1, 0), relative=1e-2 if how == "YBR_FULL" else 1e-6)

    def dose(self, name):
        data = self.base(RTDoseStorage, "RTDOSE")
        values = self.pixels(data, self.shape(3), signed=False, bits=(n := self.pick([16, 32])), allocated=n)
        origin, matrix, spacing = self.plane(data)
        step = float(self.spacing(1)[0]) * self.pick([1, 1, -1])
        data.GridFrameOffsetVector = [f"{i * step:.8g}" for i in range(values.shape[0])]
        data.FrameIncrementPointer = 0x3004000C
        data.DoseUnits, data.DoseType, data.DoseSummationType = "GY", "PHYSICAL", "PLAN"
        data.DoseGridScaling = f"{self.random.uniform(1e-6, 1e-3):.6g}"
        self.put(data, values, self.pick(PLAIN))
        seen = self.save(data, self.folder / (name + ".dcm"))
        dose = seen.pixel_array.astype("f8") * float(seen.DoseGridScaling)
        if step < 0:  # planes are ordered along the normal
            dose, origin = dose[::-1], origin + matrix[:, 2] * step * (values.shape[0] - 1)
        self.expect(name + ".dcm", f"dose, {n} bits", dose.transpose(2, 1, 0), [*spacing, abs(step)], origin, matrix, tolerance=1e-4, relative=1e-6)

    def cine(self, name):
        data = self.base(UltrasoundMultiFrameImageStorage, "US")
        values = self.pixels(data, self.shape(3), signed=False, bits=8, allocated=8)
        data.FrameTime = f"{self.random.uniform(5, 200):.5g}"
        data.FrameIncrementPointer = 0x00181063
        self.put(data, values, self.pick(PLAIN + PACKED))
        seen = self.save(data, self.folder / (name + ".dcm"))
        self.expect(name + ".dcm", "cine", seen.pixel_array.transpose(2, 1, 0)[:, :, None, :], time=float(seen.FrameTime) / 1000)

    def nuclear(self, name):
        data = self.base(NuclearMedicineImageStorage, "NM")
        values = self.pixels(data, self.shape(3), signed=False, bits=16, allocated=16)
        _, matrix, spacing = self.plane(data)
        step = float(self.spacing(1)[0])
        origin = np.round(self.random.uniform(-100, 100, 3), 2)
        item = Dataset()
        item.ImagePositionPatient, item.ImageOrientationPatient = [f"{v:.8g}" for v in origin], data.ImageOrientationPatient
        data.DetectorInformationSequence = Sequence([item])
        del data.ImagePositionPatient, data.ImageOrientationPatient
        data.ImageType = ["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"]
        data.SpacingBetweenSlices, data.SliceThickness = f"{step:.6g}", f"{step:.6g}"
        data.FrameIncrementPointer, data.SliceVector, data.NumberOfSlices = 0x00540080, list(range(1, values.shape[0] + 1)), values.shape[0]
        self.put(data, values, self.pick(PLAIN))
        seen = self.save(data, self.folder / (name + ".dcm"))
        self.expect(name + ".dcm", "nuclear medicine, reconstructed", seen.pixel_array.transpose(2, 1, 0), [*spacing, step], origin, matrix, tolerance=1e-4)

    def enhanced(self, name):
        mr = self.chance(0.5)
        data = self.base(EnhancedMRImageStorage if mr else EnhancedCTImageStorage, "MR" if mr else "CT")
        slices, times = int(self.random.integers(2, 6)), self.pick([1, 1, 1, 3])
        order = self.random.permutation(slices * times)
        values = self.pixels(data, (slices * times,) + (self.large() if self.chance(0.3) else self.shape(2)), allocated=16)
        holder = Dataset()
        origin, matrix, spacing = self.plane(holder)
        step = float(self.spacing(1)[0])
        shared, frames = Dataset(), []
        shared.PixelMeasuresSequence = sequence(PixelSpacing=holder.PixelSpacing, SliceThickness=f"{step:.6g}")
        own_orientation, own_rescale = self.chance(0.5), self.chance(0.5)
        if not own_orientation:
            shared.PlaneOrientationSequence = sequence(ImageOrientationPatient=holder.ImageOrientationPatient)
        common = (f"{self.random.uniform(0.5, 2):.4g}", f"{self.random.uniform(-100, 100):.4g}")
        if not own_rescale:
            shared.PixelValueTransformationSequence = sequence(RescaleSlope=common[0], RescaleIntercept=common[1], RescaleType="US")
        meant = np.zeros((slices, times) + values.shape[1:])
        for frame, place in enumerate(order):
            z, t = int(place) % slices, int(place) // slices
            item = Dataset()
            item.PlanePositionSequence = sequence(ImagePositionPatient=[f"{v:.10g}" for v in origin + matrix[:, 2] * step * z])
            if own_orientation:
                item.PlaneOrientationSequence = sequence(ImageOrientationPatient=holder.ImageOrientationPatient)
            pair = common
            if own_rescale:
                pair = (f"{self.random.uniform(0.5, 2):.4g}", f"{self.random.uniform(-100, 100):.4g}")
                item.PixelValueTransformationSequence = sequence(RescaleSlope=pair[0], RescaleIntercept=pair[1], RescaleType="US")
            if times > 1:
                item.FrameContentSequence = sequence(TemporalPositionIndex=t + 1)
            meant[z, t] = values[frame].astype("f8") * float(pair[0]) + float(pair[1])
            frames.append(item)
        data.SharedFunctionalGroupsSequence, data.PerFrameFunctionalGroupsSequence = Sequence([shared]), Sequence(frames)
        self.put(data, values, self.pick(PLAIN + PACKED[:1] + PACKED[2:]))
        self.save(data, self.folder / (name + ".dcm"))
        if self.chance(0.06):
            return self.damage(name + ".dcm", "enhanced")
        out = meant.transpose(3, 2, 0, 1)
        self.expect(name + ".dcm", f"enhanced{', times' if times > 1 else ''}{', rescale a frame' if own_rescale else ''}", out[..., 0] if times == 1 else out, [*spacing, step], origin, matrix, tolerance=1e-3, relative=1e-6)

    def series(self, name):
        """A folder of slices under names in no order, of one or several times."""
        folder = self.folder / name
        folder.mkdir()
        modality = self.pick(["CT", "MR", "PT"])
        first = self.base({"CT": CTImageStorage, "MR": MRImageStorage, "PT": "1.2.840.10008.5.1.4.1.1.128"}[modality], modality)
        slices, times = int(self.random.integers(2, 7)), self.pick([1, 1, 1, 3])
        shape, bits = self.shape(2), self.pick([8, 16])
        origin, matrix, spacing = self.plane(first)
        step = float(self.spacing(1)[0])
        meant = np.zeros((slices, times) + shape)
        own = self.chance(0.4)
        signed = self.chance(0.5)
        pair = (f"{self.random.uniform(0.5, 2):.4g}", f"{self.random.uniform(-100, 100):.4g}")
        syntax = self.pick(PLAIN + PACKED[:1])
        names = self.random.permutation(slices * times)
        for i in range(slices * times):
            z, t = i % slices, i // slices
            data = self.base(first.SOPClassUID, modality)
            for keyword in ("SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID", "ImageOrientationPatient", "PixelSpacing"):
                setattr(data, keyword, getattr(first, keyword))
            values = self.pixels(data, shape, signed=signed, allocated=bits, bits=bits)
            if own:
                pair = (f"{self.random.uniform(0.5, 2):.4g}", f"{self.random.uniform(-100, 100):.4g}")
            data.RescaleSlope, data.RescaleIntercept = pair
            data.ImagePositionPatient = [f"{v:.10g}" for v in origin + matrix[:, 2] * step * z]
            data.SliceThickness, data.InstanceNumber = f"{step:.6g}", str(i + 1)
            data.AcquisitionDate, data.AcquisitionTime = "20260102", f"{100000 + 2 * t:06d}"
            if times > 1 and modality == "MR":
                data.TemporalPositionIdentifier = t + 1
            self.put(data, values, syntax)
            seen = self.save(data, folder / f"{names[i]:03d}.dcm")
            meant[z, t] = self.meaning(seen, seen.pixel_array)
        if self.chance(0.1):
            broken = folder / f"{names[0]:03d}.dcm"
            how = self.pick(["cut", "empty", "zeros"])
            raw = broken.read_bytes()
            broken.write_bytes(raw[:len(raw) * 2 // 3] if how == "cut" else b"" if how == "empty" else b"\0" * len(raw))
            return self.refuse(name, "series with a damaged slice", 20, 22)
        if slices > 3 and self.chance(0.1):
            for t in range(times):
                (folder / f"{names[t * slices + 1]:03d}.dcm").unlink()
            return self.refuse(name, "series with a missing slice", 89)
        out = meant.transpose(3, 2, 0, 1)
        self.expect(name, f"series of {modality}{', times' if times > 1 else ''}", out[..., 0] if times == 1 else out, [*spacing, step], origin, matrix, tolerance=1e-3, relative=1e-6, time=2 if times > 1 else None)


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    maker = DicomMaker(folder, int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    kinds = [maker.single] * 5 + [maker.colour] * 2 + [maker.dose, maker.cine, maker.nuclear] + [maker.enhanced] * 3 + [maker.series] * 3
    for i in range(count):
        kinds[i % len(kinds)](f"d{i:05d}")
    maker.write()


if __name__ == "__main__":
    main()
