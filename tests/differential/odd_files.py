#!/usr/bin/env python3
"""Files of the kinds that readers of images get wrong: each says something in an unusual, second or contradicting way.

Usage: odd_files.py FOLDER. Always the same files, with FOLDER/expected.jsonl in the form of generate.py: the right values and places, or
the exit codes of a refusal. They are stored in tests/data/odd. Needs what generate.py needs, and pydicom.
"""
import bz2
import gzip
import io
import json
import struct
import sys
import zipfile
import zlib

import h5py
import nibabel
import numpy as np
import pydicom
import scipy.io
import SimpleITK
import tifffile

from generate import Maker

REFUSED = (20, 21, 22)
A = np.arange(60, dtype="<i2").reshape(3, 4, 5) - 7  # z, y, x
RAS = np.diag([-1.0, -1.0, 1.0])


class Odd(Maker):
    def put(self, name, data):
        (self.folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())

    def right(self, name, kind, array, **more):
        """`array` as NumPy has it: last axis fastest."""
        array = np.asarray(array)
        array = array.transpose(range(array.ndim)[::-1])
        while array.ndim < 3:
            array = array[..., None]
        self.expect(name, kind, array, **more)

    def wrong(self, name, kind, *codes):
        self.refuse(name, kind, *(codes or REFUSED))

    # --- MetaImage ---
    def meta(self, name, lines, data=A.tobytes(), **changes):
        tags = {"ObjectType": "Image", "NDims": "3", "BinaryData": "True", "BinaryDataByteOrderMSB": "False", "Offset": "1 2 3",
                "ElementSpacing": "0.5 0.75 2", "DimSize": "5 4 3", "ElementType": "MET_SHORT"}
        tags.update(changes)
        text = "".join(f"{k} = {v}\n" for k, v in tags.items() if v is not None) + "".join(f"{line}\n" for line in lines)
        self.put(name, text.encode() + b"ElementDataFile = LOCAL\n" + data)

    def metaimages(self):
        place = dict(spacing=[0.5, 0.75, 2], origin=[1, 2, 3], direction=np.eye(3))
        self.meta("m_plain.mha", [])
        self.right("m_plain.mha", "MetaImage", A, **place)
        self.meta("m_two_origins.mha", ["Position = 4 5 6"])
        self.wrong("m_two_origins.mha", "MetaImage: origin twice, different")
        self.meta("m_same_origins.mha", ["Position = 1 2 3"])
        self.right("m_same_origins.mha", "MetaImage: origin twice, the same", A, **place)
        self.meta("m_two_turns.mha", ["TransformMatrix = 1 0 0 0 1 0 0 0 1", "Orientation = 0 1 0 1 0 0 0 0 -1"])
        self.wrong("m_two_turns.mha", "MetaImage: direction twice, different")
        self.meta("m_two_orders.mha", ["ElementByteOrderMSB = True"])
        self.wrong("m_two_orders.mha", "MetaImage: byte order twice, different")
        self.meta("m_two_sizes.mha", ["DimSize = 5 3 4"])
        self.wrong("m_two_sizes.mha", "MetaImage: size twice, different")
        self.meta("m_turned.mha", ["TransformMatrix = 0 1 0 0 0 1 1 0 0"])
        self.right("m_turned.mha", "MetaImage: axes turned", A, spacing=[0.5, 0.75, 2], origin=[1, 2, 3], direction=np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]))
        self.meta("m_sheared.mha", ["TransformMatrix = 1 0 0 0.5 1 0 0 0 1"])
        self.wrong("m_sheared.mha", "MetaImage: sheared")
        self.meta("m_micrometres.mha", ["DistanceUnits = um"])
        self.right("m_micrometres.mha", "MetaImage: um", A, spacing=[0.0005, 0.00075, 0.002], origin=[0.001, 0.002, 0.003], direction=np.eye(3))
        self.meta("m_gzip.mha", [], zlib.compress(A.tobytes()), CompressedData="True")
        self.right("m_gzip.mha", "MetaImage: packed", A, **place)
        packed = bytearray(zlib.compress(A.tobytes()))
        packed[-1] ^= 1
        self.meta("m_checksum.mha", [], bytes(packed), CompressedData="True")
        self.wrong("m_checksum.mha", "MetaImage: wrong checksum")
        self.meta("m_short.mha", [], A.tobytes()[:-1])
        self.wrong("m_short.mha", "MetaImage: a byte short")
        self.meta("m_long64.mha", [], A.astype("<i8").tobytes(), ElementType="MET_LONG_LONG")
        self.right("m_long64.mha", "MetaImage: 64 bits", A.astype("f8"), **place)
        pairs = np.stack([A, A + 100], -1)
        self.meta("m_two_channels.mha", ["ElementNumberOfChannels = 2"], pairs.tobytes())
        self.right("m_two_channels.mha", "MetaImage: two components", np.moveaxis(pairs, -1, 0), **place)
        flat = {"NDims": "2", "DimSize": "5 4", "ElementSpacing": "0.5 0.75", "Offset": "1 2"}
        self.meta("m_flat_channels.mha", ["ElementNumberOfChannels = 2"], pairs[0].tobytes(), **flat)
        self.right("m_flat_channels.mha", "MetaImage: two components in two axes", np.moveaxis(pairs[:1], -1, 0), spacing=[0.5, 0.75, 1], origin=[1, 2, 0], direction=np.eye(3))
        self.meta("m_list_short.mhd", [])
        self.put("m_list_short.mhd", "NDims = 3\nDimSize = 5 4 3\nElementType = MET_SHORT\nElementSpacing = 1 1 1\nElementDataFile = LIST\nm_part.raw\nm_part.raw\n")
        self.put("m_part.raw", A[0].tobytes())
        self.wrong("m_list_short.mhd", "MetaImage: a list of too few files")
        self.meta("m_nan.mha", [], np.where(A > 3, np.nan, A).astype("<f4").tobytes(), ElementType="MET_FLOAT")
        self.wrong("m_nan.mha", "MetaImage: NaN")
        self.meta("m_long4.mha", [], A.astype("<i4").tobytes(), ElementType="MET_LONG")
        self.right("m_long4.mha", "MetaImage: MET_LONG of 32 bits", A.astype("<i4"), **place)
        self.meta("m_long8.mha", [], A.astype("<i8").tobytes(), ElementType="MET_LONG")
        self.wrong("m_long8.mha", "MetaImage: MET_LONG of 64 bits")

    # --- NRRD ---
    def nrrd_file(self, name, fields, data=A.tobytes(), keep=()):
        lines = {"type": "short", "dimension": "3", "sizes": "5 4 3", "endian": "little", "encoding": "raw", "space": "left-posterior-superior",
                 "space directions": "(0.5,0,0) (0,0.75,0) (0,0,2)", "space origin": "(1,2,3)"}
        lines.update(fields)
        self.put(name, b"NRRD0005\n" + "".join(f"{k}: {v}\n" for k, v in lines.items() if v is not None).encode() + b"\n" + data)

    def nrrds(self):
        place = dict(spacing=[0.5, 0.75, 2], origin=[1, 2, 3], direction=np.eye(3))
        self.nrrd_file("n_lines.nrrd", {"line skip": "2"}, b"first\nsecond\n" + A.tobytes())
        self.right("n_lines.nrrd", "NRRD: lines skipped behind the header", A, **place)
        self.nrrd_file("n_bytes.nrrd", {"byte skip": "7"}, b"7 bytes" + A.tobytes())
        self.right("n_bytes.nrrd", "NRRD: bytes skipped", A, **place)
        self.nrrd_file("n_end.nrrd", {"byte skip": "-1"}, b"anything" + A.tobytes())
        self.right("n_end.nrrd", "NRRD: pixels at the end", A, **place)
        self.nrrd_file("n_end_gzip.nrrd", {"byte skip": "-1", "encoding": "gzip"}, gzip.compress(A.tobytes()))
        self.wrong("n_end_gzip.nrrd", "NRRD: packed pixels at the end")
        self.nrrd_file("n_gzip_skip.nrrd", {"byte skip": "4", "encoding": "gzip"}, gzip.compress(b"four" + A.tobytes()))
        self.right("n_gzip_skip.nrrd", "NRRD: bytes skipped of what is packed", A, **place)
        self.nrrd_file("n_members.nrrd", {"encoding": "gzip"}, gzip.compress(A.tobytes()[:50]) + gzip.compress(A.tobytes()[50:]))
        self.right("n_members.nrrd", "NRRD: two members of gzip", A, **place)
        self.nrrd_file("n_bzip2.nrrd", {"encoding": "bzip2"}, bz2.compress(A.tobytes()))
        self.right("n_bzip2.nrrd", "NRRD: bzip2", A, **place)
        self.nrrd_file("n_ras.nrrd", {"space": "RAS"})
        self.right("n_ras.nrrd", "NRRD: RAS", A, spacing=[0.5, 0.75, 2], origin=[-1, -2, 3], direction=RAS)
        self.nrrd_file("n_permuted.nrrd", {"space directions": "(0,0,2) (0.5,0,0) (0,0.75,0)"})
        self.right("n_permuted.nrrd", "NRRD: axes of the patient in another order", A, spacing=[2, 0.5, 0.75], origin=[1, 2, 3], direction=np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]))
        self.nrrd_file("n_two_spacings.nrrd", {"spacings": "1 1 1"})
        self.wrong("n_two_spacings.nrrd", "NRRD: spacing twice, different")
        self.nrrd_file("n_metres.nrrd", {"space units": '"m" "m" "m"'})
        self.right("n_metres.nrrd", "NRRD: metres", A, spacing=[500, 750, 2000], origin=[1000, 2000, 3000], direction=np.eye(3))
        self.nrrd_file("n_units_differ.nrrd", {"space units": '"mm" "mm" "cm"'})
        self.wrong("n_units_differ.nrrd", "NRRD: different units")
        self.nrrd_file("n_node.nrrd", {"space": None, "space directions": None, "space origin": None, "axis mins": "0 0 0", "axis maxs": "4 3 2", "centers": "node node node"})
        self.right("n_node.nrrd", "NRRD: nodes", A, spacing=[1, 1, 1], origin=[0, 0, 0], direction=np.eye(3))
        self.nrrd_file("n_big.nrrd", {"endian": "big"}, A.astype(">i2").tobytes())
        self.right("n_big.nrrd", "NRRD: big-endian", A, **place)
        self.nrrd_file("n_no_endian.nrrd", {"endian": None})
        self.wrong("n_no_endian.nrrd", "NRRD: no byte order")
        self.nrrd_file("n_block.nrrd", {"type": "block", "block size": "2"})
        self.wrong("n_block.nrrd", "NRRD: blocks")
        self.nrrd_file("n_complex.nrrd", {"dimension": "4", "sizes": "2 5 4 3", "type": "float", "space directions": "none (0.5,0,0) (0,0.75,0) (0,0,2)", "kinds": "complex domain domain domain"}, np.stack([A, A + 100], -1).astype("<f4").tobytes())
        self.right("n_complex.nrrd", "NRRD: complex", (A + 1j * (A + 100)).astype("c8"), **place)
        self.nrrd_file("n_complex_whole.nrrd", {"dimension": "4", "sizes": "2 5 4 3", "space directions": "none (0.5,0,0) (0,0.75,0) (0,0,2)", "kinds": "complex domain domain domain"}, np.stack([A, A + 100], -1).tobytes())
        self.wrong("n_complex_whole.nrrd", "NRRD: complex whole numbers")
        self.nrrd_file("n_hsv.nrrd", {"dimension": "4", "sizes": "3 5 4 3", "type": "uchar", "space directions": "none (0.5,0,0) (0,0.75,0) (0,0,2)", "kinds": "HSV-color domain domain domain"}, bytes(180))
        self.wrong("n_hsv.nrrd", "NRRD: colours as hue, saturation, value")
        self.nrrd_file("n_short.nrrd", {}, A.tobytes()[:-2])
        self.wrong("n_short.nrrd", "NRRD: cut")
        self.nrrd_file("n_list.nrrd", {"dimension": "4", "sizes": "2 5 4 3", "space directions": "none (0.5,0,0) (0,0.75,0) (0,0,2)", "kinds": "list domain domain domain"}, np.stack([A, A + 100], -1).tobytes())
        self.right("n_list.nrrd", "NRRD: a list in front", np.stack([A, A + 100]), **place)

    # --- NIfTI ---
    def niftis(self):
        for name, unit, factor in (("metre", 1, 1000), ("mm", 2, 1), ("micron", 3, 0.001), ("none", 0, 1), ("unknown", 5, 1)):
            image = nibabel.Nifti1Image(A.T.copy(), np.diag([-0.5, -0.75, 2, 1]))
            image.header["xyzt_units"] = unit
            image.to_filename(self.folder / f"i_{name}.nii")
            self.right(f"i_{name}.nii", "NIfTI: unit " + name, A, spacing=[0.5 * factor, 0.75 * factor, 2 * factor], origin=[0, 0, 0], direction=np.eye(3))
        raw = (self.folder / "i_mm.nii").read_bytes()
        self.put("i_members.nii.gz", gzip.compress(raw[:400]) + gzip.compress(raw[400:]) + b"\0" * 512)
        self.right("i_members.nii.gz", "NIfTI: two members and a filled block", A, spacing=[0.5, 0.75, 2], origin=[0, 0, 0], direction=np.eye(3))
        packed = bytearray(gzip.compress(raw))
        packed[-1] ^= 0x10
        self.put("i_length.nii.gz", bytes(packed))
        self.wrong("i_length.nii.gz", "NIfTI: wrong length behind gzip")
        self.put("i_second_cut.nii.gz", gzip.compress(raw[:400]) + gzip.compress(raw[400:])[:-12])
        self.wrong("i_second_cut.nii.gz", "NIfTI: second member cut")
        self.put("i_extension.nii", raw[:108] + struct.pack("<f", 384) + raw[112:348] + b"\1\0\0\0" + struct.pack("<ii", 32, 4) + b"x" * 24 + raw[352:])
        self.right("i_extension.nii", "NIfTI: with an extension", A, spacing=[0.5, 0.75, 2], origin=[0, 0, 0], direction=np.eye(3))
        for name, kind in (("u4", "<u4"), ("i8", "<i8"), ("u8", "<u8")):
            image = nibabel.Nifti1Image(np.abs(A).astype(kind).T.copy(), np.diag([-1, -1, 1, 1]), dtype=kind)
            image.header.set_slope_inter(0.5, 10)
            image.to_filename(self.folder / f"i_scaled_{name}.nii")
            seen = nibabel.load(self.folder / f"i_scaled_{name}.nii")
            self.right(f"i_scaled_{name}.nii", "NIfTI: scaled " + name, np.asarray(seen.dataobj, dtype="f8").T, spacing=[1, 1, 1], origin=[0, 0, 0], direction=np.eye(3))
        image = nibabel.Nifti1Image(A[0, 0].copy(), np.diag([-1, -1, 1, 1]))
        image.to_filename(self.folder / "i_line.nii")
        self.right("i_line.nii", "NIfTI: one axis", A[0, 0].reshape(1, 1, 5))
        rgb = np.zeros((3, 4, 5), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
        rgb["R"], rgb["G"], rgb["B"] = A + 7, 2 * A + 20, 200 - A
        nibabel.Nifti1Image(rgb.T.copy(), np.diag([-1, -1, 1, 1])).to_filename(self.folder / "i_rgb.nii")
        self.right("i_rgb.nii", "NIfTI: colours", 0.2126 * rgb["R"] + 0.7152 * rgb["G"] + 0.0722 * rgb["B"], spacing=[1, 1, 1], origin=[0, 0, 0], direction=np.eye(3), relative=1e-6)
        image = nibabel.Nifti2Image(A.T.copy(), np.diag([-0.5, -0.75, 2, 1]), nibabel.Nifti2Header(endianness=">"))
        image.header.set_xyzt_units("mm")
        image.to_filename(self.folder / "i_two_big.nii.gz")
        self.right("i_two_big.nii.gz", "NIfTI-2: big-endian, packed", A, spacing=[0.5, 0.75, 2], origin=[0, 0, 0], direction=np.eye(3))
        image = nibabel.Nifti1Image(np.stack([A, A + 1]).transpose(3, 2, 1, 0).copy(), np.diag([-1, -1, 1, 1]))
        image.header.set_zooms((1, 1, 1, 250))
        image.header.set_xyzt_units("mm", "msec")
        image.to_filename(self.folder / "i_time.nii")
        self.right("i_time.nii", "NIfTI: milliseconds", np.stack([A, A + 1]), spacing=[1, 1, 1], origin=[0, 0, 0], direction=np.eye(3), time=0.25)

    # --- TIFF ---
    def units_of_stacks(self, u, write, description):
        """Units that ImageJ and OME write in words, with escapes and beside the usual ones, and OME in other forms of XML."""
        times = np.stack([u, u + 100])
        for name, unit, seconds in (("ms", "ms", 1e-3), ("minutes", "min", 60), ("micro", "\\u00B5s", 1e-6), ("hours", "hr", 3600)):
            write(f"t_imagej_{name}.tif", times.reshape(6, 4, 5), **description(f"ImageJ=1.53t\nimages=6\nslices=3\nframes=2\nhyperstack=true\nfinterval=50\ntunit={unit}\n"))
            self.right(f"t_imagej_{name}.tif", "TIFF: times of ImageJ in " + unit, times, time=50 * seconds)
        xml = ('<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="%s" '
               'Type="uint16" SizeX="5" SizeY="4" SizeZ="%d" SizeC="%d" SizeT="1"%s><TiffData/></Pixels></Image></OME>')
        lengths = lambda unit: "".join(f' PhysicalSize{a}="{v}" PhysicalSize{a}Unit="{unit}"' for a, v in zip("XYZ", (0.5, 0.75, 2)))
        ome = lambda text: description(text.encode())
        for name, unit, mm in (("reference", "&#181;m", 1e-3), ("hexadecimal", "&#xB5;m", 1e-3), ("mu", "\u03bcm", 1e-3), ("angstrom", "\u00c5", 1e-7)):
            write(f"t_ome_{name}.ome.tif", u, **ome(xml % ("XYZCT", 3, 1, lengths(unit))))
            self.right(f"t_ome_{name}.ome.tif", "TIFF: lengths of OME in " + unit, u, spacing=[0.5 * mm, 0.75 * mm, 2 * mm], origin=[-1 * mm, -1.125 * mm, -2 * mm], direction=np.eye(3), tolerance=1e-12)
        write("t_ome_mega.ome.tif", u, **ome(xml % ("XYZCT", 3, 1, lengths("Mm"))))
        self.right("t_ome_mega.ome.tif", "TIFF: lengths of OME in megametres are none", u, spacing=[1, 1, 1], origin=[-2, -1.5, -1], direction=np.eye(3))
        six = np.concatenate([u, u + 100])
        two = np.stack([six[0::2], six[1::2]])
        lines, prefix, comment, quoted = (xml % ("XYCZT", 3, 2, "") for _ in range(4))
        forms = {
            "lines": lines.replace("<Pixels ID", "<Pixels\n  ID").replace("<TiffData/>", "<TiffData\n/>"),
            "prefix": prefix.replace("<", "<OME:").replace("<OME:/", "</OME:").replace("<OME:?", "<?").replace(" xmlns=", " xmlns:OME="),
            "comment": comment.replace("<Image", '<!-- <Pixels SizeX="9"/> --><Image'),
            "quoted": quoted.replace('<Pixels ID="Pixels:0"', "<Pixels ID='a>b'"),
        }
        for name, text in forms.items():
            write(f"t_ome_{name}.ome.tif", six, **ome(text))
            self.right(f"t_ome_{name}.ome.tif", "TIFF: OME, XML with " + name, two)
        write("t_nodata.tif", np.where(A > 20, -9999, A).astype("f4"), metadata=None, extratags=[(42113, 2, 0, "-9999", True)])
        self.wrong("t_nodata.tif", "TIFF: values that GDAL says to be missing")
        write("t_nodata_unused.tif", A.astype("f4"), metadata=None, extratags=[(42113, 2, 0, "-9999", True)])
        self.right("t_nodata_unused.tif", "TIFF: a value for missing ones that none has", A.astype("f4"))

    # --- DICOM ---
    def dicoms(self):
        def dataset(sop, modality, values):
            d = pydicom.Dataset()
            d.file_meta = pydicom.dataset.FileMetaDataset()
            d.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
            d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID = sop
            d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID = "1.2.3.%d" % (len(self.lines) + 1)
            d.file_meta.ImplementationClassUID = "1.2.3"
            d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID, d.Modality = "1.2.4", "1.2.5", "1.2.6", modality
            d.NumberOfFrames, d.Rows, d.Columns, d.SamplesPerPixel, d.PhotometricInterpretation = *values.shape, 1, "MONOCHROME2"
            d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation, d.PixelData = 16, 16, 15, 0, values.astype("<u2").tobytes()
            return d

        def item(**fields):
            d = pydicom.Dataset()
            for name, value in fields.items():
                setattr(d, name, value)
            return pydicom.Sequence([d])

        def enhanced(name, sop, modality, shared, frames, **more):
            d = dataset(sop, modality, U)
            for key, value in more.items():
                setattr(d, key, value)
            for name_of, groups in (("SharedFunctionalGroupsSequence", [shared]), ("PerFrameFunctionalGroupsSequence", frames)):
                sequence = []
                for fields in groups:
                    sequence.append(pydicom.Dataset())
                    for key, value in fields.items():
                        setattr(sequence[-1], key, value)
                setattr(d, name_of, pydicom.Sequence(sequence))
            d.save_as(self.folder / name, enforce_file_format=True)

        U = (A + 7).astype("u2")
        measures = item(PixelSpacing=["0.75", "0.5"], SliceThickness="2")
        turned = item(ImageOrientationPatient=["1", "0", "0", "0", "1", "0"])
        at = lambda z: item(ImagePositionPatient=["1", "2", str(3 + 2 * z)])
        place = dict(spacing=[0.5, 0.75, 2], origin=[1, 2, 3], direction=np.eye(3))
        code = item(CodeValue="Bq/ml", CodingSchemeDesignator="UCUM", CodeMeaning="Bq/ml")
        mapping = item(RealWorldValueSlope=3.0, RealWorldValueIntercept=0.0, RealWorldValueFirstValueMapped=0, RealWorldValueLastValueMapped=99, MeasurementUnitsCodeSequence=code)
        rescale = lambda slope: item(RescaleSlope=str(slope), RescaleIntercept="0", RescaleType="")
        pet = pydicom.uid.EnhancedPETImageStorage
        enhanced("d_first_rescale_is_one.dcm", pet, "PT", {"PixelMeasuresSequence": measures, "PlaneOrientationSequence": turned},
                 [{"PlanePositionSequence": at(z), "PixelValueTransformationSequence": rescale(1 + z), "RealWorldValueMappingSequence": mapping} for z in range(3)])
        self.right("d_first_rescale_is_one.dcm", "DICOM: frames with a rescale and a mapping, the first rescale is 1", U * np.array([1.0, 2, 3])[:, None, None], relative=1e-6, **place)
        enhanced("d_shared_mapping.dcm", pet, "PT", {"PixelMeasuresSequence": measures, "PlaneOrientationSequence": turned, "RealWorldValueMappingSequence": mapping},
                 [{"PlanePositionSequence": at(z)} for z in range(3)])
        self.right("d_shared_mapping.dcm", "DICOM: a mapping that all frames share", U * 3.0, relative=1e-6, **place)
        enhanced("d_us_volume.dcm", pydicom.uid.EnhancedUSVolumeStorage, "US",
                 {"PixelMeasuresSequence": measures, "PlaneOrientationVolumeSequence": item(ImageOrientationVolume=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0])},
                 [{"PlanePositionVolumeSequence": item(ImagePositionVolume=[1.0, 2.0, 3.0 + 2 * z])} for z in (2, 0, 1)])
        self.right("d_us_volume.dcm", "DICOM: a volume of ultrasound, frames in no order", U[[1, 2, 0]], **place)
        enhanced("d_stack_numbers.dcm", pydicom.uid.EnhancedMRImageStorage, "MR", {"PixelMeasuresSequence": measures, "PlaneOrientationSequence": turned},
                 [{"FrameContentSequence": item(StackID="1", InStackPositionNumber=n)} for n in (3, 1, 2)])
        self.right("d_stack_numbers.dcm", "DICOM: no positions, frames numbered in their stack", U[[1, 2, 0]])
        for name, field, value in (("negative_spacing", "PixelSpacing", ["0.75", "-0.5"]), ("one_spacing", "PixelSpacing", ["0.75"]), ("two_places", "ImagePositionPatient", ["1", "2"])):
            d = dataset(pydicom.uid.CTImageStorage, "CT", U[:1])
            del d.NumberOfFrames
            d.PixelSpacing, d.ImagePositionPatient, d.ImageOrientationPatient = ["0.75", "0.5"], ["1", "2", "3"], ["1", "0", "0", "0", "1", "0"]
            setattr(d, field, value)
            d.save_as(self.folder / f"d_{name}.dcm", enforce_file_format=True)
            self.wrong(f"d_{name}.dcm", "DICOM: " + name.replace("_", " "))
        both = {"PixelMeasuresSequence": measures, "PlaneOrientationSequence": turned}
        enhanced("d_time_offsets.dcm", pydicom.uid.EnhancedMRImageStorage, "MR", both,
                 [{"PlanePositionSequence": at(0), "FrameContentSequence": item(TemporalPositionIndex=t + 1),
                   "TemporalPositionSequence": item(TemporalPositionTimeOffset=2.5 * t)} for t in range(3)])
        self.right("d_time_offsets.dcm", "DICOM: offsets in time", U[:, None], time=2.5, **place)
        enhanced("d_part_of_two.dcm", pydicom.uid.EnhancedMRImageStorage, "MR", both, [{"PlanePositionSequence": at(z)} for z in range(3)],
                 ConcatenationUID="1.2.7", InConcatenationNumber=1, InConcatenationTotalNumber=2)
        self.wrong("d_part_of_two.dcm", "DICOM: one of two files of an image", 89)
        enhanced("d_part_of_one.dcm", pydicom.uid.EnhancedMRImageStorage, "MR", both, [{"PlanePositionSequence": at(z)} for z in range(3)],
                 ConcatenationUID="1.2.7", InConcatenationNumber=1, InConcatenationTotalNumber=1)
        self.right("d_part_of_one.dcm", "DICOM: the only file of an image", U, **place)

    def tiffs(self):
        u = A.astype("u2") + 7
        write = lambda name, array, **more: tifffile.imwrite(self.folder / name, array, **{"photometric": "minisblack", **more})
        description = lambda text: dict(description=text, metadata=None)
        write("t_imagej_signed.tif", u + 32761, **description("ImageJ=1.53t\nimages=3\nslices=3\ncf=0\nc0=-32768.0\nc1=1.0\n"))
        self.right("t_imagej_signed.tif", "TIFF: signed numbers as ImageJ keeps them", (u + 32761).astype("f4") - 32768)
        write("t_imagej_line.tif", u, **description("ImageJ=1.53t\nimages=3\nslices=3\ncf=0\nc0=-1000\nc1=0.5\nvunit=HU\n"))
        self.right("t_imagej_line.tif", "TIFF: values on a line of ImageJ", u.astype("f4") * 0.5 - 1000)
        write("t_imagej_none.tif", u, **description("ImageJ=1.53t\nimages=3\nslices=3\ncf=20\nc0=5\nc1=7\n"))
        self.right("t_imagej_none.tif", "TIFF: no calibration of ImageJ", u)
        write("t_imagej_units.tif", u, resolution=(2, 4), **description("ImageJ=1.53t\nimages=3\nslices=3\nunit=mm\nyunit=cm\nzunit=um\nspacing=500\n"))
        self.right("t_imagej_units.tif", "TIFF: a unit an axis", u, spacing=[0.5, 2.5, 0.5], origin=[-1, -3.75, -0.5], direction=np.eye(3))
        write("t_imagej_one.tif", u[0], resolution=(2, 4), **description("ImageJ=1.53t\nunit=mm\n"))
        self.right("t_imagej_one.tif", "TIFF: one page of ImageJ", u[:1], spacing=[0.5, 0.25, 1], origin=[-1, -0.375, 0], direction=np.eye(3))
        write("t_imagej_lost.tif", u[:2], **description("ImageJ=1.53t\nimages=3\nslices=3\n"))
        self.wrong("t_imagej_lost.tif", "TIFF: fewer pages than ImageJ says")
        ome = lambda inside, order="XYZCT", c=1, z=3, x=5: description(
            f'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="{order}" Type="uint16" SizeX="{x}" SizeY="4" SizeZ="{z}" SizeC="{c}" SizeT="1">{inside}</Pixels></Image></OME>')
        write("t_ome_reversed.ome.tif", u, **ome('<TiffData FirstZ="0" IFD="2"/><TiffData FirstZ="1" IFD="1"/><TiffData FirstZ="2" IFD="0"/>'))
        self.right("t_ome_reversed.ome.tif", "TIFF: OME names the pages from the last on", u[::-1])
        write("t_ome_plain.ome.tif", u, **ome("<TiffData/>"))
        self.right("t_ome_plain.ome.tif", "TIFF: OME in order", u)
        write("t_ome_shifted.ome.tif", u, **ome('<TiffData FirstZ="1" IFD="0" PlaneCount="2"/><TiffData FirstZ="0" IFD="2"/>'))
        self.right("t_ome_shifted.ome.tif", "TIFF: OME begins in the middle", u[[2, 0, 1]])
        write("t_ome_lost.ome.tif", u, **ome('<TiffData FirstZ="0" IFD="0" PlaneCount="2"/>'))
        self.wrong("t_ome_lost.ome.tif", "TIFF: OME names no page for a plane")
        write("t_ome_twice.ome.tif", u, **ome('<TiffData FirstZ="0" IFD="0"/><TiffData FirstZ="1" IFD="0"/><TiffData FirstZ="2" IFD="1"/>'))
        self.wrong("t_ome_twice.ome.tif", "TIFF: OME names a page twice")
        write("t_ome_files.ome.tif", u, **ome('<TiffData FirstZ="0" IFD="0" PlaneCount="2"><UUID FileName="a.ome.tif">urn:uuid:1</UUID></TiffData><TiffData FirstZ="2" IFD="0"><UUID FileName="b.ome.tif">urn:uuid:2</UUID></TiffData>'))
        self.wrong("t_ome_files.ome.tif", "TIFF: OME in two files")
        write("t_ome_size.ome.tif", u, **ome("<TiffData/>", x=6))
        self.wrong("t_ome_size.ome.tif", "TIFF: OME says another size than the page")
        six = np.concatenate([u, u + 100])
        write("t_ome_channels.ome.tif", six, **ome("<TiffData/>", order="XYCZT", c=2))
        self.right("t_ome_channels.ome.tif", "TIFF: OME with channels first", np.stack([six[0::2], six[1::2]]))
        self.units_of_stacks(u, write, description)
        write("t_predictor.tif", u, compression="zlib", predictor=2)
        self.right("t_predictor.tif", "TIFF: predictor", u)
        write("t_float_predictor.tif", u.astype("f4") / 3, compression="zlib", predictor=3)
        self.right("t_float_predictor.tif", "TIFF: predictor of floats", u.astype("f4") / 3)
        write("t_white.tif", u, photometric="miniswhite")
        self.right("t_white.tif", "TIFF: low is bright", u)
        big = np.arange(40 * 33, dtype="u2").reshape(40, 33)
        write("t_tiles.tif", big, tile=(16, 32))
        self.right("t_tiles.tif", "TIFF: tiles at the edge", big)
        colour = np.stack([u[0], u[1], u[2]], -1)
        write("t_rgb16.tif", colour, photometric="rgb")
        self.right("t_rgb16.tif", "TIFF: colours of 16 bits", colour.astype("f8") @ [0.2126, 0.7152, 0.0722], relative=1e-6)
        write("t_rgb_float.tif", colour.astype("f4") / 9, photometric="rgb", planarconfig="contig")
        self.right("t_rgb_float.tif", "TIFF: colours as floats", colour.astype("f8") / 9 @ [0.2126, 0.7152, 0.0722], relative=1e-6)
        write("t_rgb_apart.tif", np.moveaxis(colour, -1, 0), photometric="rgb", planarconfig="separate", tile=(16, 16))
        self.right("t_rgb_apart.tif", "TIFF: colours in tiles, planes apart", colour.astype("f8") @ [0.2126, 0.7152, 0.0722], relative=1e-6)
        write("t_cmyk.tif", np.zeros((4, 5, 4), "u1"), photometric="separated")
        self.wrong("t_cmyk.tif", "TIFF: inks")
        write("t_sizes.tif", u[0])
        write("t_sizes.tif", u[0][:, :4], append=True)
        self.wrong("t_sizes.tif", "TIFF: pages of two sizes")
        write("t_signs.tif", u[0])
        write("t_signs.tif", u[0].astype("i2"), append=True)
        self.wrong("t_signs.tif", "TIFF: pages with and without sign")
        write("t_lzw.tif", big, compression="lzw", byteorder=">", predictor=2)
        self.right("t_lzw.tif", "TIFF: LZW, big-endian, predictor", big)
        write("t_strip.tif", big, rowsperstrip=8)
        with tifffile.TiffFile(self.folder / "t_strip.tif") as tiff:
            place = tiff.pages[0].tags["StripByteCounts"].valueoffset
        raw = bytearray((self.folder / "t_strip.tif").read_bytes())
        raw[place + 4:place + 8] = b"\0\0\0\0"
        self.put("t_strip.tif", bytes(raw))
        self.wrong("t_strip.tif", "TIFF: a strip without bytes")

    # --- NumPy, HDF5, MATLAB, CSV ---
    def arrays(self):
        np.save(self.folder / "p_fortran.npy", np.asfortranarray(A))
        self.right("p_fortran.npy", "NumPy: Fortran order", A)
        np.save(self.folder / "p_big.npy", A.astype(">f8"))
        self.right("p_big.npy", "NumPy: big-endian", A.astype("f8"))
        np.save(self.folder / "p_bool.npy", A > 3)
        self.right("p_bool.npy", "NumPy: Boolean", (A > 3).astype("u1"))
        np.save(self.folder / "p_record.npy", np.zeros(4, dtype=[("a", "f4"), ("b", "i2")]))
        self.wrong("p_record.npy", "NumPy: records")
        np.save(self.folder / "p_strings.npy", np.array(["a", "b"]))
        self.wrong("p_strings.npy", "NumPy: texts")
        np.savez_compressed(self.folder / "p_two.npz", first=A, second=A + 1)
        self.wrong("p_two.npz", "NumPy: two arrays, none named")
        raw = bytearray((self.folder / "p_fortran.npy").read_bytes()[:-4])
        self.put("p_short.npy", bytes(raw))
        self.wrong("p_short.npy", "NumPy: cut")
        with zipfile.ZipFile(self.folder / "p_crc.npz", "w") as archive:
            buffer = io.BytesIO()
            np.save(buffer, A)
            archive.writestr("a.npy", buffer.getvalue())
        raw = bytearray((self.folder / "p_crc.npz").read_bytes())
        raw[raw.index(A.tobytes()[40:60])] ^= 1
        self.put("p_crc.npz", bytes(raw))
        self.wrong("p_crc.npz", "NumPy: wrong checksum in an archive")

        def h5(name, kind, expected, array=A, attributes=None, refuse=False, **more):
            with h5py.File(self.folder / name, "w") as file:
                data = file.create_dataset("a", data=array, **more)
                for key, value in (attributes or {}).items():
                    data.attrs[key] = value
            self.wrong(name, kind) if refuse else self.right(name, kind, expected)

        h5("h_unsigned.h5", "HDF5: _Unsigned of 8 bits", A.astype("i1").view("u1"), A.astype("i1"), {"_Unsigned": "true"})
        h5("h_unsigned16.h5", "HDF5: _Unsigned of 16 bits", A.view("u2"), A, {"_Unsigned": "true"})
        h5("h_unsigned32.h5", "HDF5: _Unsigned of 32 bits", A.astype("i4").view("u4").astype("f8"), A.astype("i4"), {"_Unsigned": "true"})
        h5("h_scaled.h5", "HDF5: scale and offset", A.astype("f4") * 0.5 + 10, A, {"scale_factor": 0.5, "add_offset": 10.0})
        h5("h_missing.h5", "HDF5: missing_value", None, A, {"missing_value": np.int16(3)}, refuse=True)
        h5("h_fill.h5", "HDF5: _FillValue", None, A, {"_FillValue": np.int16(3)}, refuse=True)
        h5("h_big.h5", "HDF5: big-endian", A, A.astype(">i2"))
        h5("h_packed.h5", "HDF5: gzip, shuffled, with checksum", A, A, chunks=(2, 3, 4), compression="gzip", shuffle=True, fletcher32=True)
        h5("h_half.h5", "HDF5: half precision", A.astype("f2").astype("f4"), A.astype("f2"))
        h5("h_long.h5", "HDF5: long double", A.astype("f8"), A.astype("longdouble"))
        h5("h_logical.h5", "HDF5: Boolean", (A > 3).astype("u1"), A > 3)
        h5("h_complex.h5", "HDF5: complex", (A + 2j * A).astype("c16"), (A + 2j * A).astype("c16"))
        h5("h_pairs.h5", "HDF5: pairs that are no complex numbers", None, np.zeros((3, 4), dtype=[("x", "f4"), ("y", "f4")]), refuse=True)
        h5("h_texts.h5", "HDF5: texts", None, np.array([b"a", b"b"]), refuse=True)
        with h5py.File(self.folder / "h_linked.h5", "w") as file:
            file["a"] = h5py.ExternalLink("h_big.h5", "/a")
            file["b"] = h5py.SoftLink("/c")
            file["c"] = h5py.SoftLink("/b")
        self.right("h_linked.h5", "HDF5: a link to a file beside", A, hints={"dataset": "a"})
        with h5py.File(self.folder / "h_circle.h5", "w") as file:
            file["b"] = h5py.SoftLink("/c")
            file["c"] = h5py.SoftLink("/b")
        self.wrong("h_circle.h5", "HDF5: links in a circle")
        for name, axes, data in (("projections", None, A), ("sinograms", "y:theta:x", A.transpose(1, 0, 2))):
            with h5py.File(self.folder / f"h_dx_{name}.h5", "w") as file:
                item = file.create_dataset("exchange/data", data=(data + 20).astype("u2"))
                if axes:
                    item.attrs["axes"] = axes
                file["exchange/theta"] = np.array([0, 60, 120.0])
                file["exchange/theta"].attrs["units"] = "degrees"
                file["exchange/data_white"] = np.full((1, 4, 5), 1000, "u2")
                file["exchange/data_dark"] = np.full((2, 4, 5), 10, "u2")
            self.right(f"h_dx_{name}.h5", "HDF5: Data Exchange as " + name, -np.log((A + 10.0) / 990), relative=1e-6)
        with h5py.File(self.folder / "h_part.h5", "w") as file:
            data = file.create_dataset("a", (4, 4, 4), "i2", chunks=(2, 4, 4))
            data[:2] = 1
        self.wrong("h_part.h5", "HDF5: half of it never written")
        with h5py.File(self.folder / "h_vlen.h5", "w") as file:
            file.create_dataset("a", (3,), dtype=h5py.vlen_dtype("f4"))
        self.wrong("h_vlen.h5", "HDF5: lists of different lengths")
        for name, value in (("logical", A > 3), ("int8", A.astype("i1")), ("uint64", A.astype("u8") % 1000), ("single", (A + 1j * A).astype("c8"))):
            scipy.io.savemat(self.folder / f"b_{name}.mat", {"a": value}, do_compression=name != "int8")
            seen = scipy.io.loadmat(self.folder / f"b_{name}.mat")["a"]
            expected = seen.transpose(2, 1, 0)
            self.right(f"b_{name}.mat", "MATLAB: " + name, expected.astype("u1") if name == "logical" else expected)
        self.put("c_semicolons.csv", "a;b\n1,5;2\n3,5;4\n")
        self.wrong("c_semicolons.csv", "CSV: semicolons and decimal commas")
        self.put("c_semicolons1.csv", "a;b\n1;2\n3;4\n")
        self.wrong("c_semicolons1.csv", "CSV: semicolons")
        self.put("c_tabs.csv", "a\tb\n1\t2\n3\t4\n")
        self.wrong("c_tabs.csv", "CSV: tabs")
        self.put("c_semicolons_unnamed.csv", "1,5;2,5\n3,5;4,5\n")
        self.wrong("c_semicolons_unnamed.csv", "CSV: semicolons and decimal commas, no names")
        self.put("c_quote.csv", 'a,b\n1,"2\n')
        self.wrong("c_quote.csv", "CSV: a quote that is not closed")
        self.put("c_lines.csv", '"a\nb",c\r\n1,2\r\n3,4\r\n')
        self.right("c_lines.csv", "CSV: a name over two lines", np.array([[1.0, 2], [3, 4]]))
        self.put("c_ragged.csv", "a,b\n1,2\n3\n")
        self.wrong("c_ragged.csv", "CSV: a short row")

    # --- what programs put beside an array in HDF5 ---
    def layouts(self):
        image = SimpleITK.GetImageFromArray(A)
        turned = np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1.0]])
        turned[:2, :2] = [[0.6, -0.8], [0.8, 0.6]]
        turned[2, 2] = 1
        image.SetSpacing((0.5, 0.75, 2))
        image.SetOrigin((1, 2, 3))
        image.SetDirection(turned.ravel().tolist())
        SimpleITK.WriteImage(image, str(self.folder / "l_itk.h5"))
        self.right("l_itk.h5", "HDF5: image of ITK", A, spacing=[0.5, 0.75, 2], origin=[1, 2, 3], direction=turned)
        vectors = SimpleITK.GetImageFromArray(np.stack([A, A], -1).astype("f4"), isVector=True)
        SimpleITK.WriteImage(vectors, str(self.folder / "l_itk_vectors.h5"))
        self.wrong("l_itk_vectors.h5", "HDF5: vectors of ITK")
        with h5py.File(self.folder / "l_minc.h5", "w") as file:
            image = file.create_group("minc-2.0/image/0")
            image.create_dataset("image", data=A.view("u2")).attrs["valid_range"] = [0.0, 65535.0]
            image.create_dataset("image-max", data=np.array([100.0, 200, 300]))
            image.create_dataset("image-min", data=np.array([0.0, 10, 20]))
        self.wrong("l_minc.h5", "HDF5: MINC")
        with h5py.File(self.folder / "l_nxtomo.h5", "w") as file:
            detector = file.create_group("entry1/tomo_entry/instrument/detector")
            detector["data"] = np.arange(160, dtype="u2").reshape(8, 4, 5) + 500
            detector["image_key"] = np.array([1, 1, 2, 0, 0, 0, 0, 1])
        self.wrong("l_nxtomo.h5", "HDF5: NXtomo, fields between the views")
        with h5py.File(self.folder / "l_imaris.h5", "w") as file:
            file["DataSet/ResolutionLevel 0/TimePoint 0/Channel 0/Data"] = np.pad(A, ((0, 1), (0, 4), (0, 3)))
        self.wrong("l_imaris.h5", "HDF5: Imaris")

        def array(name, kind, stored, attributes, expected, **more):
            with h5py.File(self.folder / name, "w") as file:
                data = file.create_dataset("a", data=stored)
                for key, value in attributes.items():
                    data.attrs[key] = value
            self.right(name, kind, expected, **more) if expected is not None else self.wrong(name, kind)

        def tags(keys):
            return {"axistags": json.dumps({"axes": [{"key": key, "typeFlags": 2, "resolution": 0, "description": ""} for key in keys]})}

        four = np.stack([A, A + 100])
        array("l_tags_xyz.h5", "HDF5: axistags x, y, z", A.transpose(2, 1, 0), tags("xyz"), A)
        array("l_tags_tzyxc.h5", "HDF5: axistags with single times and channels", A[None, ..., None], tags("tzyxc"), A)
        array("l_tags_zyxc.h5", "HDF5: axistags, channels last", np.moveaxis(four, 0, -1), tags("zyxc"), four)
        array("l_tags_tczyx.h5", "HDF5: axistags, times and channels", np.stack([four, four]), tags("tczyx"), None)
        array("l_um.h5", "HDF5: element_size_um", A, {"element_size_um": [2.0, 0.75, 0.5]}, A,
              spacing=[0.0005, 0.00075, 0.002], origin=[-0.001, -0.001125, -0.002], direction=np.eye(3))
        with h5py.File(self.folder / "l_dx_mrad.h5", "w") as file:
            file["exchange/data"] = (A + 20).astype("u2")
            file["exchange/theta"] = np.array([0, 1047, 2094.0])
            file["exchange/theta"].attrs["units"] = "mrad"
            file["exchange/data_white"] = np.full((1, 4, 5), 1000, "u2")
        self.wrong("l_dx_mrad.h5", "HDF5: Data Exchange, angles in mrad")

    # --- bytes packed in unusual ways ---
    def packings(self):
        with zipfile.ZipFile(self.folder / "k_bzip2.npz", "w", zipfile.ZIP_BZIP2) as archive:
            buffer = io.BytesIO()
            np.save(buffer, A)
            archive.writestr("a.npy", buffer.getvalue())
        self.wrong("k_bzip2.npz", "NumPy: an archive packed by bzip2")
        head = "NRRD0004\ntype: short\ndimension: 3\nsizes: 5 4 3\nendian: little\nencoding: bzip2\n\n"
        self.put("k_streams.nrrd", head.encode() + bz2.compress(A.tobytes()[:50]) + bz2.compress(A.tobytes()[50:]))
        self.right("k_streams.nrrd", "NRRD: two streams of bzip2", A)
        image = nibabel.Nifti1Image(A.T.copy(), np.diag([-0.5, -0.75, 2, 1]))
        image.header.set_xyzt_units("mm")
        plain = image.to_bytes()
        place = dict(spacing=[0.5, 0.75, 2], origin=[0, 0, 0], direction=np.eye(3))
        self.put("k_behind.nii.gz", gzip.compress(plain, mtime=0) + b"behind it")
        self.right("k_behind.nii.gz", "NIfTI: bytes behind the packed ones", A, **place)
        self.put("k_members.nii.gz", gzip.compress(plain[:400], mtime=0) + gzip.compress(plain[400:], mtime=0) + bytes(100))
        self.right("k_members.nii.gz", "NIfTI: two members of gzip", A, **place)
        self.put("k_single.hdr", plain[:348])
        self.put("k_single.img", A.tobytes())
        self.right("k_single.hdr", "NIfTI: a pair that calls itself a single file", A, **place)

    # --- MRC ---
    def mrcs(self):
        def header(mode, shape=(5, 4, 3), stamp=b"\x44\x44\0\0", order="<", axes=(1, 2, 3)):
            raw = bytearray(1024)
            struct.pack_into(order + "10i", raw, 0, *shape, mode, 0, 0, 0, *shape)
            struct.pack_into(order + "3f", raw, 40, *(10.0 * n for n in shape))
            struct.pack_into(order + "3i", raw, 64, *axes)
            raw[208:212], raw[212:216] = b"MAP ", stamp
            return bytes(raw)

        f = A.astype("f4") / 2
        self.put("r_float.mrc", header(2) + f.tobytes())
        self.right("r_float.mrc", "MRC: floats", f, spacing=[1e-6] * 3, origin=[0, 0, 0], direction=np.eye(3))
        self.put("r_big.mrc", header(1, stamp=b"\x11\x11\0\0", order=">") + A.astype(">i2").tobytes())
        self.right("r_big.mrc", "MRC: big-endian", A)
        self.put("r_half.mrc", header(12) + f.astype("f2").tobytes())
        self.right("r_half.mrc", "MRC: half precision", f.astype("f2").astype("f4"))
        self.put("r_bytes.mrc", header(0) + A.astype("i1").tobytes())
        self.right("r_bytes.mrc", "MRC: signed bytes", A)
        self.put("r_axes.mrc", header(1, axes=(3, 2, 1)) + A.tobytes())
        self.right("r_axes.mrc", "MRC: axes in another order", A.transpose(2, 1, 0))
        nibbles = (np.arange(60).reshape(12, 5) % 16).astype("u1")
        padded = np.pad(nibbles, ((0, 0), (0, 1)))
        self.put("r_nibbles.mrc", header(101) + (padded[:, 0::2] | padded[:, 1::2] << 4).tobytes())
        self.right("r_nibbles.mrc", "MRC: four bits", nibbles.reshape(3, 4, 5))
        self.put("r_short.mrc", header(2) + f.tobytes()[:-8])
        self.wrong("r_short.mrc", "MRC: cut")
        skewed = bytearray(header(2))
        struct.pack_into("<3f", skewed, 52, 90, 90, 120)
        self.put("r_hexagonal.mrc", bytes(skewed) + f.tobytes())
        self.wrong("r_hexagonal.mrc", "MRC: a cell of 120 degrees", 80)
        self.put("r_complex.mrc", header(3) + f.tobytes())
        self.wrong("r_complex.mrc", "MRC: complex whole numbers", 80, 22)


def main():
    maker = Odd(sys.argv[1], 1)
    for part in (maker.metaimages, maker.nrrds, maker.niftis, maker.tiffs, maker.dicoms, maker.arrays, maker.layouts, maker.packings, maker.mrcs):
        part()
    maker.write()


if __name__ == "__main__":
    main()
