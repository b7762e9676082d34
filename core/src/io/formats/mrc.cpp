#include "io/formats/mrc_impl.h"
#include "io/handlers_impl.h"

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

float half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const auto fraction = static_cast<float>(bits & 1023);
  const float sign = bits & 0x8000 ? -1.0F : 1.0F;
  if (exponent == 31)
    return fraction == 0 ? sign * std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

template <class Word>
void swap_bytes(std::byte* at, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i, at += sizeof(Word)) std::reverse(at, at + sizeof(Word));
}

ScalarType stored_type(const mrc::Header& header) {
  switch (header.mode) {
    case 0: return header.unsigned_bytes ? ScalarType::u8 : ScalarType::i16;
    case 1: return ScalarType::i16;
    case 4: return ScalarType::c64;
    case 6: return ScalarType::u16;
    case 101: return ScalarType::u8;
    default: return ScalarType::f32;
  }
}

bool as_in_memory(const mrc::Header& header) {
  return (header.mode == 0 && header.unsigned_bytes) || header.mode == 1 || header.mode == 2 || header.mode == 4 ||
         header.mode == 6;
}

// One row of a mode that our memory has no type for.
void unpack_row(const mrc::Header& header, const char* from, std::int64_t row, PixelBuffer& to) {
  const auto columns = header.size[0];
  const auto first = static_cast<std::size_t>(row * columns);
  for (std::int64_t i = 0; i < columns; ++i) {
    const std::size_t at = first + static_cast<std::size_t>(i);
    if (header.mode == 0) {
      to.values<std::int16_t>()[at] = static_cast<signed char>(from[i]);
    } else if (header.mode == 101) {  // the lower four bits first
      const auto both = static_cast<unsigned char>(from[i / 2]);
      to.values<std::uint8_t>()[at] = i % 2 == 0 ? both & 15 : both >> 4;
    } else {
      std::array<char, 2> raw{from[2 * i], from[2 * i + 1]};
      if (header.swapped) std::swap(raw[0], raw[1]);
      to.values<float>()[at] = half(std::bit_cast<std::uint16_t>(raw));
    }
  }
}

Pixels load(const fs::path& file, const mrc::Header& header) {
  const auto [columns, rows, sections] = header.size;
  PixelBuffer pixels = PixelBuffer::allocate({Shape{columns, rows, sections}, stored_type(header)});
  std::ifstream in{file, std::ios::binary};
  in.seekg(static_cast<std::streamoff>(mrc::header_bytes + header.extended_bytes));
  const std::int64_t payload = mrc::payload_bytes(header);
  if (as_in_memory(header)) {
    in.read(reinterpret_cast<char*>(pixels.data()), payload);
    if (header.swapped && header.mode == 2) swap_bytes<float>(pixels.data(), payload / 4);
    if (header.swapped && header.mode == 4) swap_bytes<float>(pixels.data(), payload / 4);
    if (header.swapped && (header.mode == 1 || header.mode == 6)) swap_bytes<std::uint16_t>(pixels.data(), payload / 2);
  } else {
    std::string line(static_cast<std::size_t>(payload / (rows * sections)), '\0');
    for (std::int64_t row = 0; row < rows * sections; ++row) {
      if (!in.read(line.data(), static_cast<std::streamsize>(line.size()))) break;
      unpack_row(header, line.data(), row, pixels);
    }
  }
  if (!in) throw Error{Errc::cannot_read, "'" + file.string() + "' cannot be read", "check that the file is complete"};
  return pixels;
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
  array.pixels = load(file, *header);
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
    RawArray array = make_array(file);
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
