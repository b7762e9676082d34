#include "io/formats/mrc_impl.h"

#include "iso/base/error.h"
#include "iso/base/text_file.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

namespace iso::io::detail::mrc {
namespace fs = std::filesystem;
namespace {

// Byte offsets in the header.
constexpr std::size_t at_size = 0, at_mode = 12, at_start = 16, at_sampling = 28, at_cell = 40, at_angles = 52,
                      at_axes = 64, at_space_group = 88, at_extended = 92, at_kind = 104, at_section_bytes = 128,
                      at_section_flags = 130, at_imod = 152, at_imod_flags = 156, at_origin = 196, at_map = 208,
                      at_stamp = 212, at_label = 224;
constexpr std::size_t label_bytes = 80;
constexpr std::int32_t imod_stamp = 1146047817;  // "IMOD"
constexpr std::int32_t signed_bytes_flag = 1, standard_origin_flag = 4;
constexpr std::int32_t volume_stack = 401;  // space group of a stack of volumes, plus that of the crystal
constexpr std::array known_modes{0, 1, 2, 3, 4, 6, 12, 16, 101};

bool plausible(const Bytes& bytes) {
  for (std::size_t i = 0; i < 3; ++i) {
    const auto extent = bytes.number<std::int32_t>(at_size + 4 * i);
    if (extent < 1 || extent > 1 << 24) return false;
  }
  const auto extended = bytes.number<std::int32_t>(at_extended);
  return std::ranges::find(known_modes, bytes.number<std::int32_t>(at_mode)) != known_modes.end() && extended >= 0;
}

// The machine stamp, or what it must be where old files have none.
std::optional<bool> to_swapped(const std::string& raw) {
  static_assert(std::endian::native == std::endian::little);
  const auto stamp = static_cast<unsigned char>(raw[at_stamp]);
  const bool little = plausible(Bytes{raw, false}), big = plausible(Bytes{raw, true});
  if (stamp == 0x44 && little) return false;
  if (stamp == 0x11 && big) return true;
  if (little) return false;
  if (big) return true;
  return std::nullopt;
}

std::string trimmed(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return std::string{text};
}

std::optional<std::array<std::size_t, 3>> make_axes(const Bytes& bytes) {
  std::array<std::size_t, 3> axes{0, 1, 2};
  std::array<std::int32_t, 3> given{};
  for (std::size_t i = 0; i < 3; ++i) given[i] = bytes.number<std::int32_t>(at_axes + 4 * i);
  if (given == std::array<std::int32_t, 3>{0, 0, 0}) return axes;  // files before the field
  for (std::size_t i = 0; i < 3; ++i) {
    if (given[i] < 1 || given[i] > 3 || std::ranges::count(given, given[i]) != 1) return std::nullopt;
    axes[i] = static_cast<std::size_t>(given[i] - 1);
  }
  return axes;
}

// Cell over sampling; IMOD's sign of the origin is the opposite unless a flag says otherwise.
void place(const Bytes& bytes, Header& header) {
  Vec3 voxel{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto cell = static_cast<double>(bytes.number<float>(at_cell + 4 * i));
    const auto sampling = bytes.number<std::int32_t>(at_sampling + 4 * i);
    if (!(cell > 0) || !std::isfinite(cell) || sampling < 1) return;
    voxel[i] = cell / sampling * mm_per_angstrom;
  }
  header.voxel_mm = voxel;
  const bool imod = bytes.number<std::int32_t>(at_imod) == imod_stamp;
  const double sign = imod && (bytes.number<std::int32_t>(at_imod_flags) & standard_origin_flag) == 0 ? -1 : 1;
  bool said = false;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto origin = static_cast<double>(bytes.number<float>(at_origin + 4 * i));
    if (!std::isfinite(origin)) continue;
    header.origin_mm[i] = sign * origin * mm_per_angstrom;
    said = said || origin != 0;
  }
  if (said) return;
  for (std::size_t i = 0; i < 3; ++i)
    header.origin_mm[header.axis[i]] = bytes.number<std::int32_t>(at_start + 4 * i) * voxel[header.axis[i]];
}

}  // namespace

std::optional<Header> parse_header(const std::string& raw) {
  if (raw.size() < header_bytes) return std::nullopt;
  const auto swapped = to_swapped(raw);
  if (!swapped) return std::nullopt;
  const Bytes bytes{raw.substr(0, header_bytes), *swapped};
  const bool named = bytes.text(at_map, 3) == "MAP";
  const auto axes = make_axes(bytes);
  // Without the word, the axes must say that this is no accident.
  if (!axes || (!named && bytes.number<std::int32_t>(at_axes) == 0)) return std::nullopt;
  Header header;
  header.swapped = *swapped;
  header.axis = *axes;
  for (std::size_t i = 0; i < 3; ++i) header.size[i] = bytes.number<std::int32_t>(at_size + 4 * i);
  header.mode = bytes.number<std::int32_t>(at_mode);
  header.extended_bytes = static_cast<std::size_t>(bytes.number<std::int32_t>(at_extended));
  header.extended_kind = trimmed(bytes.text(at_kind, 4));
  header.section_bytes = bytes.number<std::int16_t>(at_section_bytes);
  header.section_flags = bytes.number<std::int16_t>(at_section_flags);
  header.unsigned_bytes = bytes.number<std::int32_t>(at_imod) == imod_stamp &&
                          (bytes.number<std::int32_t>(at_imod_flags) & signed_bytes_flag) == 0;
  for (std::size_t i = 0; i < 3; ++i) {  // some leave 0
    const auto angle = bytes.number<float>(at_angles + 4 * i);
    header.skewed = header.skewed || (std::isfinite(angle) && angle != 0 && std::abs(angle - 90) > 0.01F);
  }
  header.label = trimmed(bytes.text(at_label, label_bytes));
  const auto sampling = bytes.number<std::int32_t>(at_sampling + 8);
  if (bytes.number<std::int32_t>(at_space_group) >= volume_stack && sampling > 0 && sampling < header.size[2] &&
      header.size[2] % sampling == 0)
    header.sections_a_volume = sampling;
  place(bytes, header);
  return header;
}

std::int64_t payload_bytes(const Header& header) {
  const auto [columns, rows, sections] = header.size;
  if (header.skewed)
    throw Error{Errc::unsupported, "the angles of its cell are not 90 degrees, so that its voxels are no cuboids",
                "resample it on a rectangular cell"};
  switch (header.mode) {
    case 0: return columns * rows * sections;
    case 1:
    case 6:
    case 12: return 2 * columns * rows * sections;
    case 2: return 4 * columns * rows * sections;
    case 4: return 8 * columns * rows * sections;
    case 101: return (columns + 1) / 2 * rows * sections;
    default: break;
  }
  throw Error{Errc::unsupported,
              "the values have mode " + std::to_string(header.mode) +
                  (header.mode == 3    ? " (complex whole numbers)"
                   : header.mode == 16 ? " (colour)"
                                       : ""),
              "modes 0, 1, 2, 4, 6, 12 and 101 are read; convert the file, with IMOD by newstack -mode 2"};
}

namespace {

constexpr std::size_t old_fei_section = 128, old_fei_sections = 1024;  // bytes, most sections

// FEI's header of 1024 sections of 32 floats: tilt in degrees first, the pixel in metres as the twelfth.
Extended old_fei(const Bytes& bytes, std::int64_t sections) {
  Extended out;
  for (std::int64_t i = 0; i < sections; ++i)
    out.tilt_deg.push_back(static_cast<double>(bytes.number<float>(static_cast<std::size_t>(i) * old_fei_section)));
  out.pixel_mm = 1e3 * static_cast<double>(bytes.number<float>(11 * sizeof(float)));
  return out;
}

// FEI1 and FEI2: a section says its own size.
Extended new_fei(const Bytes& bytes, std::int64_t sections) {
  constexpr std::size_t at_tilt = 100, at_pixel = 156, least = 172;
  Extended out;
  std::size_t at = 0;
  for (std::int64_t i = 0; i < sections; ++i) {
    const auto size = static_cast<std::size_t>(std::max(bytes.number<std::int32_t>(at), 0));
    if (size < least) return {};
    out.tilt_deg.push_back(bytes.number<double>(at + at_tilt));
    if (i == 0) out.pixel_mm = 1e3 * bytes.number<double>(at + at_pixel);
    at += size;
  }
  return out;
}

// SerialEM: flag 1 says that a section begins with its tilt in hundredths of a degree.
Extended serial_em(const Bytes& bytes, const Header& header) {
  Extended out;
  if ((header.section_flags & 1) == 0 || header.section_bytes < 2) return out;
  for (std::int64_t i = 0; i < header.size[2]; ++i)
    out.tilt_deg.push_back(
        bytes.number<std::int16_t>(static_cast<std::size_t>(i) * static_cast<std::size_t>(header.section_bytes)) /
        100.0);
  return out;
}

bool is_old_fei(const Header& header) {
  return header.extended_kind.empty() && header.section_bytes == 0 && header.section_flags == 32 &&
         header.size[2] <= static_cast<std::int64_t>(old_fei_sections) && header.label.starts_with("Fei");
}

// A series turns: equal angles say that the field was not used.
bool turns(const std::vector<double>& angles) {
  return std::ranges::all_of(angles, [](double a) { return std::isfinite(a) && std::abs(a) <= 360; }) &&
         std::ranges::adjacent_find(angles, std::not_equal_to{}) != angles.end();
}

}  // namespace

Extended read_extended(const fs::path& file, const Header& header) {
  if (header.extended_bytes == 0 || header.extended_bytes > (std::size_t{1} << 28)) return {};
  std::string raw(header.extended_bytes, '\0');
  std::ifstream in{file, std::ios::binary};
  in.seekg(static_cast<std::streamoff>(header_bytes));
  if (!in.read(raw.data(), static_cast<std::streamsize>(raw.size()))) return {};
  const Bytes bytes{std::move(raw), header.swapped};
  Extended out;
  try {
    if (is_old_fei(header))
      out = old_fei(bytes, header.size[2]);
    else if (header.extended_kind == "FEI1" || header.extended_kind == "FEI2")
      out = new_fei(bytes, header.size[2]);
    else if (header.extended_kind == "SERI")
      out = serial_em(bytes, header);
  } catch (const std::out_of_range&) {
    return {};  // shorter than its sections: it says nothing
  }
  if (!turns(out.tilt_deg)) out.tilt_deg.clear();
  constexpr double least_mm = 1e-10, most_mm = 10;
  if (out.pixel_mm && !(*out.pixel_mm > least_mm && *out.pixel_mm < most_mm)) out.pixel_mm.reset();
  return out;
}

std::optional<fs::path> angles_beside(const fs::path& stack) {
  const bool aligned = has_extension(stack, ".ali");
  for (const char* extension : {aligned ? ".tlt" : ".rawtlt", aligned ? ".rawtlt" : ".tlt"}) {
    fs::path beside = fs::path{stack}.replace_extension(extension);
    std::error_code problem;
    if (fs::is_regular_file(beside, problem)) return beside;
  }
  return std::nullopt;
}

std::vector<double> read_angles(const fs::path& file) {
  std::istringstream in{read_text_file(file)};
  std::vector<double> angles;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    std::string_view text{line};
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
    if (text.empty()) continue;
    const auto angle = to_number(text);
    if (!angle || !std::isfinite(*angle) || std::abs(*angle) > 360)
      throw Error{Errc::invalid_input,
                  "line " + std::to_string(number) + " of the tilt angles '" + file.filename().string() + "' is '" +
                      std::string{text.substr(0, 40)} + "', an angle in degrees was expected",
                  "a file of tilt angles holds one a line, as many as the stack has views"};
    angles.push_back(*angle);
  }
  if (angles.empty())
    throw Error{Errc::invalid_input, "the tilt angles '" + file.filename().string() + "' hold no angle",
                "a file of tilt angles holds one a line, as many as the stack has views"};
  return angles;
}

}  // namespace iso::io::detail::mrc
