#!/usr/bin/env python3
"""Makes small PNG and JPEG files and folders of them by independent writers (pypng, Pillow) and says what is in them, as generate.py does.

Usage: generate_pictures.py FOLDER COUNT [SEED]. What is in a PNG is what was given to its writer; what is in a JPEG is what Pillow unpacks.
Needs numpy, pypng, Pillow.
"""
import io
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import png
from PIL import Image

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def piece(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


class Maker:
    def __init__(self, folder, seed):
        self.folder, self.random, self.lines = Path(folder), np.random.default_rng(seed), []
        self.folder.mkdir(parents=True, exist_ok=True)

    def pick(self, options):
        return options[int(self.random.integers(len(options)))]

    def size(self):
        return tuple(int(n) for n in self.random.integers(1, 40, 2))

    def expect(self, file, kind, values, relative=0.0, hints=None):
        """`values` (x, y[, z[, channel]])."""
        values = np.asarray(values)
        values = values.astype(values.dtype.newbyteorder("<"))
        while values.ndim < 3:
            values = values[..., None]
        (self.folder / (file + ".expected")).write_bytes(values.tobytes(order="F"))
        self.lines.append({"file": file, "kind": kind, "hints": hints or {}, "shape": list(values.shape),
                           "dtype": "<" + values.dtype.str[1:], "relative": relative, "tolerance": 0})

    def refuse(self, file, kind, codes):
        self.lines.append({"file": file, "kind": kind, "hints": {}, "refused": codes})

    def colours(self, file, kind, rgb, relative=0.0):
        """`rgb` (y, x, 3): as luminance or as channels."""
        if self.random.random() < 0.5:
            return self.expect(file, kind + ", channels", np.transpose(rgb, (1, 0, 2))[:, :, None, :], relative, {"colours": "channels"})
        self.expect(file, kind + ", luminance", (rgb @ LUMINANCE).T.astype("f4"), max(relative, 1e-6))

    # --- PNG ---
    def png_grey(self, name):
        (w, h), bits = self.size(), self.pick([1, 2, 4, 8, 16])
        values = self.random.integers(0, 2**bits, (h, w)).astype("u2" if bits == 16 else "u1")
        interlaced = bool(self.random.integers(2))
        with open(self.folder / (name + ".png"), "wb") as out:
            png.Writer(w, h, greyscale=True, bitdepth=bits, interlace=interlaced).write(out, values.tolist())
        self.expect(name + ".png", f"PNG grey {bits}{' interlaced' if interlaced else ''}", values.T)

    def png_alpha(self, name):
        (w, h), bits = self.size(), self.pick([8, 16])
        values = self.random.integers(0, 2**bits, (h, w, 2)).astype("u2" if bits == 16 else "u1")
        with open(self.folder / (name + ".png"), "wb") as out:
            png.Writer(w, h, greyscale=True, alpha=True, bitdepth=bits).write(out, values.reshape(h, -1).tolist())
        self.expect(name + ".png", f"PNG grey and alpha {bits}", values[:, :, 0].T)

    def png_colour(self, name):
        (w, h), bits, alpha = self.size(), self.pick([8, 16]), bool(self.random.integers(2))
        values = self.random.integers(0, 2**bits, (h, w, 4 if alpha else 3)).astype("u2" if bits == 16 else "u1")
        interlaced = bool(self.random.integers(2))
        with open(self.folder / (name + ".png"), "wb") as out:
            png.Writer(w, h, greyscale=False, alpha=alpha, bitdepth=bits, interlace=interlaced).write(out, values.reshape(h, -1).tolist())
        self.colours(name + ".png", f"PNG colours {bits}{' and alpha' if alpha else ''}{' interlaced' if interlaced else ''}", values[:, :, :3])

    def png_palette(self, name):
        (w, h), bits = self.size(), self.pick([1, 2, 4, 8])
        grey, transparent = bool(self.random.integers(2)), bool(self.random.integers(2))
        palette = self.random.integers(0, 256, (2**bits, 3)).astype("u1")
        if grey:
            palette[:, 1:] = palette[:, :1]
        numbers = self.random.integers(0, 2**bits, (h, w))
        colours = [tuple(int(v) for v in c) + ((128,) if transparent and i < 2 else ()) for i, c in enumerate(palette)]
        with open(self.folder / (name + ".png"), "wb") as out:
            png.Writer(w, h, palette=colours, bitdepth=bits).write(out, numbers.tolist())
        kind = f"PNG palette {bits}{' transparent' if transparent else ''}"
        which = self.random.integers(3)
        if which == 0:
            self.expect(name + ".png", kind + ", labels", numbers.T.astype("u1"), hints={"kind": "label_map"})
        elif grey:
            self.expect(name + ".png", kind + ", grey", palette[numbers][:, :, 0].T)
        else:
            self.colours(name + ".png", kind, palette[numbers])

    def png_wrong(self, name):
        (w, h) = self.size()
        out = io.BytesIO()
        png.Writer(w, h, greyscale=True, bitdepth=8).write(out, self.random.integers(0, 256, (h, w)).tolist())
        whole = out.getvalue()
        how = self.pick(["cut", "bit", "cut within the pixels", "moving", "no end of the stream"])
        if how == "cut":
            wrong = whole[: int(self.random.integers(9, len(whole)))]
        elif how == "bit":
            wrong = bytearray(whole)
            wrong[int(self.random.integers(16, len(whole) - 12))] ^= 1 << int(self.random.integers(8))
        elif how == "moving":
            wrong = whole[:33] + piece(b"acTL", struct.pack(">II", 2, 0)) + whole[33:]
        else:
            stream = zlib.compress(bytes(h * (w + 1)))
            stream = stream[:-4] if how == "no end of the stream" else zlib.compress(bytes((h * (w + 1)) // 2))
            wrong = whole[:33] + piece(b"IDAT", stream) + piece(b"IEND", b"")
        (self.folder / (name + ".png")).write_bytes(bytes(wrong))
        self.refuse(name + ".png", "PNG wrong: " + how, [20, 22])

    # --- JPEG ---
    def picture(self, mode):
        w, h = (n + 8 for n in self.size())
        y, x = np.mgrid[0:h, 0:w]
        smooth = np.stack([128 + 100 * np.sin(x / (4 + i)) * np.cos(y / (5 + i)) for i in range(3)], axis=2)
        image = Image.fromarray(np.clip(smooth, 0, 255).astype("u1"))
        return image.convert(mode)

    def jpeg(self, name):
        mode, extension = self.pick(["L", "RGB"]), self.pick([".jpg", ".jpeg"])
        options = {"quality": int(self.random.integers(30, 100)), "progressive": bool(self.random.integers(2)),
                   "optimize": bool(self.random.integers(2))}
        if mode == "RGB":
            options["subsampling"] = self.pick([0, 1, 2])
        turn = self.pick([0, 0, 0, 3, 6, 8])
        if turn:
            exif = Image.Exif()
            exif[0x0112] = turn
            options["exif"] = exif
        self.picture(mode).save(self.folder / (name + extension), "JPEG", **options)
        values = np.asarray(Image.open(self.folder / (name + extension)))
        if turn:
            values = np.rot90(values, {3: 2, 6: 3, 8: 1}[turn])
        kind = f"JPEG {mode}{' progressive' if options['progressive'] else ''}{' turned' if turn else ''}"
        if mode == "L":
            return self.expect(name + extension, kind, values.T, 0.01)
        self.colours(name + extension, kind, values, 0.01)

    def jpeg_wrong(self, name):
        how = self.pick(["cut", "inks", "bytes"])
        out = io.BytesIO()
        self.picture("CMYK" if how == "inks" else "L").save(out, "JPEG")
        wrong = bytearray(out.getvalue())
        if how == "cut":
            wrong = wrong[: int(self.random.integers(10, len(wrong) - 2))]
        if how == "bytes":
            wrong[len(wrong) // 2 :] = bytes(len(wrong) - len(wrong) // 2)
        (self.folder / (name + ".jpg")).write_bytes(bytes(wrong))
        self.refuse(name + ".jpg", "JPEG wrong: " + how, [22] if how == "inks" else [20, 22])

    # --- folders ---
    def folder_of(self, name):
        (w, h), count, colours = self.size(), int(self.random.integers(1, 12)), bool(self.random.integers(2))
        (self.folder / name).mkdir()
        values = self.random.integers(0, 256, (count, h, w, 3 if colours else 1)).astype("u1")
        for i in range(count):
            with open(self.folder / name / f"case{i + 1}.png", "wb") as out:
                png.Writer(w, h, greyscale=not colours, bitdepth=8).write(out, values[i].reshape(h, -1).tolist())
        (self.folder / name / "labels.csv").write_text("case,label\n")
        if self.random.random() < 0.25:
            with open(self.folder / name / "case9999.png", "wb") as out:
                png.Writer(w + 1, h, greyscale=not colours, bitdepth=8).write(out, np.zeros((h, (w + 1) * (3 if colours else 1)), int).tolist())
            return self.refuse(name, "folder of several sizes", [22])
        channels = np.transpose(values, (2, 1, 0, 3))
        self.expect(name, "folder" + (", channels" if colours else ""), channels if colours else channels[..., 0], hints={"colours": "channels"})

    def write(self):
        (self.folder / "expected.jsonl").write_text("".join(json.dumps(line) + "\n" for line in self.lines))


def main():
    maker = Maker(sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    formats = [maker.png_grey, maker.png_colour, maker.png_palette, maker.png_alpha, maker.jpeg, maker.png_wrong, maker.jpeg_wrong,
               maker.folder_of, maker.png_grey, maker.jpeg]
    for i in range(int(sys.argv[2])):
        formats[i % len(formats)](f"p{i:05d}")
    maker.write()


if __name__ == "__main__":
    main()
