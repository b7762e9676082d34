#include "adapter/data.h"

#include <iso/spectra/axis.h>
#include <iso/spectra/library.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <sstream>

namespace spectral_unmixing {

using iso::plugin::Port;

namespace {

std::vector<double> band_centres_or_index(const iso::SpectralCube& cube, std::int64_t count) {
  auto out = cube.bands.sampled(static_cast<std::size_t>(count));
  if (static_cast<std::int64_t>(out.size()) != count) {
    out.resize(static_cast<std::size_t>(count));
    std::iota(out.begin(), out.end(), 0.0);
  }
  return out;
}

void append(KnownSpectra& known, const Matrix& spectra, const std::vector<std::string>& names) {
  Matrix all(spectra.rows(), known.spectra.cols() + spectra.cols());
  if (known.spectra.cols() > 0) all.leftCols(known.spectra.cols()) = known.spectra;
  all.rightCols(spectra.cols()) = spectra;
  known.spectra = std::move(all);
  known.names.insert(known.names.end(), names.begin(), names.end());
}

// A library on the bands that are used; a cube without an axis takes one of as many bands as it has.
Matrix on_bands(const iso::spectra::SpectralLibrary& library, const iso::SpectralCube& cube, const CubePixels& pixels) {
  const auto count = static_cast<std::size_t>(pixels.band_count);
  const bool as_it_is = cube.bands.empty() && library.band_count() == count;
  const auto fitting = as_it_is ? library : iso::spectra::resampled(library, cube);
  Matrix out(static_cast<Eigen::Index>(pixels.bands.size()), static_cast<Eigen::Index>(library.count()));
  for (std::size_t s = 0; s < library.count(); ++s)
    for (std::size_t b = 0; b < pixels.bands.size(); ++b)
      out(static_cast<Eigen::Index>(b), static_cast<Eigen::Index>(s)) =
          fitting.spectrum(s)[static_cast<std::size_t>(pixels.bands[b])];
  return out;
}

void leave_out_uncovered(Prepared& prepared, iso::plugin::RunContext& context) {
  std::vector<std::int64_t> covered;
  for (Eigen::Index b = 0; b < prepared.known.spectra.rows(); ++b)
    if (prepared.known.spectra.row(b).allFinite()) covered.push_back(b);
  const auto all = static_cast<std::int64_t>(prepared.cube.bands.size());
  if (static_cast<std::int64_t>(covered.size()) == all) return;
  if (covered.empty())
    throw iso::Error{iso::Errc::invalid_input, "the known spectra have no band in common with the cube",
                     "check that both are in the same unit"};
  context.warn(std::to_string(all - static_cast<std::int64_t>(covered.size())) + " of " + std::to_string(all) +
               " bands are left out: a known spectrum does not cover them");
  Matrix kept(static_cast<Eigen::Index>(covered.size()), prepared.known.spectra.cols());
  std::vector<std::int64_t> bands;
  for (std::size_t i = 0; i < covered.size(); ++i) {
    kept.row(static_cast<Eigen::Index>(i)) = prepared.known.spectra.row(covered[i]);
    bands.push_back(prepared.cube.bands[static_cast<std::size_t>(covered[i])]);
  }
  prepared.cube.data = prepared.cube.data.with_bands(covered);
  prepared.cube.bands = std::move(bands);
  prepared.known.spectra = std::move(kept);
}

iso::VoxelGrid image_grid(std::int64_t width, std::int64_t height) {
  return iso::VoxelGrid::centred({width, height, 1}, {1, 1, 1});
}

}  // namespace

Prepared prepare(const iso::plugin::Datasets& inputs, iso::plugin::RunContext& context) {
  const auto& cube = iso::plugin::input<iso::SpectralCube>(inputs, "cube");
  Prepared out{make_cube_pixels(cube), {}};
  const std::int64_t left_out = out.cube.width * out.cube.height - out.cube.data.pixels;
  if (left_out > 0)
    context.log(std::to_string(left_out) + " of " + std::to_string(out.cube.width * out.cube.height) +
                " pixels have no spectrum and become NaN");
  if (const auto* table = iso::plugin::optional_input<iso::Table>(inputs, "spectra"); table != nullptr) {
    const auto library = iso::spectra::to_library(*table);
    append(out.known, on_bands(library, cube, out.cube), library.names);
  }
  if (const auto* regions = iso::plugin::optional_input<iso::LabelMap>(inputs, "regions"); regions != nullptr) {
    const auto means = mean_of_regions(out.cube, *regions);
    std::vector<std::string> names;
    for (const int label : means.labels) names.push_back("region " + std::to_string(label));
    append(out.known, means.spectra, names);
  }
  if (out.known.spectra.cols() > 0) leave_out_uncovered(out, context);
  return out;
}

KnownSpectra at_scale_of_cube(const Prepared& prepared, iso::plugin::RunContext& context) {
  KnownSpectra out = prepared.known;
  const auto& data = prepared.cube.data;
  if (out.spectra.cols() == 0) return out;
  double sum = 0;
  std::int64_t counted = 0;
  const std::int64_t stride = 1 + data.pixels / 4096;
  for (const float* const band : data.bands)
    for (std::int64_t n = 0; n < data.pixels; n += stride, ++counted) sum += std::abs(static_cast<double>(band[n]));
  const double of_cube = sum / static_cast<double>(counted), of_spectra = out.spectra.cwiseAbs().mean();
  if (!(of_cube > 0) || !(of_spectra > 0)) return out;
  const double digits = std::round(std::log10(of_spectra / of_cube));
  if (std::abs(digits) < 2) return out;
  std::ostringstream line;
  line << "the known spectra are about " << of_spectra / of_cube << " times as large as the cube, whose abundances add "
       << "up to 1; they are taken divided by " << std::pow(10.0, digits) << " (if that is wrong, drop the sum rule)";
  context.warn(line.str());
  out.spectra /= std::pow(10.0, digits);
  return out;
}

bool has_known(const iso::plugin::Descriptions& inputs) {
  return inputs.contains("spectra") || inputs.contains("regions");
}

iso::DatasetPtr make_library(const iso::SpectralCube& cube, const CubePixels& pixels, const Matrix& endmembers,
                             const std::vector<std::string>& names) {
  const auto centres = band_centres_or_index(cube, pixels.band_count);
  std::vector<std::size_t> order(centres.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return centres[a] < centres[b]; });
  iso::spectra::SpectralLibrary library;
  library.bands.name = cube.bands.empty() ? "band" : cube.bands.name;
  library.bands.unit = cube.bands.unit;
  for (const std::size_t b : order) library.bands.values.push_back(centres[b]);
  if (!cube.band_widths.empty()) {
    const auto widths = cube.band_widths.sampled(centres.size());
    if (widths.size() == centres.size())
      for (const std::size_t b : order) library.widths.push_back(widths[b]);
  }
  library.quantity = cube.quantity;
  std::vector<Eigen::Index> row_at(centres.size(), -1);
  for (std::size_t i = 0; i < pixels.bands.size(); ++i)
    row_at[static_cast<std::size_t>(pixels.bands[i])] = static_cast<Eigen::Index>(i);
  for (Eigen::Index k = 0; k < endmembers.cols(); ++k) {
    std::vector<double> values;
    for (const std::size_t b : order)
      values.push_back(row_at[b] < 0 ? std::numeric_limits<double>::quiet_NaN() : endmembers(row_at[b], k));
    library.add(names[static_cast<std::size_t>(k)], values);
  }
  return iso::freeze(iso::spectra::to_table(library));
}

iso::DatasetPtr make_abundances(const iso::SpectralCube& cube, const CubePixels& pixels, std::span<const float> values,
                                const std::vector<std::string>& names) {
  iso::SpectralCube out;
  const auto count = static_cast<std::int64_t>(names.size());
  out.pixels = to_maps(pixels, values, count);
  out.mask = to_mask(pixels);
  out.bands = {.name = "endmember", .unit = "", .first = 1, .step = 1};
  out.quantity = iso::Quantity::abundance;
  std::string list;
  for (std::string name : names) {
    std::ranges::replace(name, ',', ';');
    list += (list.empty() ? "" : ", ") + name;
  }
  out.meta[iso::spectra::band_names_key] = list;
  for (const auto& [key, value] : cube.meta)
    if (key.starts_with(iso::spectra::envi_prefix) && key.find("map info") != std::string::npos) out.meta[key] = value;
  return iso::freeze(std::move(out));
}

iso::DatasetPtr make_image(const CubePixels& pixels, std::span<const float> values, iso::Quantity quantity) {
  iso::Volume out;
  out.grid = image_grid(pixels.width, pixels.height);
  out.pixels = to_maps(pixels, values, 1);
  if (const auto mask = to_mask(pixels); !mask.empty()) out.mask = mask.reshaped(out.pixels.spec().shape);
  out.quantity = std::move(quantity);
  return iso::freeze(std::move(out));
}

iso::DatasetPtr make_band_table(const iso::SpectralCube& cube, const CubePixels& pixels, const Unmixing& result) {
  const auto centres = band_centres_or_index(cube, pixels.band_count);
  iso::Table out;
  const std::string unit = cube.bands.unit.empty() ? "" : " [" + cube.bands.unit + "]";
  out.columns = {(cube.bands.empty() ? std::string{"band"} : cube.bands.name) + unit, "used", "weight", "residual rms"};
  out.texts = {{"left out for", {}}};
  std::vector<std::int64_t> at(centres.size(), -1);
  for (std::size_t i = 0; i < pixels.bands.size(); ++i)
    at[static_cast<std::size_t>(pixels.bands[i])] = static_cast<std::int64_t>(i);
  for (std::size_t b = 0; b < centres.size(); ++b) {
    if (at[b] < 0) {
      out.values.push_back({centres[b], 0, 0, 0});
      out.texts[0].values.emplace_back("masked, not finite, or not covered");
      continue;
    }
    const auto fault = result.faults[static_cast<std::size_t>(at[b])];
    out.values.push_back(
        {centres[b], fault == BandFault::none ? 1.0 : 0.0, result.band_weights[at[b]], result.band_rms[at[b]]});
    out.texts[0].values.push_back(to_text(fault));
  }
  return iso::freeze(std::move(out));
}

iso::DatasetPtr make_summary(const Unmixing& result, std::int64_t n) {
  iso::Table out;
  out.columns = {"mean abundance", "largest abundance", "moved by [rad]"};
  out.texts = {{"endmember", result.names}};
  for (std::size_t k = 0; k < result.names.size(); ++k) {
    double sum = 0;
    float most = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const float a = result.abundances[k * static_cast<std::size_t>(n) + static_cast<std::size_t>(i)];
      sum += static_cast<double>(a);
      most = std::max(most, a);
    }
    out.values.push_back({sum / static_cast<double>(n), static_cast<double>(most), result.moved[k]});
  }
  return iso::freeze(std::move(out));
}

iso::plugin::Datasets deliver(const iso::SpectralCube& cube, const CubePixels& pixels, const Unmixing& result,
                              iso::plugin::RunContext& context) {
  const auto left_out = std::ranges::count_if(result.faults, [](BandFault f) { return f != BandFault::none; });
  context.figure("bands_left_out", static_cast<double>(left_out), "bands");
  context.figure("residual_rms", result.residual_rms, "1");
  if (result.iterations > 0) {
    context.figure("iterations", result.iterations, "iterations");
    context.figure("objective_rises", result.rises, "1");
  }
  if (!result.sum_defect.empty()) context.figure("sum_to_one_defect_rms", result.sum_defect_rms, "1");
  std::ostringstream line;
  if (left_out > 0) {
    const auto centres = band_centres_or_index(cube, pixels.band_count);
    line << "bands left out of the fit:";
    for (std::size_t i = 0; i < result.faults.size(); ++i)
      if (result.faults[i] != BandFault::none)
        line << ' ' << centres[static_cast<std::size_t>(pixels.bands[i])] << " (" << to_text(result.faults[i]) << ')';
    context.log(line.str());
  }
  if (result.iterations > 0) {
    std::ostringstream terms;
    terms << "objective " << result.history.back() << " = data " << result.terms[0] << " + sum rule " << result.terms[1]
          << " + sparsity " << result.terms[2] << " + anchor " << result.terms[3];
    context.log(terms.str());
  }
  iso::plugin::Datasets out{{"endmembers", make_library(cube, pixels, result.endmembers, result.names)},
                            {"abundances", make_abundances(cube, pixels, result.abundances, result.names)},
                            {"residual", make_image(pixels, result.residual, {"residual_rms", cube.quantity.unit})},
                            {"bands", make_band_table(cube, pixels, result)},
                            {"summary", make_summary(result, pixels.data.pixels)}};
  if (!result.guidance.empty()) out["guidance"] = make_image(pixels, result.guidance, {"guidance", ""});
  if (!result.sum_defect.empty()) out["sum_defect"] = make_image(pixels, result.sum_defect, {"sum_to_one_defect", ""});
  context.report(1, "done");
  return out;
}

std::span<const Port> unmixing_outputs() noexcept {
  static const std::array<Port, 7> ports{
      {{"endmembers", iso::Kind::table, false,
        "The spectra, one a row, from the lowest to the highest centroid; known ones first."},
       {"abundances", iso::Kind::spectral_cube, false, "A map of each endmember, in the order of the spectra."},
       {"residual", iso::Kind::volume, true, "Root mean square over the bands of what the model leaves in each pixel."},
       {"guidance", iso::Kind::volume, true, "1 - p: near 0 where a pixel is mixed, large where it is pure."},
       {"sum_defect", iso::Kind::volume, true, "Sum of the abundances before it was made 1, minus 1."},
       {"bands", iso::Kind::table, true, "Each band: whether it was used, its weight, its residual."},
       {"summary", iso::Kind::table, true,
        "Each endmember: mean and largest abundance, how far it moved from its start."}}};
  return ports;
}

std::span<const Port> unmixing_inputs() noexcept {
  static const std::array<Port, 3> ports{{{"cube", iso::Kind::spectral_cube, false, cube_help},
                                          {"spectra", iso::Kind::table, true, spectra_help},
                                          {"regions", iso::Kind::label_map, true, regions_help}}};
  return ports;
}

CubeSize cube_size(const iso::SpectralCube& cube) {
  const auto& shape = cube.pixels.spec().shape;
  if (cube.pixels.empty() || shape.rank() < 2 || shape.count() == 0)
    throw iso::Error{iso::Errc::invalid_input, "the cube has no values"};
  if (iso::is_complex(cube.pixels.spec().type))
    throw iso::Error{iso::Errc::type_mismatch, "the cube is complex; spectra are real", "take the magnitude first"};
  return {shape[0], shape[1], shape.rank() > 2 ? shape[2] : 1};
}

void check_inputs(const iso::plugin::Descriptions& inputs, std::int64_t components, iso::plugin::Plan& plan) {
  const CubeSize size = cube_size(iso::plugin::input<iso::SpectralCube>(inputs, "cube"));
  if (const auto* regions = iso::plugin::optional_input<iso::LabelMap>(inputs, "regions"); regions != nullptr) {
    const iso::Shape& shape = regions->labels.spec().shape;
    if (shape[0] != size.width || shape[1] != size.height || shape.count() != size.pixels())
      plan.refuse("the regions are " + shape.text() + ", the cube is " + std::to_string(size.width) + " x " +
                      std::to_string(size.height),
                  iso::Errc::shape_mismatch);
  }
  check_components(size, components, plan);
}

void check_components(const CubeSize& size, std::int64_t components, iso::plugin::Plan& plan) {
  const auto refuse = [&](const std::string& what, std::int64_t count) {
    plan.refuse_parameter("components", "parameter 'components' is " + std::to_string(components) + ", the cube has " +
                                            std::to_string(count) + " " + what);
  };
  if (components > size.bands) refuse("bands", size.bands);
  if (components > size.pixels()) refuse("pixels", size.pixels());
}

void plan_unmixing(const iso::SpectralCube& cube, std::int64_t components, double iterations, bool scaled_copy,
                   iso::plugin::Plan& plan) {
  const CubeSize size = cube_size(cube);
  const auto n = static_cast<std::size_t>(size.pixels()), l = static_cast<std::size_t>(size.bands),
             k = static_cast<std::size_t>(std::max<std::int64_t>(components, 1));
  const bool shared = cube.pixels.spec().type == iso::ScalarType::f32 && cube.mask.empty();
  const std::size_t looked_at = std::min<std::size_t>(n, 20'000);
  const std::size_t copies = (shared ? 0 : 1) + (scaled_copy ? 1 : 0);
  plan.bytes = 4 * n * l * copies + 4 * n * (2 * k + 4) + 8 * looked_at * (3 * l + 24) + 64 * 8 * l * k + 24 * l * l;
  // 2.6 ns a pixel, band and component for 1000 iterations of two products each, on one core; the start looks at 20 000 pixels.
  const double work = static_cast<double>(n) * static_cast<double>(l) * static_cast<double>(k);
  plan.seconds = 1.3e-10 * work * (iterations + 10) + 2e-10 * static_cast<double>(looked_at * l * l) + 0.3;
  iso::SpectralCube abundances;
  abundances.pixels =
      iso::Pixels::outline({iso::Shape{size.width, size.height, static_cast<std::int64_t>(k)}, iso::ScalarType::f32});
  abundances.bands = {.name = "endmember", .unit = "", .first = 1, .step = 1};
  abundances.quantity = iso::Quantity::abundance;
  plan.outputs["abundances"] = iso::describe(iso::Dataset{std::move(abundances)});
}

}  // namespace spectral_unmixing
