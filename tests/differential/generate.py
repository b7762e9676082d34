#!/usr/bin/env python3
"""Makes small image files with independent writers and says what independent readers find in them.

Usage: generate.py FOLDER COUNT [SEED]. Writes the files and FOLDER/expected.jsonl, a line a file: its name, the format and variant,
the hints to read it with, and either the values (shape fastest axis first, little-endian bytes in NAME.expected) with spacing, origin
and direction in LPS and mm, or the kind of refusal. Needs numpy, nibabel, pynrrd, SimpleITK, tifffile, imagecodecs, scipy, h5py.
"""
import gzip
import json
import sys
import zipfile
import zlib
from pathlib import Path

import h5py
import nibabel
import nrrd
import numpy as np
import scipy.io
import SimpleITK as sitk
import tifffile

REAL = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])


class Maker:
    def __init__(self, folder, seed):
        self.folder, self.random, self.lines = Path(folder), np.random.default_rng(seed), []
        self.folder.mkdir(parents=True, exist_ok=True)

    # --- choices ---
    def pick(self, options):
        return options[int(self.random.integers(len(options)))]

    def chance(self, share):
        return bool(self.random.random() < share)

    def shape(self, axes):
        return tuple(int(n) for n in self.random.integers(2, 7, axes))

    def values(self, shape, kind):
        dtype = np.dtype(kind)
        if dtype.kind in "ui":
            info = np.iinfo(dtype)
            low, high = max(info.min, -(2**53)), min(info.max, 2**53)
            array = self.random.integers(low, high, shape, dtype=np.int64 if high < 2**62 else np.uint64, endpoint=True)
            return array.astype(dtype)
        if dtype.kind == "c":
            return (self.random.normal(size=shape) + 1j * self.random.normal(size=shape)).astype(dtype)
        return (self.random.normal(size=shape) * 100).astype(dtype)

    def rotation(self):
        """One of the 48 orientations of a box, sometimes turned by a little more."""
        matrix = np.eye(3)[:, self.random.permutation(3)] * self.random.choice([-1, 1], 3)
        if self.chance(0.5):
            q, _ = np.linalg.qr(self.random.normal(size=(3, 3)))
            matrix = q
        return matrix

    def spacing(self, count=3):
        return np.round(self.random.uniform(0.2, 5, count), 3)

    # --- what was made ---
    def expect(self, name, kind, array, spacing=None, origin=None, direction=None, hints=None, tolerance=1e-5, time=None, relative=0.0):
        """`array` in our order: array[x, y, z, t]."""
        array = np.asarray(array)
        if array.dtype.kind == "b":
            array = array.astype("u1")
        if array.dtype.kind in "ui" and array.dtype.itemsize == 8 or (array.dtype.kind == "u" and array.dtype.itemsize == 4):
            array = array.astype("f8")
        array = array.astype(array.dtype.newbyteorder("<"))
        (self.folder / (name + ".expected")).write_bytes(np.asfortranarray(array).tobytes(order="F"))
        line = {"file": name, "kind": kind, "shape": list(array.shape), "dtype": array.dtype.str, "hints": hints or {}, "relative": relative}
        if spacing is not None:
            line.update(spacing=[float(v) for v in spacing], origin=[float(v) for v in origin],
                        direction=[float(v) for v in np.asarray(direction).ravel()], tolerance=tolerance)
        if time is not None:
            line["time_step_s"] = float(time)
        self.lines.append(line)

    def refuse(self, name, kind, *codes):
        self.lines.append({"file": name, "kind": kind, "refused": list(codes), "hints": {}})

    def damage(self, name, kind):
        """Sometimes cuts a file or flips a bit of what is packed with a checksum; then it must be refused."""
        path = self.folder / name
        data = bytearray(path.read_bytes())
        del data[int(len(data) * self.random.uniform(0.3, 0.95)):]
        path.write_bytes(bytes(data))
        self.refuse(name, kind + ", cut", 20, 21, 22)

    def write(self):
        with open(self.folder / "expected.jsonl", "w") as out:
            for line in self.lines:
                out.write(json.dumps(line) + "\n")
        print(len(self.lines), "files of", len({line["kind"] for line in self.lines}), "variants")

    # --- formats ---
    def nifti(self, name):
        axes = self.pick([2, 3, 3, 3, 4, 4, 5])
        shape = self.shape(axes)
        if axes == 5:
            shape = shape[:3] + (1,) + shape[4:]
        kind = self.pick(REAL + ["c8", "c16"])
        two, pair, gz, big = self.chance(0.3), self.chance(0.2), self.chance(0.4), self.chance(0.3)
        array = self.values(shape, kind)
        affine = np.eye(4)
        affine[:3, :3] = self.rotation() * self.spacing()
        affine[:3, 3] = np.round(self.random.uniform(-200, 200, 3), 2)
        classes = {(False, False): nibabel.Nifti1Image, (True, False): nibabel.Nifti2Image, (False, True): nibabel.Nifti1Pair, (True, True): nibabel.Nifti2Pair}
        header = (nibabel.Nifti2Header if two else nibabel.Nifti1Header)(endianness=">" if big else "<")
        header.set_data_dtype(array.dtype)
        image = classes[two, pair](array, None, header)
        codes = self.pick([(1, 0), (0, 1), (1, 1), (2, 4), (1, 4), (0, 2)])
        other = np.eye(4)
        other[:3, :3] = self.rotation() * self.spacing()
        image.set_qform(affine if not codes[1] or self.chance(0.7) else other, codes[0])
        image.set_sform(affine if codes[1] else None, codes[1])
        unit = self.pick(["mm", "mm", "meter", "micron", "unknown"])
        seconds = self.pick(["sec", "msec", "usec"])
        image.header.set_xyzt_units(unit, seconds if axes == 4 else "unknown")
        step = None
        if axes == 4:
            step = round(float(self.random.uniform(0.1, 4)), 3)
            zooms = list(image.header.get_zooms())
            zooms[3] = step
            image.header.set_zooms(zooms)
            step = float(np.float32(step)) * {"sec": 1, "msec": 1e-3, "usec": 1e-6}[seconds]
        if self.chance(0.2):
            image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"text of a comment"))
        base = name + ("_n2" if two else "_n1")
        file = base + ((".img" if pair else ".nii") + (".gz" if gz else ""))
        path = self.folder / file
        scaled = kind in ("i2", "u1", "u2", "i4", "f4") and self.chance(0.4)
        if scaled:
            slope, inter = round(float(self.random.uniform(0.1, 3)), 2), round(float(self.random.uniform(-50, 50)), 1)
            image.to_filename(path)
            halves = [path] if not pair else [self.folder / (base + ".hdr" + (".gz" if gz else ""))]
            raw = gzip.decompress(halves[0].read_bytes()) if gz else halves[0].read_bytes()
            # A pair may be written in another order than was asked for.
            raw, order = bytearray(raw), nibabel.load(path).header.endianness
            if two:
                raw[176:192] = np.array([slope, inter], order + "f8").tobytes()
            else:
                raw[112:120] = np.array([slope, inter], order + "f4").tobytes()
            halves[0].write_bytes(gzip.compress(bytes(raw)) if gz else bytes(raw))
        else:
            image.to_filename(path)
        seen = nibabel.load(path)
        data = np.asanyarray(seen.dataobj)
        if scaled:
            data = data.astype("f8" if kind == "i4" else "f4")
        mm = {"mm": 1, "unknown": 1, "meter": 1000, "micron": 0.001}[unit]
        lps = RAS_TO_LPS @ seen.affine[:3, :3]
        spacing = np.linalg.norm(lps, axis=0)
        origin = RAS_TO_LPS @ seen.affine[:3, 3] * mm
        if data.ndim == 5:
            data = data[:, :, :, 0, :]
        while data.ndim < 3:
            data = data[..., None]
        variant = f"NIfTI-{2 if two else 1}{' pair' if pair else ''}{' gz' if gz else ''}{' big-endian' if big else ''}"
        if self.chance(0.06) and not pair:
            return self.damage(file, variant)
        self.expect(file, variant, data, spacing * mm, origin, lps / spacing, tolerance=2e-4 * max(1, mm), time=step, relative=2e-6 if scaled else 0)

    def nrrd(self, name):
        axes = self.pick([2, 3, 3, 3, 4])
        shape, kind = self.shape(axes), self.pick(REAL)
        array = self.values(shape, kind)
        encoding = self.pick(["raw", "gzip", "bzip2", "ascii"])
        if encoding == "ascii" and kind in ("f4", "f8"):
            array = np.round(array, 3)
        big = self.chance(0.3) and np.dtype(kind).itemsize > 1
        array = array.astype(array.dtype.newbyteorder(">" if big else "<"))
        header = {"encoding": encoding}
        spacing, origin, direction, time = self.spacing(), np.round(self.random.uniform(-100, 100, 3), 2), np.eye(3), None
        listed = False
        if axes >= 3 and self.chance(0.8):
            space = self.pick(["left-posterior-superior", "right-anterior-superior", "LPS", "RAS", "left-anterior-superior"])
            turn = {"l": np.eye(3), "r": RAS_TO_LPS}[space[0].lower()]
            if space == "left-anterior-superior":
                turn = np.diag([1.0, -1.0, 1.0])
            matrix = self.rotation()
            unit = self.pick([None, "mm", "um", "m"])
            mm = {None: 1, "mm": 1, "um": 1e-3, "m": 1000}[unit]
            header["space"] = space
            vectors = [matrix[:, i] * spacing[i] for i in range(3)]
            listed = axes == 4 and self.chance(0.5)
            if axes == 4:
                vectors = [np.full(3, np.nan)] + vectors if listed else vectors + [np.full(3, np.nan)]
                header["kinds"] = ["list"] + ["domain"] * 3 if listed else ["domain"] * 3 + ["list"]
            header["space directions"] = np.array(vectors)
            header["space origin"] = origin
            if unit:
                header["space units"] = [unit] * 3
            direction, origin = turn @ matrix, turn @ origin * mm
            spacing = spacing * mm
        else:
            header["spacings"] = list(spacing[: min(axes, 3)]) + ([2.5] if axes == 4 else [])
            if axes == 2:
                spacing = np.append(spacing[:2], 1.0)
            origin = np.zeros(3)
            if axes == 4 and self.chance(0.5):
                header["kinds"], header["units"], time = ["domain"] * 3 + ["time"], ["mm"] * 3 + ["ms"], 2.5e-3
        detached = self.chance(0.25)
        file = name + (".nhdr" if detached else ".nrrd")
        if detached:
            nrrd.write(str(self.folder / (name + ".nhdr")), array, header, detached_header=True, relative_data_path=True)
        else:
            nrrd.write(str(self.folder / file), array, header)
        data, _ = nrrd.read(str(self.folder / file))
        if listed:
            data = np.moveaxis(data, 0, -1)
        while data.ndim < 3:
            data = data[..., None]
        variant = f"NRRD {encoding}{' detached' if detached else ''}{' big-endian' if big else ''}"
        if self.chance(0.06) and not detached:
            return self.damage(file, variant)
        self.expect(file, variant, data, spacing, origin, direction, tolerance=1e-6 * max(1, float(spacing.max())), time=time)

    def itk(self, name):
        """MetaImage and NRRD by SimpleITK."""
        axes = self.pick([2, 3, 3, 3, 4])
        shape, kind = self.shape(axes), self.pick(REAL)
        components = self.pick([1, 1, 1, 3 if kind != "u1" else 2])
        array = self.values(shape[::-1] + ((components,) if components > 1 else ()), kind)
        image = sitk.GetImageFromArray(array, isVector=components > 1)
        spacing, origin = self.spacing(axes), np.round(self.random.uniform(-100, 100, axes), 2)
        direction = np.eye(axes)
        matrix = self.rotation()
        if axes > 2:
            direction[:3, :3] = matrix
        elif self.chance(0.5):
            angle = self.random.uniform(0, 6)
            direction = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        image.SetSpacing([float(v) for v in spacing])
        image.SetOrigin([float(v) for v in origin])
        image.SetDirection([float(v) for v in direction.ravel()])
        extension = self.pick([".mha", ".mha", ".mhd", ".nrrd"])
        if extension == ".nrrd" and (axes != 3 or components > 1):
            extension = ".mha"
        packed = self.chance(0.5)
        file = name + extension
        sitk.WriteImage(image, str(self.folder / file), useCompression=packed)
        seen = sitk.ReadImage(str(self.folder / file))
        data = sitk.GetArrayFromImage(seen)
        data = np.moveaxis(data, -1, 0) if components > 1 else data
        data = data.transpose()  # x, y, ... with components last
        if axes == 2:
            data = data[:, :, None] if components == 1 else data[:, :, None, :]
        if components > 1 and axes == 4:
            return (self.folder / file).unlink()  # five axes, which a volume does not hold
        full = np.eye(3)
        n = min(axes, 3)
        seen_direction = np.array(seen.GetDirection()).reshape(axes, axes)
        full[:n, :n] = seen_direction[:n, :n]
        pad = lambda v, fill: np.append(np.array(v)[:n], [fill] * (3 - n))
        variant = f"{'MetaImage' if extension != '.nrrd' else 'NRRD'} of SimpleITK {extension}{' compressed' if packed else ''}"
        if self.chance(0.06) and extension != ".mhd":
            return self.damage(file, variant)
        self.expect(file, variant, data, pad(seen.GetSpacing(), 1), pad(seen.GetOrigin(), 0), full, tolerance=1e-6)

    def metaimage(self, name):
        """Layouts that ITK does not write: lists, numbered files, skipped headers, most significant byte first, text."""
        shape, kind = self.shape(3), self.pick([k for k in REAL if k not in ("u8", "i8")])
        array = self.values(shape, kind)
        big, how = self.chance(0.4), self.pick(["list", "numbers", "header", "end", "text", "packed", "packed list"])
        types = {"u1": "UCHAR", "i1": "CHAR", "u2": "USHORT", "i2": "SHORT", "u4": "UINT", "i4": "INT", "f4": "FLOAT", "f8": "DOUBLE"}
        stored = array.astype(array.dtype.newbyteorder(">" if big else "<"))
        spacing, origin = self.spacing(), np.round(self.random.uniform(-50, 50, 3), 2)
        text = lambda v: " ".join(repr(float(x)) for x in v)
        lines = ["ObjectType = Image", "NDims = 3", f"{self.pick(['ElementByteOrderMSB', 'BinaryDataByteOrderMSB'])} = {big}",
                 f"{self.pick(['Offset', 'Position', 'Origin'])} = {text(origin)}", f"ElementSpacing = {text(spacing)}",
                 "DimSize = " + " ".join(map(str, shape)), f"ElementType = MET_{types[kind]}"]
        if how == "text":
            if kind in ("f4", "f8"):
                array = np.round(array, 2)
            (self.folder / (name + ".txt")).write_text(" ".join(str(v) for v in array.ravel(order="F")))
            lines += ["BinaryData = False", f"ElementDataFile = {name}.txt"]
        elif how in ("list", "numbers", "packed list"):
            names = [f"{name}_{i + 1:03d}.raw" for i in range(shape[2])]
            for i, part in enumerate(names):
                raw = stored[:, :, i].tobytes(order="F")
                (self.folder / part).write_bytes(zlib.compress(raw) if how == "packed list" else raw)
            lines += ["CompressedData = True"] if how == "packed list" else []
            lines += [f"ElementDataFile = {name}_%03d.raw 1 {shape[2]} 1"] if how == "numbers" else ["ElementDataFile = LIST"] + names
        else:
            raw = stored.tobytes(order="F")
            head = bytes(self.random.integers(0, 256, 37, dtype=np.uint8)) if how in ("header", "end") else b""
            (self.folder / (name + ".raw")).write_bytes(zlib.compress(raw) if how == "packed" else head + raw)
            lines += {"header": ["HeaderSize = 37"], "end": ["HeaderSize = -1"], "packed": ["CompressedData = True"]}[how]
            lines += [f"ElementDataFile = {name}.raw"]
        (self.folder / (name + ".mhd")).write_text("\n".join(lines) + "\n")
        variant = f"MetaImage {how}{' big-endian' if big else ''}"
        self.expect(name + ".mhd", variant, array, spacing, origin, np.eye(3), tolerance=1e-9)

    def tiff(self, name):
        axes = self.pick([2, 3, 3])
        kind = self.pick(REAL + ["f2", "c8", "c16", "b1"])
        shape = tuple(int(n) for n in self.random.integers(5, 40, 2))
        pages = int(self.random.integers(2, 5)) if axes == 3 else 1
        full = (pages,) + shape if axes == 3 else shape
        array = self.values(full, "f4").astype("f2") if kind == "f2" else self.random.random(full) > 0.5 if kind == "b1" else self.values(full, kind)
        options = {"bigtiff": self.chance(0.2), "byteorder": self.pick("<>")}
        calibrated, spacing, note = False, None, ""
        style = self.pick(["plain", "plain", "tiles", "imagej", "ome", "white", "strips"])
        if style in ("imagej",) and kind in ("u1", "u2", "f4"):
            options = {"imagej": True, "byteorder": self.pick("<>")}
            if self.chance(0.6):
                spacing = self.spacing()
                options.update(resolution=(1 / spacing[0], 1 / spacing[1]), metadata={"axes": "ZYX" if axes == 3 else "YX", "spacing": float(spacing[2]), "unit": self.pick(["mm", "um", "cm"])})
                spacing = spacing * {"mm": 1, "um": 1e-3, "cm": 10}[options["metadata"]["unit"]]
            note = "ImageJ"
        elif style == "ome" and kind in ("u1", "u2", "i2", "f4", "f8"):
            spacing = self.spacing()
            options.update(ome=True, metadata={"axes": "ZYX" if axes == 3 else "YX", "PhysicalSizeX": float(spacing[0]), "PhysicalSizeXUnit": "mm",
                                               "PhysicalSizeY": float(spacing[1]), "PhysicalSizeYUnit": "mm", "PhysicalSizeZ": float(spacing[2]), "PhysicalSizeZUnit": "mm"})
            note = "OME"
        else:
            if kind != "b1":
                codec = self.pick([None, None, "zlib", "lzw", "packbits", "zstd", "lzma"])
                options["compression"] = codec
                if codec in ("zlib", "lzw", "zstd", "lzma") and kind in ("u1", "u2", "i2", "u4", "i4") and self.chance(0.4):
                    options["predictor"] = 2
                if codec in ("zlib", "lzw") and kind in ("f4", "f8") and self.chance(0.4):
                    options["predictor"] = 3
            if style == "tiles" and kind != "b1":
                options["tile"] = (16, 16)
            if style == "strips":
                options["rowsperstrip"] = 3
            options["photometric"] = "miniswhite" if style == "white" and kind in ("u1", "u2", "b1") else "minisblack"
            if self.chance(0.3):
                options["metadata"] = None
            note = f"{options.get('compression') or 'uncompressed'}{' predictor' if 'predictor' in options else ''}{' tiles' if 'tile' in options else ''}{' BigTIFF' if options['bigtiff'] else ''}"
        file = name + ".tif"
        try:
            tifffile.imwrite(self.folder / file, array, **options)
        except (ValueError, KeyError, TypeError) as problem:
            return print("not written:", kind, options, problem)
        data = tifffile.imread(self.folder / file)
        data = data.transpose()
        while data.ndim < 3:
            data = data[..., None]
        variant = f"TIFF {note}{' big-endian' if options.get('byteorder') == '>' else ''}"
        if self.chance(0.06):
            return self.damage(file, variant)
        if spacing is not None:
            spacing = np.array(spacing)
            size = np.array(data.shape[:3])
            self.expect(file, variant, data, spacing, -(size - 1) / 2 * spacing, np.eye(3), tolerance=1e-3 * float(spacing.max()), relative=0)
        else:
            self.expect(file, variant, data)

    def tiff_channels(self, name):
        """Planes together or apart, alpha, and several channels."""
        shape = tuple(int(n) for n in self.random.integers(5, 30, 2))
        kind, apart = self.pick(["u1", "u2", "f4"]), self.chance(0.5)
        samples = self.pick([2, 3, 5])
        array = self.values((samples,) + shape if apart else shape + (samples,), kind)
        extra = {2: self.pick([["unassalpha"], ["unspecified"]]), 3: None, 5: ["unspecified"] * 4}[samples]
        options = {"photometric": "rgb" if samples == 3 else "minisblack", "planarconfig": "separate" if apart else "contig", "compression": self.pick([None, "zlib"])}
        if extra:
            options["extrasamples"] = extra
        if self.chance(0.3):
            options["tile"] = (16, 16)
        file = name + ".tif"
        tifffile.imwrite(self.folder / file, array, **options)
        data = tifffile.imread(self.folder / file)
        data = np.moveaxis(data, 0, -1) if apart else data
        data = data.transpose(1, 0, 2)[:, :, None, :]  # x, y, 1, samples
        if samples == 3:
            data = data.astype("f8") @ np.array([0.2126, 0.7152, 0.0722])
            return self.expect(file, "TIFF colour" + (" planes apart" if apart else ""), data.astype("f4"), relative=2e-6)
        if extra == ["unassalpha"]:
            data = data[:, :, :, 0]
        self.expect(file, "TIFF channels or alpha" + (" planes apart" if apart else ""), data)

    def matlab(self, name):
        axes = self.pick([2, 2, 3, 4])
        kind = self.pick(REAL + ["c16", "b1"])
        how = self.pick(["5", "5 compressed", "4", "7.3 by h5py", "5 structure"])
        if how == "4":
            axes, kind = 2, self.pick(["f8", "f4", "i4", "i2", "u2", "u1", "c16"])
        shape = self.shape(axes)
        array = self.random.random(shape) > 0.5 if kind == "b1" else self.values(shape, kind)
        file, hints = name + ".mat", {}
        if how == "7.3 by h5py":
            with h5py.File(self.folder / file, "w", userblock_size=512 if self.chance(0.5) else 0) as out:
                stored = array.transpose()
                if kind == "c16":
                    pairs = np.zeros(stored.shape, [("real", "f8"), ("imag", "f8")])
                    pairs["real"], pairs["imag"] = stored.real, stored.imag
                    stored = pairs
                out.create_dataset("a", data=stored.astype("u1") if kind == "b1" else stored, chunks=True, compression=self.pick([None, "gzip"]))
                block = out.userblock_size
            if block:
                head = b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM"
                with open(self.folder / file, "r+b") as out:
                    out.write(head)
            data = array
        elif how == "4":
            scipy.io.savemat(self.folder / file, {"a": array}, format="4")
            data = scipy.io.loadmat(self.folder / file)["a"]
        else:
            content = {"s": {"a": array, "label": "text"}} if how == "5 structure" else {"a": array}
            scipy.io.savemat(self.folder / file, content, do_compression=how == "5 compressed" or self.chance(0.3))
            seen = scipy.io.loadmat(self.folder / file)
            data = seen["s"]["a"][0, 0] if how == "5 structure" else seen["a"]
            hints = {"dataset": "s.a"} if how == "5 structure" else {}
        while data.ndim < 3:
            data = data[..., None]
        if self.chance(0.06):
            return self.damage(file, "MATLAB " + how)
        self.expect(file, "MATLAB " + how, data.astype("i2") if data.dtype == np.int8 else data, hints=hints)

    def numpy(self, name):
        axes = self.pick([1, 2, 3, 3, 4])
        kind = self.pick(REAL + ["f2", "c8", "c16", "b1"])
        shape = self.shape(axes)
        array = self.random.random(shape) > 0.5 if kind == "b1" else self.values(shape, "f4").astype("f2") if kind == "f2" else self.values(shape, kind)
        order, big = self.pick("CF"), self.chance(0.3)
        stored = np.array(array.astype(array.dtype.newbyteorder(">" if big else "<")), order=order)
        archive = self.chance(0.3)
        file = name + (".npz" if archive else ".npy")
        if archive:
            (np.savez if self.chance(0.5) else np.savez_compressed)(self.folder / file, a=stored)
            data = np.load(self.folder / file)["a"]
        else:
            np.save(self.folder / file, stored)
            data = np.load(self.folder / file)
        data = data.transpose()
        while data.ndim < 3:
            data = data[..., None]
        variant = f"NumPy {'npz' if archive else 'npy'} {order}{' big-endian' if big else ''}"
        if self.chance(0.06):
            return self.damage(file, variant)
        self.expect(file, variant, data)

    def hdf5(self, name):
        axes = self.pick([2, 3, 3, 4])
        kind = self.pick(REAL + ["f2", "c8", "c16", "b1"])
        shape = self.shape(axes)
        array = self.random.random(shape) > 0.5 if kind == "b1" else self.values(shape, "f4").astype("f2") if kind == "f2" else self.values(shape, kind)
        big = self.chance(0.3) and kind != "b1"
        array = array.astype(array.dtype.newbyteorder(">" if big else "<"))
        file, how = name + ".h5", self.pick(["contiguous", "chunks", "gzip", "lzf", "shuffle", "fletcher", "compact", "virtual", "link"])
        with h5py.File(self.folder / file, "w") as out:
            options = {"chunks": {"chunks": True}, "gzip": {"compression": "gzip"}, "shuffle": {"compression": "gzip", "shuffle": True},
                       "fletcher": {"fletcher32": True}, "lzf": {"compression": "lzf"}}.get(how, {})
            if how in ("virtual", "link"):
                with h5py.File(self.folder / (name + "_part.h5"), "w") as part:
                    part["d"] = array
                if how == "link":
                    out["a"] = h5py.ExternalLink(name + "_part.h5", "/d")
                else:
                    layout = h5py.VirtualLayout(shape, array.dtype)
                    layout[...] = h5py.VirtualSource(name + "_part.h5", "d", shape)
                    out.create_virtual_dataset("a", layout)
            else:
                out.create_dataset("group/a" if self.chance(0.5) else "a", data=array, **options)
        data = array
        if how == "lzf":
            return self.expect_or(file, "HDF5 lzf", data.transpose())
        data = data.transpose()
        while data.ndim < 3:
            data = data[..., None]
        hints = {"dataset": "a"} if how == "link" else {}
        self.expect(file, f"HDF5 {how}{' big-endian' if big else ''}", data, hints=hints)

    def expect_or(self, file, kind, data):
        """Read right, or refused as a compression that the library lacks."""
        while data.ndim < 3:
            data = data[..., None]
        self.expect(file, kind, data)
        self.lines[-1]["or_refused"] = [22]

    def bart(self, name):
        shape = self.shape(3)
        array = self.values(shape, "c8")
        (self.folder / (name + ".hdr")).write_text("# Dimensions\n" + " ".join(map(str, shape + (1,) * self.pick([13, 17]))) + "\n# Command\nphantom\n")
        (self.folder / (name + ".cfl")).write_bytes(array.tobytes(order="F"))
        self.expect(name + ".cfl", "BART", array)

    def table(self, name):
        rows, columns = self.shape(2)
        array = self.random.normal(size=(rows, columns)) * 10.0 ** self.random.integers(-20, 20)
        np.savetxt(self.folder / (name + ".csv"), array, delimiter=",", header=",".join("abcdefg"[:columns]), comments="")
        self.expect(name + ".csv", "CSV", np.loadtxt(self.folder / (name + ".csv"), delimiter=",", skiprows=1).reshape(rows, columns).transpose()[:, :, None])


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    maker = Maker(folder, int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    formats = [maker.nifti, maker.nifti, maker.nrrd, maker.itk, maker.metaimage, maker.tiff, maker.tiff, maker.tiff_channels,
               maker.matlab, maker.numpy, maker.hdf5, maker.bart, maker.table]
    for i in range(count):
        formats[i % len(formats)](f"f{i:05d}")
    maker.write()


if __name__ == "__main__":
    main()
