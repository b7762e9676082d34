#pragma once

#include "io/formats/image_impl.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <sstream>
#include <utility>

/// The header of an NRRD file, by the definition of the format (teem.sourceforge.net/nrrd/format.html).
namespace iso::io::detail::nrrd {

inline constexpr std::size_t most_header = std::size_t{1} << 20;
static_assert(std::endian::native == std::endian::little);

struct Text {
  std::map<std::string, std::string> fields;  // names in lower case without blanks
  std::map<std::string, std::string> keys;    // key:=value
  std::vector<std::string> list;              // file names behind "data file: LIST"
  std::size_t bytes{0};                       // of the header with its empty line
};

inline std::string trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return std::string{text};
}

inline std::string field_name(std::string name) {
  name = lower(std::move(name));
  std::erase_if(name, [](char c) { return c == ' ' || c == '-' || c == '_'; });
  return name;
}

inline Text to_text(const std::string& start) {
  Text text;
  std::size_t at = 0;
  bool first = true;
  while (at < start.size()) {
    const std::size_t end = start.find('\n', at);
    if (end == std::string::npos) break;
    std::string line = start.substr(at, end - at);
    at = end + 1;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (std::exchange(first, false) || (!line.empty() && line[0] == '#')) continue;
    if (line.empty()) {
      text.bytes = at;
      return text;
    }
    if (!text.list.empty() ||
        (text.fields.contains("datafile") && lower(text.fields["datafile"]).starts_with("list"))) {
      text.list.push_back(trimmed(line));
      continue;
    }
    const auto key = line.find(":="), field = line.find(':');
    if (key != std::string::npos && key == field) {
      text.keys[line.substr(0, key)] = line.substr(key + 2);
    } else if (field != std::string::npos) {
      const std::string name = field_name(line.substr(0, field));
      if (!text.fields.try_emplace(name, trimmed(std::string_view{line}.substr(field + 1))).second)
        throw Error{Errc::invalid_input, "the NRRD header says '" + line.substr(0, field) + "' twice",
                    "the header is damaged"};
    } else {
      throw Error{Errc::invalid_input, "the NRRD header holds a line without a colon: '" + line.substr(0, 40) + "'",
                  "the header is damaged"};
    }
  }
  // A detached header may end with the file.
  if (!text.fields.contains("datafile"))
    throw Error{Errc::cannot_read, "the NRRD header has no end", "check that the file is complete"};
  text.bytes = start.size();
  return text;
}

inline std::vector<std::string> to_words(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in{text};
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// "(1,0,0) (0,1,0) none" as vectors, empty for none.
inline std::vector<std::vector<double>> to_vectors(const std::string& text, const std::string& field) {
  std::vector<std::vector<double>> vectors;
  for (std::size_t at = 0; at < text.size();) {
    if (std::isspace(static_cast<unsigned char>(text[at]))) {
      ++at;
    } else if (text[at] == '(') {
      const auto end = text.find(')', at);
      if (end == std::string::npos) throw Error{Errc::invalid_input, "the NRRD field '" + field + "' is not sound"};
      std::vector<double> numbers;
      for (const auto& part : split(std::string_view{text}.substr(at + 1, end - at - 1))) {
        const auto number = to_number(part);
        if (!number)
          throw Error{Errc::invalid_input,
                      "the NRRD field '" + field + "' holds '" + part + "', a number was expected"};
        numbers.push_back(*number);
      }
      vectors.push_back(std::move(numbers));
      at = end + 1;
    } else {
      const auto end = std::min(text.find_first_of(" \t(", at), text.size());
      if (lower(text.substr(at, end - at)) != "none")
        throw Error{Errc::invalid_input, "the NRRD field '" + field + "' holds '" + text.substr(at, end - at) + "'"};
      vectors.emplace_back();
      at = end;
    }
  }
  return vectors;
}

// "mm" "mm" "mm", with or without quotes.
inline std::vector<std::string> quoted_words(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    if (std::isspace(static_cast<unsigned char>(text[at]))) {
      ++at;
    } else if (text[at] == '"') {
      const auto end = std::min(text.find('"', at + 1), text.size());
      words.push_back(text.substr(at + 1, end - at - 1));
      at = end + 1;
    } else {
      const auto end = std::min(text.find_first_of(" \t", at), text.size());
      words.push_back(text.substr(at, end - at));
      at = end;
    }
  }
  return words;
}

inline FileType to_type(const std::string& name) {
  static const std::map<std::string, FileType> known{{"signed char", FileType::i8},
                                                     {"int8", FileType::i8},
                                                     {"int8_t", FileType::i8},
                                                     {"uchar", FileType::u8},
                                                     {"unsigned char", FileType::u8},
                                                     {"uint8", FileType::u8},
                                                     {"uint8_t", FileType::u8},
                                                     {"short", FileType::i16},
                                                     {"short int", FileType::i16},
                                                     {"signed short", FileType::i16},
                                                     {"signed short int", FileType::i16},
                                                     {"int16", FileType::i16},
                                                     {"int16_t", FileType::i16},
                                                     {"ushort", FileType::u16},
                                                     {"unsigned short", FileType::u16},
                                                     {"unsigned short int", FileType::u16},
                                                     {"uint16", FileType::u16},
                                                     {"uint16_t", FileType::u16},
                                                     {"int", FileType::i32},
                                                     {"signed int", FileType::i32},
                                                     {"int32", FileType::i32},
                                                     {"int32_t", FileType::i32},
                                                     {"uint", FileType::u32},
                                                     {"unsigned int", FileType::u32},
                                                     {"uint32", FileType::u32},
                                                     {"uint32_t", FileType::u32},
                                                     {"longlong", FileType::i64},
                                                     {"long long", FileType::i64},
                                                     {"long long int", FileType::i64},
                                                     {"signed long long", FileType::i64},
                                                     {"signed long long int", FileType::i64},
                                                     {"int64", FileType::i64},
                                                     {"int64_t", FileType::i64},
                                                     {"ulonglong", FileType::u64},
                                                     {"unsigned long long", FileType::u64},
                                                     {"unsigned long long int", FileType::u64},
                                                     {"uint64", FileType::u64},
                                                     {"uint64_t", FileType::u64},
                                                     {"float", FileType::f32},
                                                     {"double", FileType::f64}};
  const auto found = known.find(lower(name));
  if (found == known.end())
    not_supported("the pixels are of the type '" + name.substr(0, 40) + "'", "save them as numbers");
  return found->second;
}

class Header {
 public:
  explicit Header(const std::string& start) : text_{to_text(start)} {
    rank_ = whole("dimension", 1, 16);
    for (const auto& word : to_words(needed("sizes"))) {
      std::int64_t extent = 0;
      const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), extent);
      if (problem != std::errc{} || end != word.data() + word.size() || extent < 1)
        throw Error{Errc::invalid_input, "the NRRD header gives an axis the extent '" + word.substr(0, 40) + "'"};
      sizes_.push_back(extent);
    }
    if (static_cast<std::int64_t>(sizes_.size()) != rank_)
      throw Error{Errc::invalid_input, "the NRRD header says " + std::to_string(rank_) + " axes and gives " +
                                           std::to_string(sizes_.size()) + " sizes"};
    type_ = to_type(needed("type"));
    encoding_ = lower(needed("encoding"));
    kinds_ = per_axis("kinds");
    for (std::string& kind : kinds_) kind = lower(std::move(kind));
    if (text_.fields.contains("spacedirections")) {
      directions_ = to_vectors(text_.fields.at("spacedirections"), "space directions");
      if (directions_.size() != sizes_.size())
        throw Error{Errc::invalid_input, "the NRRD header gives " + std::to_string(directions_.size()) +
                                             " space directions to " + std::to_string(sizes_.size()) + " axes"};
    }
    for (const auto& [field, to] :
         {std::pair{"spacings", &spacings_}, std::pair{"axismins", &mins_}, std::pair{"axismaxs", &maxs_}})
      for (const auto& word : per_axis(field)) to->push_back(to_number(word).value_or(std::nan("")));
  }

  [[nodiscard]] const std::string& encoding() const { return encoding_; }
  [[nodiscard]] const Text& text() const { return text_; }
  [[nodiscard]] std::string field(const std::string& name) const {
    const auto found = text_.fields.find(name);
    return found == text_.fields.end() ? std::string{} : found->second;
  }
  [[nodiscard]] std::int64_t whole_or(const std::string& name, std::int64_t otherwise, std::int64_t least) const {
    return text_.fields.contains(name) ? whole(name, least, std::int64_t{1} << 50) : otherwise;
  }
  /// Whether an axis holds components that turn with space.
  [[nodiscard]] bool holds_vectors() const {
    return std::ranges::any_of(kinds_, [](const std::string& kind) {
      return kind == "vector" || kind == "covariant-vector" || kind == "normal" || kind == "2-vector" ||
             kind == "3-vector" || kind == "4-vector" || kind == "3-gradient" || kind == "3-normal" ||
             kind.find("matrix") != std::string::npos;
    });
  }
  [[nodiscard]] Stored stored() const {
    Stored s{type_, false, sizes_};
    const std::string endian = lower(field("endian"));
    if (endian == "big") {
      s.swapped = true;
    } else if (endian != "little" && byte_count(type_) > 1 && encoding_ != "text" && encoding_ != "ascii" &&
               encoding_ != "txt") {
      throw Error{Errc::invalid_input, "the NRRD header does not say the order of bytes (endian)",
                  "the header is damaged"};
    }
    return s;
  }

  // The axes that are in space first, then the others; what is no axis of space, time or a list of values is a component.
  struct Layout {
    std::vector<std::size_t> space, others;
    std::optional<std::size_t> components;  // the axis of the components of colours and complex numbers
    bool colour{false}, complex{false};
  };
  [[nodiscard]] Layout layout() const {
    Layout l;
    for (std::size_t axis = 0; axis < sizes_.size(); ++axis) {
      const std::string kind = axis < kinds_.size() ? kinds_[axis] : "";
      if (kind == "hsv-color" || kind == "xyz-color")
        not_supported("the pixels are colours of the kind '" + kind + "'", "save them as RGB");
      if (kind == "complex" && sizes_[axis] == 2 && type_ != FileType::f32 && type_ != FileType::f64)
        not_supported("the pixels are complex whole numbers", "save them as complex floats");
      if (kind == "complex" && sizes_[axis] == 2 && (type_ == FileType::f32 || type_ == FileType::f64)) {
        l.components = axis;
        l.complex = true;
      } else if (kind == "rgb-color" || kind == "rgba-color" || (kind == "3-color" && sizes_[axis] == 3) ||
                 (kind == "4-color" && sizes_[axis] == 4)) {
        l.components = axis;
        l.colour = true;
      } else if (in_space(axis, kind)) {
        l.space.push_back(axis);
      } else {
        l.others.push_back(axis);
      }
    }
    while (l.space.size() > 3) {
      l.others.insert(l.others.begin(), l.space.back());
      l.space.pop_back();
    }
    return l;
  }

  // Of the axes in space; time_step_s of the others.
  [[nodiscard]] VoxelGrid grid(const Layout& l, Metadata& meta) const {
    VoxelGrid grid;
    const double mm = millimetres(meta);
    Mat3 turn = identity3;
    bool placed = true;
    const std::string space = lower(field("space"));
    if (space.starts_with("right-anterior-superior") || space.starts_with("ras"))
      turn = {-1, 0, 0, 0, -1, 0, 0, 0, 1};
    else if (space.starts_with("left-anterior-superior") || space.starts_with("las"))
      turn = {1, 0, 0, 0, -1, 0, 0, 0, 1};
    else if (!space.starts_with("left-posterior-superior") && !space.starts_with("lps"))
      placed = false;
    for (std::size_t i = 0; i < l.space.size(); ++i) {
      const std::size_t axis = l.space[i];
      grid.size[i] = sizes_[axis];
      if (!directions_.empty()) {
        take_direction(axis, i, turn, mm, grid);
      } else {
        grid.spacing_mm[i] = spacing(axis, meta) * mm;
        if (axis < mins_.size() && std::isfinite(mins_[axis]))
          grid.origin_mm[i] = (mins_[axis] + (cells(axis) ? 0.5 * grid.spacing_mm[i] / mm : 0)) * mm;
      }
    }
    complete(l.space.size(), grid);
    if (const std::string origin = field("spaceorigin"); !origin.empty()) {
      const auto vectors = to_vectors(origin, "space origin");
      if (vectors.size() != 1 || vectors[0].empty())
        throw Error{Errc::invalid_input, "the NRRD field 'space origin' is not one vector"};
      for (std::size_t row = 0; row < 3; ++row) {
        grid.origin_mm[row] = row < vectors[0].size() ? turn[4 * row] * vectors[0][row] * mm : 0;
        if (grid.origin_mm[row] == 0) grid.origin_mm[row] = 0;
      }
    } else if (!directions_.empty()) {
      assume(meta, "the first voxel at 0, as the file says no space origin");
    }
    if (!placed) {
      meta["orientation"] = "unknown";
      if (!space.empty())
        assume(meta, "axes of the space '" + space.substr(0, 40) + "' taken for left, posterior, superior");
    }
    return grid;
  }
  [[nodiscard]] std::optional<double> time_step_s(const Layout& l) const {
    if (l.others.size() != 1) return std::nullopt;
    const std::size_t axis = l.others[0];
    std::string unit;
    double step = std::nan("");
    if (axis < directions_.size() && directions_[axis].size() == 4) {
      step = std::abs(directions_[axis][3]);
      const auto units = quoted_words(field("spaceunits"));
      unit = units.size() > 3 ? units[3] : "s";
    } else if (axis < spacings_.size()) {
      step = spacings_[axis];
      const auto units = quoted_words(field("units"));
      unit = axis < units.size() ? units[axis] : axis < kinds_.size() && kinds_[axis] == "time" ? "s" : "";
    }
    const auto seconds = seconds_in(unit.empty() ? "none" : unit);
    if (!(step > 0) || !std::isfinite(step) || !seconds) return std::nullopt;
    return step * *seconds;
  }

 private:
  [[nodiscard]] std::string needed(const std::string& name) const {
    const auto found = text_.fields.find(name);
    if (found == text_.fields.end())
      throw Error{Errc::invalid_input, "the NRRD header says no '" + name + "'", "the header is damaged"};
    return found->second;
  }
  [[nodiscard]] std::int64_t whole(const std::string& name, std::int64_t least, std::int64_t most) const {
    const std::string text = needed(name);
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || value < least || value > most)
      throw Error{Errc::invalid_input, "the NRRD header says '" + text.substr(0, 40) + "' for '" + name + "'",
                  "the header is damaged"};
    return value;
  }
  [[nodiscard]] std::vector<std::string> per_axis(const std::string& name) const {
    if (!text_.fields.contains(name)) return {};
    auto words = name == "kinds" ? quoted_words(field(name)) : to_words(field(name));
    if (words.size() != sizes_.size())
      throw Error{Errc::invalid_input, "the NRRD field '" + name + "' has " + std::to_string(words.size()) +
                                           " entries for " + std::to_string(sizes_.size()) + " axes"};
    return words;
  }
  [[nodiscard]] bool in_space(std::size_t axis, const std::string& kind) const {
    if (!directions_.empty()) {
      const auto& d = directions_[axis];
      if (d.empty()) return false;
      return d.size() < 4 || d[0] != 0 || d[1] != 0 || d[2] != 0;  // else along the time of a space with time
    }
    return kind.empty() || kind == "domain" || kind == "space" || kind == "???" || kind == "none";
  }
  [[nodiscard]] bool cells(std::size_t axis) const {
    const std::string text = field("centers").empty() ? field("centerings") : field("centers");
    const auto words = to_words(text);
    return !(axis < words.size() && lower(words[axis]) == "node");
  }
  [[nodiscard]] double spacing(std::size_t axis, Metadata& meta) const {
    if (axis < spacings_.size() && std::isfinite(spacings_[axis])) {
      if (spacings_[axis] == 0)
        throw Error{Errc::invalid_input, "the NRRD header says a spacing of 0 along axis " + std::to_string(axis + 1)};
      return std::abs(spacings_[axis]);
    }
    if (axis < mins_.size() && axis < maxs_.size() && std::isfinite(mins_[axis]) && maxs_[axis] > mins_[axis]) {
      const auto steps = static_cast<double>(sizes_[axis] - (cells(axis) ? 0 : 1));
      if (steps > 0) return (maxs_[axis] - mins_[axis]) / steps;
    }
    if (sizes_[axis] > 1 || axis < 2)
      assume(meta, "a spacing of 1 mm along axis " + std::to_string(axis + 1) + ", which the file does not say");
    return 1;
  }
  [[nodiscard]] double millimetres(Metadata& meta) const {
    const auto units = quoted_words(field(directions_.empty() ? "units" : "spaceunits"));
    if (!directions_.empty() && units.empty())
      for (const auto& unit : quoted_words(field("units")))
        if (const auto mm = millimetres_in(unit); mm && *mm != 1) {
          assume(meta, "space directions in mm, as 'units' are those of the axes and 'space units' are not said");
          break;
        }
    std::optional<double> factor;
    for (std::size_t i = 0; i < std::min<std::size_t>(units.size(), 3); ++i) {
      if (units[i].empty() || units[i] == "???" || lower(units[i]) == "none") continue;
      const auto mm = millimetres_in(units[i]);
      if (!mm) {
        if (seconds_in(units[i])) continue;
        assume(meta, "lengths in mm, as the unit '" + units[i].substr(0, 20) + "' is not known");
        continue;
      }
      if (factor && *factor != *mm)
        throw Error{Errc::invalid_input, "the NRRD header gives lengths in different units", "write them in mm"};
      factor = mm;
    }
    return factor.value_or(1);
  }
  void take_direction(std::size_t axis, std::size_t i, const Mat3& turn, double mm, VoxelGrid& grid) const {
    const std::vector<double>& d = directions_[axis];
    Vec3 v{};
    for (std::size_t row = 0; row < 3 && row < d.size(); ++row) v[row] = turn[4 * row] * d[row];
    const double length = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    if (!(length > 0) || !std::isfinite(length))
      throw Error{Errc::invalid_input, "the NRRD header gives an axis a direction without length",
                  "the header is damaged"};
    if (axis < spacings_.size() && std::isfinite(spacings_[axis]) &&
        std::abs(std::abs(spacings_[axis]) / length - 1) > 1e-4)
      throw Error{Errc::invalid_input,
                  "the NRRD header contradicts itself: its spacing along axis " + std::to_string(axis + 1) + " is " +
                      short_number(spacings_[axis]) + ", its space direction " + short_number(length) + " long",
                  "leave the spacings out"};
    grid.spacing_mm[i] = length * mm;
    for (std::size_t row = 0; row < 3; ++row) grid.direction[3 * row + i] = v[row] / length + 0.0;
  }
  // Of an image of one or two axes: the directions that are left, at right angles to them.
  void complete(std::size_t known, VoxelGrid& grid) const {
    if (directions_.empty() || known >= 3 || known == 0) return;
    const auto column = [&](std::size_t i) {
      return Vec3{grid.direction[i], grid.direction[3 + i], grid.direction[6 + i]};
    };
    const auto cross = [](const Vec3& a, const Vec3& b) {
      return Vec3{a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
    };
    const auto put = [&](std::size_t i, const Vec3& v) {
      const double length = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
      for (std::size_t row = 0; row < 3; ++row) grid.direction[3 * row + i] = v[row] / length;
    };
    if (known == 1) {
      const Vec3 a = column(0);
      put(1, std::abs(a[0]) < 0.9 ? cross(Vec3{0, 0, 1}, a)[0] == 0 && cross(Vec3{0, 0, 1}, a)[1] == 0
                                        ? Vec3{0, 1, 0}
                                        : cross(Vec3{0, 0, 1}, a)
                                  : cross(Vec3{0, 0, 1}, a));
    }
    put(2, cross(column(0), column(1)));
  }

  Text text_;
  std::int64_t rank_{0};
  std::vector<std::int64_t> sizes_;
  FileType type_{};
  std::string encoding_;
  std::vector<std::string> kinds_;
  std::vector<std::vector<double>> directions_;
  std::vector<double> spacings_, mins_, maxs_;
};

}  // namespace iso::io::detail::nrrd
