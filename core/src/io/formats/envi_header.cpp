#include "io/formats/envi_impl.h"
#include "io/formats/payload_impl.h"

#include "iso/base/error.h"
#include "iso/spectra/axis.h"
#include "iso/spectra/colour.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>

/// The header of ENVI, by its published description (ENVI Header Files) and by what writers make of it.
namespace iso::io::detail::envi {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_header = std::size_t{1} << 26;
constexpr std::array types{std::pair{1, FileType::u8},   std::pair{2, FileType::i16},  std::pair{3, FileType::i32},
                           std::pair{4, FileType::f32},  std::pair{5, FileType::f64},  std::pair{6, FileType::c64},
                           std::pair{9, FileType::c128}, std::pair{12, FileType::u16}, std::pair{13, FileType::u32},
                           std::pair{14, FileType::i64}, std::pair{15, FileType::u64}};
constexpr std::array<std::string_view, 3> interleaves{"bsq", "bil", "bip"};

std::string trimmed(std::string_view text) {
  const auto blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return std::string{text};
}

std::string to_key(std::string_view text) {
  std::string key;
  for (char c : lower(trimmed(text))) {
    if (c == '_' || c == '\t') c = ' ';
    if (c != ' ' || !key.ends_with(' ')) key += c;
  }
  return key;
}

std::string without_braces(const std::string& value) {
  if (!value.starts_with('{')) return value;
  return trimmed(std::string_view{value}.substr(1, value.size() - (value.ends_with('}') ? 2 : 1)));
}

[[noreturn]] void refuse(const std::string& what, const std::string& hint = "correct the header") {
  throw Error{Errc::invalid_input, "the ENVI header " + what, hint};
}

std::string joined(const std::vector<double>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    text += (i == 0 ? "" : i % 8 == 0 ? ",\n  " : ", ") + exact(numbers[i]);
  return text;
}

/// Keys that become members, or say how the numbers stand.
const std::set<std::string>& own_keys() {
  static const std::set<std::string> keys{"samples",
                                          "lines",
                                          "bands",
                                          "data type",
                                          "interleave",
                                          "byte order",
                                          "file type",
                                          "wavelength",
                                          "wavelength units",
                                          "fwhm",
                                          "bbl",
                                          "band names",
                                          "data ignore value",
                                          "default bands",
                                          "reflectance scale factor",
                                          "header offset",
                                          "description",
                                          "file compression",
                                          "spectra names",
                                          "spectra classes"};
  return keys;
}

}  // namespace

std::string_view to_string(Interleave interleave) noexcept { return interleaves[static_cast<std::size_t>(interleave)]; }

Header::Header(const std::string& text) {
  std::istringstream lines{text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text};
  std::string line;
  std::size_t number = 0, begun = 0;
  std::string key, value;
  bool open = false;
  while (std::getline(lines, line)) {
    ++number;
    const std::string bare = trimmed(line);
    if (number == 1 && bare.starts_with("ENVI")) continue;
    if (!open) {
      if (bare.empty() || bare[0] == ';') continue;
      const auto equals = bare.find('=');
      if (equals == std::string::npos) continue;  // a line that says nothing
      key = to_key(bare.substr(0, equals));
      value = trimmed(std::string_view{bare}.substr(equals + 1));
      begun = number;
      open = value.starts_with('{') && value.find('}') == std::string::npos;
    } else {
      value += ' ' + bare;
      open = bare.find('}') == std::string::npos;
    }
    if (open) continue;
    if (const auto end = value.find('}'); value.starts_with('{') && end != std::string::npos) value.resize(end + 1);
    if (values_.contains(key) && values_[key] != value)
      warn("the ENVI header says '" + key + "' twice, the last counts");
    values_[key] = value;
  }
  if (open) refuse("begins '" + key + "' in line " + std::to_string(begun) + " with a brace that is never closed");
}

std::string Header::text(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::string{} : without_braces(found->second);
}

std::int64_t Header::whole(const std::string& key, std::int64_t least) const {
  if (!has(key)) refuse("lacks '" + key + "'", "add the line '" + key + " = ...'");
  const auto value = to_number(text(key));
  if (!value || *value != std::floor(*value) || *value < static_cast<double>(least) || *value > 1e15)
    refuse("says '" + key + " = " + text(key).substr(0, 40) + "', a whole number of " + std::to_string(least) +
           " or more was expected");
  return static_cast<std::int64_t>(*value);
}

std::int64_t Header::whole_or(const std::string& key, std::int64_t least, std::int64_t otherwise) const {
  return has(key) && !text(key).empty() ? whole(key, least) : otherwise;
}

std::vector<std::string> Header::list(const std::string& key) const {
  const std::string all = text(key);
  std::vector<std::string> parts;
  if (all.empty()) return parts;
  const bool commas = all.find(',') != std::string::npos;
  std::string part;
  const auto end_part = [&] {
    parts.push_back(trimmed(part));
    part.clear();
  };
  for (const char c : all) {
    const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (commas ? c == ',' : blank && key != "band names" && key != "spectra names") {
      if (commas || !trimmed(part).empty()) end_part();
    } else {
      part += c;
    }
  }
  if (!trimmed(part).empty()) end_part();
  return parts;
}

std::vector<double> Header::numbers(const std::string& key, std::size_t count, Metadata& meta) const {
  const auto parts = list(key);
  if (parts.empty()) return {};
  if (parts.size() != count) {
    assume(meta, "nothing of the list '" + key + "': it has " + std::to_string(parts.size()) + " entries for " +
                     std::to_string(count) + " bands");
    return {};
  }
  std::vector<double> values;
  for (const auto& part : parts) {
    const auto value = to_number(part);
    if (!value || !std::isfinite(*value)) {
      assume(meta, "nothing of the list '" + key + "': '" + part.substr(0, 20) + "' in it is no number");
      return {};
    }
    values.push_back(*value);
  }
  return values;
}

std::optional<double> Header::number(const std::string& key, Metadata& meta) const {
  if (!has(key)) return std::nullopt;
  auto value = to_number(text(key));
  if (!value && lower(text(key)) == "nan") value = std::nan("");
  if (!value) assume(meta, "nothing of '" + key + "': '" + text(key).substr(0, 20) + "' is no number");
  return value;
}

std::uint64_t Layout::bytes() const {
  return static_cast<std::uint64_t>(samples) * static_cast<std::uint64_t>(lines) * static_cast<std::uint64_t>(bands) *
         byte_count(type);
}

int to_code(FileType type) { return std::ranges::find(types, type, &std::pair<int, FileType>::second)->first; }

Layout to_layout(const Header& header) {
  Layout layout;
  layout.samples = header.whole("samples", 1);
  layout.lines = header.whole("lines", 1);
  layout.bands = header.whole("bands", 1);
  const auto code = header.whole("data type", 0);
  const auto type = std::ranges::find(types, code, &std::pair<int, FileType>::first);
  if (type == types.end())
    refuse("says 'data type = " + std::to_string(code) + "', which is none of 1 to 6, 9, 12 to 15");
  layout.type = type->second;
  if (!header.has("interleave")) refuse("lacks 'interleave'", "add the line 'interleave = bsq', bil or bip");
  const std::string order = lower(header.text("interleave"));
  const auto known = std::ranges::find(interleaves, order);
  if (known == interleaves.end())
    refuse("says 'interleave = " + order.substr(0, 20) + "', bsq, bil or bip was expected");
  layout.interleave = static_cast<Interleave>(known - interleaves.begin());
  const auto byte_order = header.whole_or("byte order", 0, 0);
  if (byte_order > 1) refuse("says 'byte order = " + std::to_string(byte_order) + "', 0 or 1 was expected");
  layout.big_endian = byte_order == 1;
  layout.offset = static_cast<std::uint64_t>(header.whole_or("header offset", 0, 0));
  layout.packed = header.whole_or("file compression", 0, 0) != 0;
  for (const char* const key : {"major frame offsets", "minor frame offsets"})
    for (const auto& part : header.list(key))
      if (to_number(part).value_or(0) != 0)
        not_supported("the ENVI header says '" + std::string{key} + "'", "save it without gaps");
  // Shape throws for sizes whose product cannot be; bytes count besides.
  const Shape shape{layout.samples, layout.lines, layout.bands};
  if (shape.count() > (std::int64_t{1} << 58)) refuse("says sizes that cannot be: " + shape.text());
  return layout;
}

std::optional<Files> find_files(const fs::path& file) {
  std::error_code problem;
  const auto is_header = [](const fs::path& path) {
    std::string start = first_bytes(path, 16);
    if (start.starts_with("\xef\xbb\xbf")) start.erase(0, 3);
    return start.starts_with("ENVI") && (start.size() == 4 || std::isspace(static_cast<unsigned char>(start[4])) != 0);
  };
  const auto with = [](fs::path path, const char* extension) { return path.replace_extension(extension); };
  if (!is_header(file)) {
    for (const fs::path& header :
         {fs::path{file.string() + ".hdr"}, fs::path{file.string() + ".HDR"}, with(file, ".hdr"), with(file, ".HDR")})
      if (header != file && is_header(header)) return Files{header, file};
    return std::nullopt;
  }
  Files files{file, {}};
  std::vector<fs::path> places;
  if (has_extension(file, ".hdr")) places.push_back(with(file, ""));
  for (const char* const extension :
       {".img", ".dat", ".bsq", ".bil", ".bip", ".raw", ".sli", ".IMG", ".DAT", ".BSQ", ".BIL", ".BIP", ".RAW", ".SLI"})
    places.push_back(with(file, extension));
  for (const auto& place : places)
    if (files.data.empty() && place != file && fs::is_regular_file(place, problem)) files.data = place;
  return files;
}

Header read_header(const Files& files) {
  if (files.data.empty())
    throw Error{Errc::cannot_read,
                "the data file of the header '" + files.header.filename().string() + "' is not beside it",
                "it has the name of the header without .hdr, or with .img, .dat, .bsq, .bil, .bip, .raw or .sli"};
  if (size_of_file(files.header) > most_header) refuse("has more than 64 MiB", "check that it is the header");
  const Header header{first_bytes(files.header, most_header)};
  return header;
}

void take_bands(const Header& header, std::size_t count, SpectralCube& cube) {
  Metadata& meta = cube.meta;
  auto centres = header.numbers("wavelength", count, meta);
  auto widths = header.numbers("fwhm", count, meta);
  if (!centres.empty()) {
    const std::string said = header.text("wavelength units");
    auto unit = spectra::axis_unit(said);
    if (!unit && !said.empty() && lower(said) != "unknown") {
      unit = spectra::AxisUnit{"position", said, 1};
      assume(meta, "nothing of the unit '" + said.substr(0, 30) + "' of the bands, which is kept as it is");
    }
    if (!unit) {
      unit = spectra::guess_axis_unit(centres);
      assume(meta,
             std::string{"wavelengths in "} + (unit->factor == 1 ? "nm" : "micrometres") + ", as no unit is given");
    }
    for (double& centre : centres) centre *= unit->factor;
    for (double& width : widths) width *= unit->factor;
    cube.bands = {unit->name, unit->unit, std::move(centres)};
    if (std::ranges::any_of(widths, [](double width) { return !(width > 0); })) {
      assume(meta, "nothing of the list 'fwhm': a width in it is not above 0");
      widths.clear();
    }
    if (!widths.empty()) cube.band_widths = {"width", cube.bands.unit, std::move(widths)};
  }
  if (const auto good = header.numbers("bbl", count, meta); !good.empty()) {
    PixelBuffer mask = PixelBuffer::allocate({Shape{static_cast<std::int64_t>(count)}, ScalarType::u8});
    for (std::size_t band = 0; band < count; ++band) mask.values<std::uint8_t>()[band] = good[band] != 0 ? 1 : 0;
    cube.band_mask = std::move(mask);
  }
  if (const auto names = header.list("band names"); !names.empty()) {
    if (names.size() == count)
      meta[spectra::band_names_key] = header.text("band names");
    else
      assume(meta, "nothing of the list 'band names': it has " + std::to_string(names.size()) + " entries for " +
                       std::to_string(count) + " bands");
  }
  if (const auto bands = header.text("default bands"); !bands.empty()) meta[spectra::default_bands_key] = bands;
  if (const auto words = header.text("description"); !words.empty()) meta["description"] = words;
  for (const auto& [key, value] : header.values())
    if (!own_keys().contains(key)) meta[spectra::envi_prefix + key] = value;
}

std::string layout_keys(const Layout& layout, const std::string& file_type, const Metadata& meta) {
  std::string text = "ENVI\n";
  if (const auto words = meta.find("description"); words != meta.end())
    text += "description = {" + words->second + "}\n";
  text += "samples = " + std::to_string(layout.samples) + "\nlines = " + std::to_string(layout.lines) +
          "\nbands = " + std::to_string(layout.bands) + "\nheader offset = 0\nfile type = " + file_type +
          "\ndata type = " + std::to_string(to_code(layout.type)) +
          "\ninterleave = " + std::string{to_string(layout.interleave)} +
          "\nbyte order = " + (layout.big_endian ? "1" : "0") + "\n";
  return text;
}

std::string band_keys(const SpectralCube& cube) {
  const auto count = static_cast<std::size_t>(cube.pixels.spec().shape[2]);
  std::string text;
  const auto add = [&](const std::string& key, const std::string& value) { text += key + " = " + value + "\n"; };
  if (!cube.bands.empty()) {
    const auto kind = spectra::to_kind(cube.bands);
    add("wavelength units", kind == spectra::AxisKind::wavelength    ? "Nanometers"
                            : kind == spectra::AxisKind::raman_shift ? "Wavenumber"
                            : kind == spectra::AxisKind::index       ? "Index"
                                                                     : cube.bands.unit);
    add("wavelength", "{\n  " + joined(cube.bands.sampled(count)) + "}");
  }
  if (!cube.band_widths.empty()) add("fwhm", "{\n  " + joined(cube.band_widths.sampled(count)) + "}");
  if (!cube.band_mask.empty()) {
    std::vector<double> good;
    for (const auto one : cube.band_mask.values<std::uint8_t>()) good.push_back(one != 0 ? 1 : 0);
    add("bbl", "{\n  " + joined(good) + "}");
  }
  for (const auto& [name, value] : cube.meta) {
    if (name == spectra::band_names_key) add("band names", "{" + value + "}");
    if (name == spectra::default_bands_key) add("default bands", "{" + value + "}");
    if (name.starts_with(spectra::envi_prefix)) add(name.substr(std::string_view{spectra::envi_prefix}.size()), value);
  }
  return text;
}

}  // namespace iso::io::detail::envi
