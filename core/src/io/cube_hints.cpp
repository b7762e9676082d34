#include "io/cube_builder_impl.h"

#include "iso/base/error.h"
#include "iso/base/text_file.h"
#include "iso/spectra/axis.h"
#include "iso/spectra/library.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <sstream>

namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

/// "401:889": as many positions as there are bands, in equal steps.
std::vector<double> in_equal_steps(const std::string& text, std::size_t count) {
  const auto colon = text.find(':');
  const auto first = to_number(text.substr(0, colon)), last = to_number(text.substr(colon + 1));
  if (!first || !last || !std::isfinite(*first) || !std::isfinite(*last) || *first == *last)
    throw Error{Errc::invalid_input, "the hint 'wavelengths' is '" + text.substr(0, 60) +
                                         "', which is neither a file, a list of numbers, nor FIRST:LAST"};
  std::vector<double> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(*first + (*last - *first) * static_cast<double>(i) /
                                  static_cast<double>(std::max<std::size_t>(count - 1, 1)));
  return values;
}

std::vector<double> make_centres(const std::string& text, std::size_t count) {
  const bool named = text.find_first_not_of("0123456789.,:+-eE ") != std::string::npos;  // as job::names_file
  if (named) return numbers_in_file(text);
  if (text.find(':') != std::string::npos) return in_equal_steps(text, count);
  return to_numbers(text, "wavelengths");
}

}  // namespace

std::vector<params::FieldInfo> cube_hints() {
  return {
      text_hint("wavelengths",
                "Centres of the bands of a spectral cube: a file of numbers, FIRST:LAST in equal steps, or a list."),
      text_hint("wavelength_unit",
                "Of the bands, if the file does not say: nm, um, Angstrom, cm-1 (Raman shift), keV."),
      text_hint("scale", "Values of a spectral cube are the stored numbers divided by this; none: as they are stored."),
      number_hint("saturation", "as stored", "Pixels of a spectral cube that reach this value in a band are masked."),
      choice_hint("storage", {"automatic", "memory", "disk"},
                  "Where a spectral cube is kept; automatic: on disk if it takes over a third of the memory.")};
}

std::vector<params::FieldInfo> matrix_hints() {
  auto all = cube_hints();
  all.push_back(
      text_hint("dims", "Rows and columns of the picture, 95,95, for a matrix of bands x pixels or pixels x bands."));
  all.push_back(choice_hint(
      "pixel_order", {"automatic", "columns", "rows"},
      "How the pixels of such a matrix follow each other: column by column (automatic: as MATLAB), or row by row "
      "(automatic: as NumPy)."));
  return all;
}

namespace {

// "400,5": a pair of numbers, or one with a decimal comma.
bool is_pair_by_comma(const std::string& line) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto comma = line.find(',');
  return std::ranges::count(line, ',') == 1 && line.find_first_of(" ;\t") == std::string::npos && comma > 0 &&
         comma + 1 < line.size() && digit(line[comma - 1]) && digit(line[comma + 1]);
}

bool ascends_or_descends(const std::vector<double>& values) {
  return std::ranges::is_sorted(values) || std::ranges::is_sorted(values, std::greater{});
}

}  // namespace

std::vector<double> numbers_in_file(const fs::path& file) {
  std::istringstream in{read_text_file(file)};
  std::vector<double> values;
  std::size_t number = 0;
  bool pairs = true;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (number == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
    if (line.ends_with('\r')) line.pop_back();
    pairs = pairs && (line.empty() || is_pair_by_comma(line));
    std::ranges::replace_if(
        line, [](char c) { return c == ',' || c == ';' || c == '\t' || c == '\r'; }, ' ');
    std::vector<double> found;
    bool words = false;
    for (std::size_t at = 0; at < line.size();) {
      const auto end = std::min(line.find(' ', at), line.size());
      if (end > at) {
        const auto value = to_number(line.substr(at, end - at));
        if (value && std::isfinite(*value)) found.push_back(*value);
        words = words || !value;
      }
      at = end + 1;
    }
    if (words && !values.empty())
      throw Error{Errc::invalid_input, "'" + file.filename().string() + "' holds '" + line.substr(0, 40) +
                                           "' in line " + std::to_string(number) + ", numbers were expected"};
    if (!words) values.insert(values.end(), found.begin(), found.end());
  }
  if (values.empty()) throw Error{Errc::no_input, "'" + file.filename().string() + "' holds no numbers"};
  if (pairs && values.size() > 2 && !ascends_or_descends(values))
    throw Error{Errc::invalid_input,
                "each line of '" + file.filename().string() +
                    "' has two numbers and a comma, which are pairs or numbers with decimal commas",
                "write one number a line, with a point"};
  return values;
}

namespace {

std::optional<spectra::AxisUnit> unit_hint(const ReadOptions& options) {
  const std::string said = find_hint(options, "wavelength_unit");
  auto unit = spectra::axis_unit(said);
  if (!said.empty() && !unit)
    throw Error{Errc::invalid_input, "the hint 'wavelength_unit' is '" + said.substr(0, 40) + "', which is not known",
                "use nm, um, Angstrom, cm-1, eV or keV"};
  return unit;
}

Axis make_axis(std::vector<double> centres, const ReadOptions& options, Metadata& meta) {
  auto unit = unit_hint(options);
  if (!unit) {
    unit = spectra::guess_axis_unit(centres);
    assume(meta, std::string{"wavelengths in "} + (unit->factor == 1 ? "nm" : "micrometres") +
                     ", as no unit is given (else pass --wavelength-unit)");
  }
  for (double& centre : centres) centre *= unit->factor;
  return {unit->name, unit->unit, std::move(centres)};
}

}  // namespace

void take_band_hints(SpectralCube& cube, const ReadOptions& options) {
  if (const auto name = find_hint(options, "quantity"); !name.empty()) cube.quantity = parse_quantity(name);
  const auto count = static_cast<std::size_t>(cube.pixels.spec().shape[2]);
  const std::string text = find_hint(options, "wavelengths");
  if (text.empty()) {
    if (unit_hint(options) && !cube.bands.empty())
      warn("the hint 'wavelength_unit' is left out: the file says where its bands are");
    return;
  }
  auto centres = make_centres(text, count);
  if (centres.size() != count)
    throw Error{Errc::invalid_input, "the hint 'wavelengths' gives " + std::to_string(centres.size()) +
                                         " numbers, the cube has " + std::to_string(count) + " bands"};
  cube.bands = make_axis(std::move(centres), options, cube.meta);
}

Table make_library(const Pixels& block, const ReadOptions& options, Metadata meta) {
  const Shape& shape = block.spec().shape;
  auto centres = make_centres(find_hint(options, "wavelengths"), static_cast<std::size_t>(shape[0]));
  const auto bands = static_cast<std::int64_t>(centres.size());
  if (shape[0] != bands && shape[1] != bands)
    throw Error{Errc::invalid_input,
                "the hint 'wavelengths' gives " + std::to_string(bands) + " numbers, the matrix is " + shape.text()};
  const Pixels rows = shape[0] == bands ? block : permuted(block, {1, 0});
  spectra::SpectralLibrary library;
  library.meta = std::move(meta);
  library.bands = make_axis(std::move(centres), options, library.meta);
  const auto values = rows.values<double>();
  for (std::int64_t i = 0; i < rows.spec().shape[1]; ++i)
    library.add("spectrum " + std::to_string(i + 1),
                values.subspan(static_cast<std::size_t>(i * bands), static_cast<std::size_t>(bands)));
  return spectra::to_table(spectra::to_library(spectra::to_table(library)));  // sorted and checked
}

SpectralCube make_masked_cube(const Pixels& pixels, const ReadOptions& options, Metadata meta) {
  SpectralCube cube;
  cube.meta = std::move(meta);
  cube.pixels = pixels;
  take_band_hints(cube, options);
  Calibration calibration;
  if (const auto scale = find_hint(options, "scale"); !scale.empty() && scale != "none") {
    calibration.divisor = to_number(scale);
    if (!calibration.divisor || !(*calibration.divisor > 0) || !std::isfinite(*calibration.divisor))
      throw Error{Errc::invalid_input,
                  "the hint 'scale' is '" + scale.substr(0, 40) + "', a number above 0 or none was expected"};
  }
  if (pixels.is_outline()) {
    cube.pixels = Pixels::outline({pixels.spec().shape, value_type(to_file_type(pixels.spec().type), calibration)});
    return cube;
  }
  const Shape& shape = pixels.spec().shape;
  const auto plane = static_cast<std::size_t>(shape[0] * shape[1]);
  CubeBuilder builder{shape, to_file_type(pixels.spec().type), calibration, options};
  for (std::size_t band = 0; band < static_cast<std::size_t>(shape[2]); ++band)
    builder.add(band, 0, plane, pixels.data() + band * plane * byte_count(pixels.spec().type));
  builder.finish(cube);
  return cube;
}

Pixels with_rows_and_columns(const Pixels& pixels, const ReadOptions& options, bool columns_first) {
  const std::string text = find_hint(options, "dims");
  if (text.empty()) return pixels;
  std::string numbers_only = text;
  std::ranges::replace(numbers_only, 'x', ',');
  const auto numbers = to_numbers(numbers_only, "dims");
  if (numbers.size() != 2 ||
      std::ranges::any_of(numbers, [](double n) { return n < 1 || n != std::floor(n) || n > 1e9; }))
    throw Error{Errc::invalid_input,
                "the hint 'dims' is '" + text.substr(0, 40) + "', rows and columns such as 95,95 were expected"};
  const auto rows = static_cast<std::int64_t>(numbers[0]), columns = static_cast<std::int64_t>(numbers[1]);
  const Shape& shape = pixels.spec().shape;
  const bool last = shape[1] == rows * columns, first = shape[0] == rows * columns;
  if (shape.rank() > 2 && shape.count() != shape[0] * shape[1])
    throw Error{Errc::shape_mismatch,
                "the hint 'dims' is for a matrix of bands and pixels, the array is " + shape.text()};
  if (!last && !first)
    throw Error{Errc::shape_mismatch, "the hint 'dims' says " + std::to_string(rows) + " rows and " +
                                          std::to_string(columns) + " columns (" + std::to_string(rows * columns) +
                                          " pixels), the matrix is " + shape.text()};
  if (last && first)
    throw Error{
        Errc::invalid_input,
        "the matrix has as many bands as pixels, " + std::to_string(shape[0]) + ", so that its order is not to be seen",
        "name its axes: --axes band,y,x behind a reshape"};
  if (const auto order = find_hint(options, "pixel_order"); order == "columns" || order == "rows")
    columns_first = order == "columns";
  // Pixels as two axes, fastest first: y before x where columns stand one after the other.
  const std::int64_t fast = columns_first ? rows : columns, slow = columns_first ? columns : rows;
  const std::size_t x = (columns_first ? 1U : 0U) + (last ? 1U : 0U), y = (columns_first ? 0U : 1U) + (last ? 1U : 0U);
  const Pixels apart =
      last ? pixels.reshaped(Shape{shape[0], fast, slow}) : pixels.reshaped(Shape{fast, slow, shape[1]});
  return permuted(apart, {x, y, last ? std::size_t{0} : std::size_t{2}});
}

}  // namespace iso::io::detail
