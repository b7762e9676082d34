#include "iso/base/error.h"
#include "iso/spectra/axis.h"
#include "iso/spectra/library.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace iso::spectra {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

/// Samples next to each other without one missing: [begin, end).
struct Run {
  std::size_t begin, end;
};

std::vector<Run> make_runs(std::span<const double> values) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (is_missing(values[i])) continue;
    if (runs.empty() || runs.back().end != i) runs.push_back({i, i});
    runs.back().end = i + 1;
  }
  return runs;
}

/// Half the distance between the neighbours within the run.
double trapezoid(std::span<const double> x, const Run& run, std::size_t i) {
  const double left = i > run.begin ? x[i] - x[i - 1] : 0, right = i + 1 < run.end ? x[i + 1] - x[i] : 0;
  return (left + right) / 2;
}

double gaussian_mean(std::span<const double> x, std::span<const double> y, const Run& run, double centre,
                     double width) {
  constexpr double four_ln2 = 2.772588722239781, reach = 3;  // beyond 3 widths the weight is below 1e-10
  const auto first = x.begin() + static_cast<std::ptrdiff_t>(run.begin),
             last = x.begin() + static_cast<std::ptrdiff_t>(run.end);
  double weights = 0, sum = 0;
  for (auto at = std::lower_bound(first, last, centre - reach * width); at != last && *at <= centre + reach * width;
       ++at) {
    const auto i = static_cast<std::size_t>(at - x.begin());
    const double z = (x[i] - centre) / width, weight = trapezoid(x, run, i) * std::exp(-four_ln2 * z * z);
    weights += weight;
    sum += weight * y[i];
  }
  return sum / weights;
}

double linear(std::span<const double> x, std::span<const double> y, std::size_t right, double centre) {
  const double part = (centre - x[right - 1]) / (x[right] - x[right - 1]);
  return (1 - part) * y[right - 1] + part * y[right];
}

double resampled_at(std::span<const double> x, std::span<const double> y, const std::vector<Run>& runs, double centre,
                    double width) {
  for (const Run& run : runs) {
    if (!(centre >= x[run.begin] && centre <= x[run.end - 1])) continue;
    if (run.end - run.begin == 1) return y[run.begin];
    const auto first = x.begin() + static_cast<std::ptrdiff_t>(run.begin) + 1,
               last = x.begin() + static_cast<std::ptrdiff_t>(run.end) - 1;
    const auto right = static_cast<std::size_t>(std::lower_bound(first, last, centre) - x.begin());
    const bool sampled = width > 0 && x[right] - x[right - 1] <= width;
    return sampled ? gaussian_mean(x, y, run, centre, width) : linear(x, y, right, centre);
  }
  return no_value;
}

}  // namespace

std::vector<double> resample(std::span<const double> from, std::span<const double> values,
                             std::span<const double> centres, std::span<const double> widths) {
  if (from.size() != values.size())
    throw Error{Errc::shape_mismatch, "a spectrum has " + std::to_string(values.size()) + " values at " +
                                          std::to_string(from.size()) + " positions"};
  if (!widths.empty() && widths.size() != centres.size())
    throw Error{Errc::shape_mismatch, "there are " + std::to_string(widths.size()) + " widths for " +
                                          std::to_string(centres.size()) + " bands"};
  if (!std::ranges::is_sorted(from, std::less_equal{}))
    throw Error{Errc::invalid_input, "the positions of a spectrum do not ascend"};
  const auto runs = make_runs(values);
  std::vector<double> out;
  out.reserve(centres.size());
  for (std::size_t j = 0; j < centres.size(); ++j)
    out.push_back(resampled_at(from, values, runs, centres[j], widths.empty() ? 0 : widths[j]));
  return out;
}

SpectralLibrary resampled(const SpectralLibrary& library, const SpectralCube& cube) {
  if (cube.bands.empty())
    throw Error{Errc::invalid_input, "the cube does not say where its bands are, so no library can be brought to them",
                "give their wavelengths when it is read: --bands FILE"};
  if (to_kind(cube.bands) != to_kind(library.bands))
    throw Error{Errc::type_mismatch,
                "the library is along " + axis_label(library.bands) + ", the cube along " + axis_label(cube.bands)};
  SpectralLibrary out = library;
  out.bands = {cube.bands.name, cube.bands.unit, band_centres(cube)};
  out.widths = band_widths(cube);
  out.values.clear();
  for (std::size_t i = 0; i < library.count(); ++i) {
    const auto values = resample(library.bands.values, library.spectrum(i), out.bands.values, out.widths);
    out.values.insert(out.values.end(), values.begin(), values.end());
  }
  return out;
}

}  // namespace iso::spectra
