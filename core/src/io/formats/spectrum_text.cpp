#include "io/cube_builder_impl.h"
#include "io/handlers_impl.h"

#include "iso/base/error.h"
#include "iso/spectra/axis.h"
#include "iso/spectra/library.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

/// Spectra as text: those of the libraries of USGS (splib06, splib07: a title and a value a line, wavelengths in a file of their own) and
/// of ECOSTRESS and ASTER ("Key: value" lines, then two columns), and plain columns, the first of which is the axis.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

using spectra::SpectralLibrary;

constexpr std::size_t most_text = std::size_t{1} << 26;
constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> to_lines(const fs::path& file, std::size_t bytes) {
  std::string text = first_bytes(file, bytes);
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string{text.substr(first, text.find_last_not_of(" \t") - first + 1)};
}

/// The numbers of a line; nothing if there is a word among them, or no number.
std::vector<double> to_row(std::string line) {
  std::ranges::replace_if(
      line, [](char c) { return c == '\t' || c == ';' || c == ','; }, ' ');
  std::vector<double> row;
  std::istringstream words{line};
  for (std::string word; words >> word;) {
    auto value = to_number(word);
    if (!value && lower(word) == "nan") value = no_value;
    if (!value) return {};
    row.push_back(spectra::is_missing(*value) ? no_value : *value);
  }
  return row;
}

/// Where blanks, tabs or semicolons part the cells, a comma between digits is a decimal one: 400,1 would become two numbers.
void refuse_decimal_commas(const std::string& line, std::size_t number) {
  std::string blanks = line;
  std::ranges::replace_if(
      blanks, [](char c) { return c == '\t' || c == ';'; }, ' ');
  std::istringstream in{blanks};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto decimal = [&](const std::string& word) {
    const auto comma = word.find(',');
    return comma != std::string::npos && comma > 0 && comma + 1 < word.size() && digit(word[comma - 1]) &&
           digit(word[comma + 1]);
  };
  if (words.size() < 2 || std::ranges::none_of(words, decimal) ||
      std::ranges::any_of(words, [](const std::string& w) { return w.starts_with(',') || w.ends_with(','); }))
    return;
  throw Error{
      Errc::invalid_input,
      "line " + std::to_string(number) + " holds '" + line.substr(0, 40) + "', whose numbers have decimal commas",
      "save it with points in its numbers"};
}

enum class Layout : std::uint8_t { none, usgs, ecostress, columns };

Layout to_text_layout(const std::vector<std::string>& lines) {
  bool x = false, y = false;
  std::size_t numbers = 0, words = 0;
  for (const auto& line : lines) {
    const std::string low = lower(line);
    x = x || low.starts_with("x units");
    y = y || low.starts_with("y units");
    if (trimmed(line).empty() || line[0] == '#' || line[0] == '%') continue;
    const auto row = to_row(line);
    if (row.size() >= 2)
      ++numbers;
    else if (row.empty() && numbers == 0)
      ++words;
    else if (!(row.size() == 1))
      words += 100;
  }
  if (x && y) return Layout::ecostress;
  if (!lines.empty() && lower(lines[0]).find("splib") != std::string::npos && lines.size() > 1 &&
      to_row(lines[1]).size() == 1)
    return Layout::usgs;
  return numbers >= 2 && words <= 1 ? Layout::columns : Layout::none;
}

/// ECOSTRESS: wavelengths ascending in nm, reflectance from 0 to 1.
SpectralLibrary read_ecostress(const fs::path& file, const std::vector<std::string>& lines) {
  std::map<std::string, std::string> keys;
  std::vector<std::array<double, 2>> rows;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto colon = lines[i].find(':');
    const auto row = to_row(lines[i]);
    if (row.size() >= 2) {
      refuse_decimal_commas(lines[i], i + 1);
      if (std::isfinite(row[0])) rows.push_back({row[0], row[1]});
    } else if (!row.empty() || (colon == std::string::npos && !rows.empty() && !trimmed(lines[i]).empty())) {
      throw Error{Errc::invalid_input, "line " + std::to_string(i + 1) + " holds '" + lines[i].substr(0, 40) +
                                           "', a wavelength and a value were expected"};
    } else if (colon != std::string::npos && rows.empty()) {
      keys.try_emplace(lower(trimmed(lines[i].substr(0, colon))), trimmed(lines[i].substr(colon + 1)));
    }
  }
  if (rows.empty()) throw Error{Errc::no_input, "the spectrum has no values behind its header"};
  if (const auto said = to_number(keys["number of x values"]); said && *said != static_cast<double>(rows.size()))
    throw Error{Errc::cannot_read,
                "the header announces " + short_number(*said) + " values, the file has " + std::to_string(rows.size()),
                "check that the file is complete"};
  const auto unit = spectra::axis_unit_within(keys["x units"]);
  if (!unit)
    throw Error{Errc::invalid_input, "'X Units: " + keys["x units"].substr(0, 40) + "' is no unit that is known",
                "correct it to micrometers or nanometers"};
  const bool wavenumbers = unit->unit == "1/cm";  // of light, not shifts
  const std::string y_units = lower(keys["y units"]);
  const double divisor = y_units.find("percent") != std::string::npos ? 100 : 1;
  std::ranges::sort(rows, {}, [](const auto& row) { return row[0]; });
  if (wavenumbers) std::ranges::reverse(rows);
  SpectralLibrary library;
  library.bands = {"wavelength", "nm", {}};
  std::vector<double> values;
  for (const auto& [x, y] : rows) {
    library.bands.values.push_back(wavenumbers ? 1e7 / x : x * unit->factor);
    values.push_back(y / divisor);
  }
  library.quantity = y_units.find("reflect") != std::string::npos  ? Quantity::reflectance
                     : y_units.find("absorb") != std::string::npos ? Quantity::absorbance
                                                                   : Quantity::unknown;
  for (const char* const key : {"description", "sample no.", "origin", "owner", "measurement"})
    if (!keys[key].empty()) library.meta[key] = keys[key].substr(0, 500);
  const std::string name = keys["name"].empty() ? file.stem().string() : keys["name"];
  library.add(name, values, keys["class"].empty() ? keys["type"] : keys["class"]);
  return library;
}

/// A title, then a value a line.
std::vector<double> usgs_values(const std::vector<std::string>& lines, const std::string& name) {
  std::vector<double> values;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (trimmed(lines[i]).empty()) continue;
    const auto row = to_row(lines[i]);
    if (row.size() != 1)
      throw Error{Errc::invalid_input, "'" + name + "' holds '" + lines[i].substr(0, 40) + "' in line " +
                                           std::to_string(i + 1) + ", one number was expected"};
    values.push_back(row[0]);
  }
  return values;
}

/// The only file of wavelengths of that length here or in the folder above.
fs::path wavelengths_beside(const fs::path& file, std::size_t count) {
  std::vector<fs::path> found;
  const fs::path folder = fs::absolute(file).parent_path();
  for (const fs::path& place : {folder, folder.parent_path()}) {
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator{place, problem}) {
      const std::string name = lower(entry.path().filename().string());
      if (entry.path() == fs::absolute(file) || !name.ends_with(".txt") || name.find("wavelength") == std::string::npos)
        continue;
      const auto lines = to_lines(entry.path(), most_text);
      if (to_text_layout(lines) == Layout::usgs && usgs_values(lines, name).size() == count)
        found.push_back(entry.path());
    }
    if (!found.empty()) break;
  }
  if (found.size() == 1) return found[0];
  throw Error{Errc::invalid_input,
              "the spectrum has " + std::to_string(count) + " channels, and " +
                  (found.empty() ? "no file" : std::to_string(found.size()) + " files") +
                  " beside it with 'Wavelength' in the name and as many lines",
              "pass --wavelengths FILE"};
}

std::string usgs_name(const std::string& title) {
  const auto record = title.find("Record=");
  const auto colon = record == std::string::npos ? std::string::npos : title.find(':', record);
  return trimmed(colon == std::string::npos ? std::string_view{title} : std::string_view{title}.substr(colon + 1));
}

SpectralLibrary read_usgs(const fs::path& file, const std::vector<std::string>& lines, const ReadOptions& options) {
  SpectralLibrary library;
  const auto values = usgs_values(lines, file.filename().string());
  fs::path place = find_hint(options, "wavelengths");
  if (place.empty()) {
    place = wavelengths_beside(file, values.size());
    assume(library.meta, "the wavelengths of '" + place.filename().string() + "'");
  }
  const auto heads = to_lines(place, 4096);
  auto centres = to_text_layout(heads) == Layout::usgs
                     ? usgs_values(to_lines(place, most_text), place.filename().string())
                     : numbers_in_file(place);
  if (centres.size() != values.size())
    throw Error{Errc::invalid_input, "'" + place.filename().string() + "' has " + std::to_string(centres.size()) +
                                         " wavelengths, the spectrum " + std::to_string(values.size()) + " values"};
  auto unit = spectra::axis_unit(find_hint(options, "wavelength_unit"));
  const std::string words = lower(heads.empty() ? "" : heads[0]) + lower(place.filename().string());
  if (!unit && words.find("micron") != std::string::npos) unit = spectra::axis_unit("microns");
  if (!unit) {
    unit = spectra::guess_axis_unit(centres);
    assume(library.meta,
           std::string{"wavelengths in "} + (unit->factor == 1 ? "nm" : "micrometres") + ", as no unit is given");
  }
  for (double& centre : centres) centre *= unit->factor;
  library.bands = {unit->name, unit->unit, std::move(centres)};
  library.quantity = Quantity::reflectance;
  library.add(usgs_name(lines[0]), values);
  return library;
}

SpectralLibrary read_columns(const fs::path& file, const std::vector<std::string>& lines, const ReadOptions& options) {
  std::vector<std::vector<double>> rows;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (trimmed(lines[i]).empty() || lines[i][0] == '#' || lines[i][0] == '%') continue;
    auto row = to_row(lines[i]);
    if (row.empty() && rows.empty()) {
      const char by = lines[i].find('\t') != std::string::npos  ? '\t'
                      : lines[i].find(';') != std::string::npos ? ';'
                                                                : ',';
      std::istringstream parts{lines[i]};
      names.clear();
      for (std::string part; std::getline(parts, part, by);) names.push_back(trimmed(part));
      continue;
    }
    if (row.size() < 2 || (!rows.empty() && row.size() != rows[0].size()))
      throw Error{Errc::invalid_input, "line " + std::to_string(i + 1) + " holds '" + lines[i].substr(0, 40) + "', " +
                                           std::to_string(rows.empty() ? 2 : rows[0].size()) +
                                           " numbers were expected"};
    refuse_decimal_commas(lines[i], i + 1);
    rows.push_back(std::move(row));
  }
  SpectralLibrary library;
  std::vector<double> centres;
  centres.reserve(rows.size());
  for (const auto& row : rows) centres.push_back(row[0]);
  const bool named = names.size() == rows[0].size();
  auto unit = spectra::axis_unit(find_hint(options, "wavelength_unit"));
  if (!unit && named) unit = spectra::axis_unit_within(names[0]);
  if (!unit) {
    unit = spectra::guess_axis_unit(centres);
    assume(library.meta,
           std::string{"wavelengths in "} + (unit->factor == 1 ? "nm" : "micrometres") + ", as no unit is given");
  }
  for (double& centre : centres) centre *= unit->factor;
  library.bands = {unit->name, unit->unit, std::move(centres)};
  for (std::size_t column = 1; column < rows[0].size(); ++column) {
    std::vector<double> values;
    values.reserve(rows.size());
    for (const auto& row : rows) values.push_back(row[column]);
    const std::string stem = file.stem().string();
    library.add(named ? names[column] : rows[0].size() == 2 ? stem : stem + " " + std::to_string(column), values);
  }
  return library;
}

class SpectrumText final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    const bool named = std::ranges::any_of(format_.extensions, [&](const auto& e) { return has_extension(file, e); });
    const std::string start = named ? first_bytes(file, 8192) : std::string{};
    if (start.empty() || start.find('\0') != std::string::npos) return false;
    auto lines = to_lines(file, 8192);
    if (lines.size() > 1 && start.size() == 8192) lines.pop_back();  // may be cut
    return to_text_layout(lines) != Layout::none;
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    if (size_of_file(file) > most_text)
      throw Error{Errc::invalid_input, "the text has more than 64 MiB, which no spectrum has"};
    const auto lines = to_lines(file, most_text);
    const auto read_as = [&]() -> SpectralLibrary {
      switch (to_text_layout(
          {lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(lines.size(), 60))})) {
        case Layout::ecostress: return read_ecostress(file, lines);
        case Layout::usgs: return read_usgs(file, lines, options);
        case Layout::columns: return read_columns(file, lines, options);
        case Layout::none: break;
      }
      throw Error{Errc::invalid_input,
                  "the text is no spectrum: neither of USGS nor of ECOSTRESS, nor are there columns of numbers"};
    };
    return spectra::to_table(spectra::to_library(spectra::to_table(read_as())));  // sorted and checked
  }

 private:
  static std::vector<params::FieldInfo> hints() {
    auto all = cube_hints();
    all.resize(2);
    return all;
  }
  Format format_{
      "Spectrum text",
      {".txt", ".asc", ".emn"},
      {Kind::table},
      {},
      hints_of_format({}, hints()),
      "Spectra of USGS (with their file of wavelengths) and ECOSTRESS (percent become fractions), and columns of "
      "wavelength and values, as a spectral library."};
};

}  // namespace

void add_spectrum_text(Handlers& to) { to.push_back(std::make_unique<SpectrumText>()); }

}  // namespace iso::io::detail
