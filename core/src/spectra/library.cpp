#include "iso/spectra/library.h"

#include "iso/base/error.h"
#include "iso/spectra/axis.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace iso::spectra {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

std::string exact(double value) {
  std::array<char, 32> text{};
  const auto [end, problem] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

/// The number at the start of a name: "450", "450.5 nm", "X450" of spreadsheets that allow no name to begin with a digit.
std::optional<double> to_centre(std::string_view name) {
  while (!name.empty() && (std::isspace(static_cast<unsigned char>(name.front())) != 0)) name.remove_prefix(1);
  if (name.size() > 1 && (name.front() == 'X' || name.front() == 'x')) name.remove_prefix(1);
  double value = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), value);
  if (problem != std::errc{} || !std::isfinite(value)) return std::nullopt;
  std::string_view rest{end, static_cast<std::size_t>(name.data() + name.size() - end)};
  while (!rest.empty() && std::isspace(static_cast<unsigned char>(rest.front())) != 0) rest.remove_prefix(1);
  while (!rest.empty() && std::isspace(static_cast<unsigned char>(rest.back())) != 0) rest.remove_suffix(1);
  if (!rest.empty() && !axis_unit(rest)) return std::nullopt;
  return value;
}

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool names_an_axis(std::string_view name) {
  const std::string text = lower(name);
  return std::ranges::any_of(
      std::array{"wavelength", "wave", "lambda", "raman", "shift", "wavenumber", "nm", "band", "channel"},
      [&](const char* word) { return text.starts_with(word); });
}

/// Sets the axis; numbers without a unit are guessed and noted.
void set_axis(SpectralLibrary& library, std::vector<double> centres, std::optional<AxisUnit> unit) {
  const auto said = library.meta.find(bands_key);
  if (said != library.meta.end())
    if (auto known = axis_unit_within(said->second)) unit = std::move(known);
  if (!unit) {
    unit = guess_axis_unit(centres);
    auto& noted = library.meta["assumed"];
    noted += (noted.empty() ? "" : "; ") + std::string{"wavelengths in "} + (unit->factor == 1 ? "nm" : "micrometres") +
             ", as no unit is given";
  }
  for (double& centre : centres) centre *= unit->factor;
  library.bands = {unit->name, unit->unit, std::move(centres)};
}

void sort_bands(SpectralLibrary& library) {
  const auto& centres = library.bands.values;
  const std::size_t bands = centres.size();
  std::vector<std::size_t> order(bands);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t band) { return centres[band]; });
  std::vector<double> sorted, values, widths;
  for (const std::size_t band : order) sorted.push_back(centres[band]);
  const auto twice = std::ranges::adjacent_find(sorted);
  if (twice != sorted.end())
    throw Error{Errc::invalid_input, "the library has two bands at " + exact(*twice) + " " + library.bands.unit,
                "keep one of them"};
  for (std::size_t i = 0; i < library.count(); ++i)
    for (const std::size_t band : order) values.push_back(library.values[i * bands + band]);
  for (const std::size_t band : order)
    if (!library.widths.empty()) widths.push_back(library.widths[band]);
  library.bands.values = std::move(sorted);
  library.values = std::move(values);
  library.widths = std::move(widths);
}

const TextColumn* text_column(const Table& table, std::initializer_list<const char*> names) {
  for (const char* const name : names)
    for (const TextColumn& column : table.texts)
      if (lower(column.name) == name) return &column;
  return nullptr;
}

std::vector<double> numbers_in(std::string_view text) {
  std::vector<double> numbers;
  const char *at = text.data(), *const end = at + text.size();
  while (at < end) {
    double value = 0;
    const auto [next, problem] = std::from_chars(at, end, value);
    if (problem != std::errc{}) break;
    numbers.push_back(value);
    at = next < end ? next + 1 : next;
  }
  return numbers;
}

double or_missing(double value) { return is_missing(value) ? no_value : value; }

/// The columns whose names are bands; the others are of other numbers (an identifier).
std::vector<std::size_t> band_columns(const Table& table) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    if (to_centre(table.columns[i])) columns.push_back(i);
  return columns;
}

SpectralLibrary from_rows(const Table& table, const std::vector<std::size_t>& columns) {
  SpectralLibrary library;
  library.meta = table.meta;
  std::vector<double> centres;
  centres.reserve(columns.size());
  for (const std::size_t column : columns) centres.push_back(*to_centre(table.columns[column]));
  set_axis(library, std::move(centres), axis_unit_within(table.columns[columns.front()]));
  const TextColumn* const classes = text_column(table, {"class", "material", "category", "group"});
  const TextColumn* names = text_column(table, {"name", "spectrum", "title", "id", "label"});
  for (const TextColumn& column : table.texts)
    if (names == nullptr && &column != classes) names = &column;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    library.names.push_back(names != nullptr     ? names->values[row]
                            : classes != nullptr ? classes->values[row] + " " + std::to_string(row + 1)
                                                 : "spectrum " + std::to_string(row + 1));
    if (classes != nullptr) library.classes.push_back(classes->values[row]);
    for (const std::size_t column : columns) library.values.push_back(or_missing(table.values[row][column]));
  }
  if (const auto widths = table.meta.find(widths_key); widths != table.meta.end()) {
    library.widths = numbers_in(widths->second);
    if (library.widths.size() != columns.size()) library.widths.clear();
  }
  return library;
}

SpectralLibrary from_columns(const Table& table) {
  SpectralLibrary library;
  library.meta = table.meta;
  std::vector<double> centres;
  centres.reserve(table.values.size());
  for (const auto& row : table.values) centres.push_back(row.front());
  const std::size_t bands = centres.size();
  set_axis(library, std::move(centres), axis_unit_within(table.columns.front()));
  for (std::size_t column = 1; column < table.columns.size(); ++column) {
    library.names.push_back(table.columns[column]);
    for (std::size_t band = 0; band < bands; ++band) library.values.push_back(or_missing(table.values[band][column]));
  }
  return library;
}

bool increasing_or_decreasing(const Table& table) {
  bool up = true, down = true;
  for (std::size_t row = 1; row < table.values.size(); ++row) {
    up = up && table.values[row][0] > table.values[row - 1][0];
    down = down && table.values[row][0] < table.values[row - 1][0];
  }
  return up || down;
}

bool columns_are_spectra(const Table& table) {
  return table.texts.empty() && table.columns.size() >= 2 && table.values.size() >= 2 &&
         (names_an_axis(table.columns.front()) || increasing_or_decreasing(table));
}

}  // namespace

void SpectralLibrary::add(std::string name, std::span<const double> spectrum, std::string class_name) {
  if (spectrum.size() != band_count())
    throw Error{Errc::shape_mismatch, "the spectrum '" + name + "' has " + std::to_string(spectrum.size()) +
                                          " bands, the library has " + std::to_string(band_count())};
  if (!class_name.empty() || !classes.empty()) {
    classes.resize(count());
    classes.push_back(std::move(class_name));
  }
  names.push_back(std::move(name));
  for (const double value : spectrum) values.push_back(or_missing(value));
}

bool is_library(const Table& table) {
  if (table.columns.empty() || table.rows() == 0) return false;
  const auto columns = band_columns(table);
  return (columns.size() >= 2 && 2 * columns.size() > table.columns.size()) || columns_are_spectra(table);
}

SpectralLibrary to_library(const Table& table) {
  if (!is_library(table))
    throw Error{Errc::invalid_input,
                "the table is no spectral library: neither are its columns named by wavelengths, nor does its first "
                "column hold them",
                "name the columns by wavelength, a row a spectrum, or begin with a column 'wavelength [nm]'"};
  const auto columns = band_columns(table);
  SpectralLibrary library = columns.size() >= 2 && 2 * columns.size() > table.columns.size() ? from_rows(table, columns)
                                                                                             : from_columns(table);
  if (const auto quantity = table.meta.find("quantity"); quantity != table.meta.end())
    library.quantity = quantity_from_string(quantity->second);
  sort_bands(library);
  return library;
}

Table to_table(const SpectralLibrary& library) {
  Table table;
  table.meta = library.meta;
  table.meta[bands_key] = axis_label(library.bands);
  if (!library.widths.empty()) {
    std::string text;
    for (const double width : library.widths) text += (text.empty() ? "" : ",") + exact(width);
    table.meta[widths_key] = text;
  }
  if (!(library.quantity == Quantity::unknown)) table.meta["quantity"] = to_string(library.quantity);
  for (const double centre : library.bands.values) table.columns.push_back(exact(centre));
  table.texts.push_back({"name", library.names});
  if (!library.classes.empty()) table.texts.push_back({"class", library.classes});
  for (std::size_t i = 0; i < library.count(); ++i) {
    std::vector<double> row;
    for (const double value : library.spectrum(i)) row.push_back(is_missing(value) ? missing_value : value);
    table.values.push_back(std::move(row));
  }
  return table;
}

SpectralLibrary normalised(SpectralLibrary library, Norm norm) {
  const std::size_t bands = library.band_count();
  const auto& centres = library.bands.values;
  for (std::size_t i = 0; i < library.count() && norm != Norm::none; ++i) {
    const std::span<double> values{library.values.data() + i * bands, bands};
    double most = 0, area = 0, squares = 0;
    std::optional<std::size_t> before;
    for (std::size_t band = 0; band < bands; ++band) {
      if (is_missing(values[band])) continue;
      most = std::max(most, values[band]);
      squares += values[band] * values[band];
      if (before) area += (values[band] + values[*before]) / 2 * (centres[band] - centres[*before]);
      before = band;
    }
    const double size = norm == Norm::unit_maximum ? most : norm == Norm::unit_area ? area : std::sqrt(squares);
    if (!(size > 0))
      throw Error{Errc::invalid_input, "the spectrum '" + library.names[i] + "' has nothing above 0 to be scaled by"};
    for (double& value : values) value /= size;
  }
  return library;
}

}  // namespace iso::spectra
