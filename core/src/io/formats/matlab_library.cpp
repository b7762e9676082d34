#include "io/formats/matlab_impl.h"
#include "io/values_too_impl.h"

#include "iso/base/error.h"
#include "iso/spectra/axis.h"
#include "iso/spectra/library.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <numeric>

namespace iso::io::detail {
namespace {

/// Rows of character codes, without the blanks at their ends. Nothing where one is no character.
std::optional<std::vector<std::string>> to_texts(const Pixels& codes) {
  const Pixels numbers = codes.converted(ScalarType::f64);
  const auto values = numbers.values<double>();
  const std::int64_t rows = codes.spec().shape[0], width = codes.spec().shape[1];
  std::vector<std::string> out;
  for (std::int64_t row = 0; row < rows; ++row) {
    std::string text;
    for (std::int64_t i = 0; i < width; ++i) {
      const double code = values[static_cast<std::size_t>(i * rows + row)];
      const bool blank = code == 0 || code == '\n' || code == '\r' || code == '\t' || code == ' ';
      if (!blank && !(code > ' ' && code < 127 && code == static_cast<int>(code))) return std::nullopt;
      text += blank ? ' ' : static_cast<char>(code);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out.push_back(text);
  }
  return out;
}

bool begins(const std::string& text, std::string_view word) {
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

struct Pair {
  std::string spectra, names;
};

/// The one matrix whose columns another one, called names, has rows for.
std::optional<Pair> find_pair(const std::vector<Choice>& arrays, const std::string& wanted) {
  std::optional<Pair> found;
  for (const Choice& names : arrays) {
    if (!begins(names.name, "names") || names.shape.size() != 2 || names.shape[1] < 2 || names.shape[1] > 256) continue;
    for (const Choice& matrix : arrays) {
      if (&matrix == &names || matrix.shape.size() != 2 || matrix.shape[1] != names.shape[0]) continue;
      if (!wanted.empty() && matrix.name != wanted) continue;
      if (found) return std::nullopt;
      found = Pair{matrix.name, names.name};
    }
  }
  return found;
}

}  // namespace

std::optional<Table> matlab_library(const std::vector<Choice>& arrays, const std::string& wanted,
                                    const std::function<Pixels(const std::string&)>& load) {
  const auto pair = find_pair(arrays, wanted);
  if (!pair) return std::nullopt;
  const ValuesToo values_too;
  const auto columns = to_texts(load(pair->names));
  if (!columns) return std::nullopt;
  const auto column = [&](std::string_view word) {
    return std::ranges::find_if(*columns, [&](const std::string& name) { return begins(name, word); }) -
           columns->begin();
  };
  const auto count = static_cast<std::ptrdiff_t>(columns->size());
  const std::ptrdiff_t centre = column("wavelength"), width = column("resolution");
  if (centre == count) return std::nullopt;
  const Pixels matrix = load(pair->spectra).converted(ScalarType::f64);
  const auto values = matrix.values<double>();
  const std::int64_t bands = matrix.spec().shape[0];
  const auto at = [&](std::int64_t band, std::ptrdiff_t of) {
    return values[static_cast<std::size_t>(of * bands + band)];
  };
  const bool microns = (*columns)[static_cast<std::size_t>(centre)].find("micron") != std::string::npos;
  const double to_nm = microns ? 1000 : 1;
  std::vector<std::int64_t> order(static_cast<std::size_t>(bands));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::int64_t band) { return at(band, centre); });
  spectra::SpectralLibrary out;
  out.bands = {.name = "wavelength", .unit = "nm"};
  for (const std::int64_t band : order) {
    out.bands.values.push_back(to_nm * at(band, centre));
    if (width != count) out.widths.push_back(to_nm * at(band, width));
  }
  if (!microns) out.meta["assumed"] = "wavelengths in nm, as no unit is given";
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const std::string& name = (*columns)[static_cast<std::size_t>(i)];
    if (i == centre || i == width || begins(name, "data value")) continue;
    std::vector<double> spectrum;
    spectrum.reserve(order.size());
    for (const std::int64_t band : order)
      spectrum.push_back(spectra::is_missing(at(band, i)) ? std::numeric_limits<double>::quiet_NaN() : at(band, i));
    out.add(name, spectrum);
  }
  if (out.count() == 0) return std::nullopt;
  return spectra::to_table(spectra::to_library(spectra::to_table(out)));  // sorted and checked
}

}  // namespace iso::io::detail
