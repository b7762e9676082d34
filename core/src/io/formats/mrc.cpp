#include "io/formats/mrc_impl.h"
#include "io/formats/payload_impl.h"
#include "io/handlers_impl.h"
#include "io/kept_arrays_impl.h"

#include "iso/base/error.h"
#include "iso/base/log.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>

/// MRC, the format of electron microscopy: volumes (.mrc, .rec, .map) and tilt series (.mrc, .st, .ali with .rawtlt or .tlt
/// beside, or with angles in the extended header of FEI or SerialEM).
///
/// Lengths are in angstrom in the file. The first row is the lowest: x runs to the right, y up, z towards the source. A tilt
/// series turns about y by the right-hand rule, as IMOD has it: a point (x, z) is seen at x cos(tilt) + z sin(tilt). Our scan turns
/// about z with the beam along +y, so that our (x, y, z) are the file's (x, -z, y), a rotation and no mirror, and the angle of
/// a view is minus its tilt. With the hint tilt_axis=x the series turns about x: the file's (-y, -z, x).
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

// Two values of four bits a byte, the lower ones first; a row begins at a byte.
Pixels unpacked_nibbles(const Pixels& bytes, std::int64_t columns) {
  const Shape& packed = bytes.spec().shape;
  const ArraySpec spec{Shape{columns, packed[1], packed[2]}, ScalarType::u8};
  if (bytes.is_outline()) return Pixels::outline(spec);
  PixelBuffer pixels = PixelBuffer::allocate(spec);
  const auto from = bytes.values<std::uint8_t>();
  const auto to = pixels.values<std::uint8_t>();
  for (std::int64_t row = 0; row < packed[1] * packed[2]; ++row)
    for (std::int64_t i = 0; i < columns; ++i) {
      const unsigned both = from[static_cast<std::size_t>(row * packed[0] + i / 2)];
      to[static_cast<std::size_t>(row * columns + i)] = static_cast<std::uint8_t>(i % 2 == 0 ? both & 15U : both >> 4U);
    }
  return pixels;
}

FileType to_file_type(const mrc::Header& header) {
  switch (header.mode) {
    case 0: return header.unsigned_bytes ? FileType::u8 : FileType::i8;
    case 1: return FileType::i16;
    case 4: return FileType::c64;
    case 6: return FileType::u16;
    case 12: return FileType::f16;
    case 101: return FileType::u8;
    default: return FileType::f32;
  }
}

Pixels load_sections(const fs::path& file, const mrc::Header& header, Metadata& meta) {
  const auto [columns, rows, sections] = header.size;
  const bool nibbles = header.mode == 101;
  const Stored stored{to_file_type(header), header.swapped, {nibbles ? (columns + 1) / 2 : columns, rows, sections}};
  const Pixels pixels =
      load(*open_bytes(file, mrc::header_bytes + header.extended_bytes, Packing::none), stored, meta, Rest::unread);
  return nibbles ? unpacked_nibbles(pixels, columns) : pixels;
}

// Bytes announced against bytes there, before memory is asked for.
void check_length(const fs::path& file, const mrc::Header& header, Metadata& meta) {
  const auto there = static_cast<std::int64_t>(size_of_file(file));
  const auto announced =
      static_cast<std::int64_t>(mrc::header_bytes + header.extended_bytes) + mrc::payload_bytes(header);
  if (there < announced)
    throw Error{Errc::cannot_read,
                "the header announces " + std::to_string(header.size[0]) + " x " + std::to_string(header.size[1]) +
                    " x " + std::to_string(header.size[2]) + " values of mode " + std::to_string(header.mode) + ", " +
                    std::to_string(announced) + " bytes with the headers, the file has " + std::to_string(there),
                "the file is truncated or its header is damaged"};
  if (there > announced)
    assume(meta, "the last " + std::to_string(there - announced) + " bytes of the file are none of its values");
}

RawArray make_array(const fs::path& file) {
  const auto header = mrc::parse_header(first_bytes(file, mrc::header_bytes));
  if (!header) throw Error{Errc::invalid_input, "the file has no sound MRC header", "check that the file is complete"};
  RawArray array;
  check_length(file, *header, array.meta);
  array.pixels = load_sections(file, *header, array.meta);
  if (!header->label.empty()) array.meta["label"] = header->label;
  const auto extended = mrc::read_extended(file, *header);
  auto voxel = header->voxel_mm;
  // FEI's old files leave the cell at one angstrom a voxel.
  if (extended.pixel_mm && (!voxel || *voxel == Vec3{mrc::mm_per_angstrom, mrc::mm_per_angstrom, mrc::mm_per_angstrom}))
    voxel = Vec3{*extended.pixel_mm, *extended.pixel_mm, *extended.pixel_mm};
  if (header->sections_a_volume > 0) {
    const auto [columns, rows, sections] = header->size;
    array.pixels =
        array.pixels.reshaped(Shape{columns, rows, header->sections_a_volume, sections / header->sections_a_volume});
  }
  if (!std::ranges::is_sorted(header->axis)) {
    std::vector<std::size_t> order;
    order.reserve(4);
    for (std::size_t axis = 0; axis < 3; ++axis)
      order.push_back(static_cast<std::size_t>(std::ranges::find(header->axis, axis) - header->axis.begin()));
    if (header->sections_a_volume > 0) order.push_back(3);
    array.pixels = permuted(array.pixels, order);
  }
  if (!voxel) return array;
  const Shape& shape = array.pixels.spec().shape;
  VoxelGrid grid;
  grid.size = {shape[0], shape[1], shape[2]};
  grid.spacing_mm = *voxel;
  grid.origin_mm = header->origin_mm;
  array.grid = grid;
  array.meta["orientation"] = "unknown";  // no patient lies in a microscope
  return array;
}

// Where the angles of a series stand: a file that is named, one beside the stack, the extended header.
std::vector<double> to_tilts(const fs::path& file, const ReadOptions& options) {
  if (const auto named = find_hint(options, "tilt_angles"); !named.empty()) return mrc::read_angles(named);
  if (const auto beside = mrc::angles_beside(file)) return mrc::read_angles(*beside);
  const auto header = mrc::parse_header(first_bytes(file, mrc::header_bytes));
  return header ? mrc::read_extended(file, *header).tilt_deg : std::vector<double>{};
}

Pixels with_mirrored_rows(const Pixels& from) {
  PixelBuffer pixels = PixelBuffer::make_copy(from);
  const Shape& shape = pixels.spec().shape;
  const auto row = static_cast<std::size_t>(shape[0]) * byte_count(pixels.spec().type);
  for (std::int64_t section = 0; section < shape[2]; ++section) {
    std::byte* first = pixels.data() + static_cast<std::size_t>(section * shape[1]) * row;
    for (std::int64_t y = 0; y < shape[1] / 2; ++y)
      std::swap_ranges(first + static_cast<std::size_t>(y) * row, first + static_cast<std::size_t>(y + 1) * row,
                       first + static_cast<std::size_t>(shape[1] - 1 - y) * row);
  }
  return pixels;
}

double to_sign(const ReadOptions& options) {
  const auto text = find_hint(options, "tilt_sign");
  if (text.empty() || text == "1" || text == "+1") return 1;
  if (text == "-1") return -1;
  throw Error{Errc::invalid_input, "the hint 'tilt_sign' is '" + text + "', 1 or -1 was expected"};
}

bool about_x(const ReadOptions& options) {
  const auto text = find_hint(options, "tilt_axis");
  if (text.empty() || text == "y") return false;
  if (text == "x") return true;
  throw Error{Errc::invalid_input, "the hint 'tilt_axis' is '" + text + "', x or y was expected",
              "a series that turns about another line must be turned first, with IMOD by newstack -rotate"};
}

// Views of a parallel scan about the tilt axis; their number is checked against the stack's later.
void become_scan(RawArray& array, const std::vector<double>& tilts, const ReadOptions& options) {
  if (array.pixels.spec().shape.rank() != 3) throw Error{Errc::type_mismatch, "a stack of volumes is no tilt series"};
  const bool turned = about_x(options);
  const double sign = to_sign(options);
  if (turned) array.pixels = with_mirrored_rows(array.pixels);
  array.axes = turned ? "v,u,view" : "u,v,view";
  if (tilts.empty()) return;
  Vec3 pixel{1, 1, 1};
  if (const auto text = find_hint(options, "spacing_mm"); !text.empty()) {
    const auto numbers = to_numbers(text, "spacing_mm");
    pixel = {numbers[0], numbers.size() > 1 ? numbers[1] : numbers[0], 1};
  } else if (array.grid) {
    pixel = array.grid->spacing_mm;
  } else {
    assume(array.meta, "detector elements of 1 mm");
  }
  std::vector<double> angles;
  angles.reserve(tilts.size());
  for (const double tilt : tilts) angles.push_back(-sign * tilt * std::numbers::pi / 180);
  const Shape& shape = array.pixels.spec().shape;
  const std::size_t u = turned ? 1 : 0, v = 1 - u;
  array.geometry = ProjectionGeometry::parallel(angles, {shape[u], shape[v]}, {pixel[u], pixel[v]});
}

class Mrc final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    return mrc::parse_header(first_bytes(file, mrc::header_bytes)).has_value();
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    RawArray array = kept_array(*this, file, {}, [&] { return make_array(file); });
    const bool volume = has_extension(file, ".rec") || has_extension(file, ".map");
    const bool asked = options.expected == Kind::sinogram || !find_hint(options, "tilt_angles").empty();
    std::vector<double> tilts;
    if (asked || (!options.expected && !volume)) tilts = to_tilts(file, options);
    if (asked || !tilts.empty() || (!options.expected && !options.geometry.empty())) become_scan(array, tilts, options);
    if (asked && tilts.empty() && options.geometry.empty())
      throw Error{Errc::invalid_input, "a tilt series needs its angles, and there is no .rawtlt or .tlt file beside it",
                  "put the angles beside it, name their file with --tilt-angles FILE, or pass --geometry FILE"};
    return make_dataset(std::move(array), options, [](const fs::path& other) { return make_array(other); });
  }

 private:
  Format format_{
      "MRC",
      {".mrc", ".st", ".ali", ".rec", ".map", ".mrcs"},
      {Kind::volume, Kind::label_map, Kind::sinogram},
      {},
      array_hints({}, {text_hint("tilt_angles",
                                 "File of the angles of a tilt series in degrees, one a line; else NAME.rawtlt "
                                 "or NAME.tlt beside the stack."),
                       choice_hint("tilt_axis", {"y", "x"}, "Which axis of the file a tilt series turns about."),
                       choice_hint("tilt_sign", {"1", "-1"},
                                   "-1: the angles have the other sign, and the image is mirrored.")}),
      "Volumes and tilt series of electron microscopy; angles from .rawtlt or .tlt beside the file."};
};

}  // namespace

void add_mrc(Handlers& to) { to.push_back(std::make_unique<Mrc>()); }

}  // namespace iso::io::detail
