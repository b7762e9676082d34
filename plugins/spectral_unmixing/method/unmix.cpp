#include "method/unmix.h"

#include "method/brightness.h"
#include "method/linear_algebra.h"
#include "method/scores.h"
#include "method/simplex_solver.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <sstream>

namespace spectral_unmixing {
namespace {

constexpr int trial_iterations = 20;

Matrix take_rows(const Matrix& all, const std::vector<std::int64_t>& rows) {
  if (all.cols() == 0) return Matrix(static_cast<Eigen::Index>(rows.size()), 0);
  Matrix out(static_cast<Eigen::Index>(rows.size()), all.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) out.row(static_cast<Eigen::Index>(i)) = all.row(rows[i]);
  return out;
}

Matrix take_columns(const Matrix& all, const std::vector<std::int64_t>& columns) {
  Matrix out(all.rows(), static_cast<Eigen::Index>(columns.size()));
  for (std::size_t i = 0; i < columns.size(); ++i) out.col(static_cast<Eigen::Index>(i)) = all.col(columns[i]);
  return out;
}

// Pixels without any signal have no direction: a start must not take one for an endmember.
Matrix subset_with_signal(const PixelMatrix<float>& data, std::int64_t most) {
  const Matrix all = to_matrix(take_pixels(data, spread(data.pixels, most)));
  std::vector<std::int64_t> with;
  for (Eigen::Index n = 0; n < all.cols(); ++n)
    if (all.col(n).squaredNorm() > 0) with.push_back(n);
  return static_cast<Eigen::Index>(with.size()) == all.cols() ? all : take_columns(all, with);
}

RobustOptions without_progress(const UnmixOptions& options, std::int64_t known, bool frozen) {
  RobustOptions out = options.robust;
  out.frozen.assign(static_cast<std::size_t>(options.components), false);
  if (frozen) std::fill_n(out.frozen.begin(), known, true);
  return out;
}

std::vector<std::int64_t> candidate(const Matrix& y, Extraction how, std::int64_t components, std::uint64_t seed) {
  switch (how) {
    case Extraction::vca: return vca(y, components, seed);
    case Extraction::nfindr: return nfindr(y, components);
    case Extraction::spa: return spa(y, components);
    case Extraction::sivm: return sivm(y, components);
    case Extraction::ppi: return ppi(y, components, seed);
    case Extraction::archetypal: break;
  }
  return {};
}

// The robust data term of a start after a few iterations on the pixels of the preview.
double judge(const PixelMatrix<float>& sample, const Matrix& endmembers, const UnmixOptions& options,
             const Monitor& monitor) {
  iso::solvers::Progress silent;
  const Monitor quiet{silent, monitor.stop};
  RobustOptions robust = options.robust;
  robust.frozen.clear();
  const auto a = invert(sample, endmembers, {robust.mu > 0, 0, {}}, quiet, 0, 1);
  RobustModel<float> model{sample, endmembers, a, robust};
  for (int i = 0; i < trial_iterations; ++i) {
    monitor.check();
    model.iterate();
  }
  // Without c, which each start sets for itself.
  double sum = 0;
  for (const double mean_square : model.mean_squares()) sum += std::sqrt(mean_square);
  return sum;
}

// The spectra of a vertex component analysis are those of its subspace: K axes of the data, without the noise outside.
Matrix on_signal_axes(const Matrix& y, const Matrix& e) {
  Moments m;
  m.mean = y.rowwise().mean();
  m.second = product_transposed(y, y) / static_cast<double>(y.cols());
  const Matrix axes = principal_axes(m, false).vectors.leftCols(e.cols());
  return product(axes, transposed_product(axes, e));
}

Matrix start_endmembers(const PixelMatrix<float>& data, const UnmixOptions& options, std::int64_t components,
                        const Monitor& monitor) {
  const Matrix y = subset_with_signal(data, options.preview_pixels);
  if (y.cols() < components)
    throw iso::Error{iso::Errc::invalid_input, "there are " + std::to_string(y.cols()) +
                                                   " pixels with a spectrum that is not 0, " +
                                                   std::to_string(components) + " endmembers need as many at least"};
  if (options.start == Extraction::archetypal) {
    const auto found = archetypal(y, components, options.seed, {}, monitor);
    std::ostringstream line;
    line << "archetypal starts leave";
    for (const double misfit : found.misfits) line << ' ' << misfit;
    monitor.progress.log(line.str() + " of the power; the lowest is taken");
    return found.endmembers;
  }
  const bool seeded = options.start == Extraction::vca || options.start == Extraction::ppi;
  const int restarts = seeded && options.restarts > 1 ? options.restarts : 1;
  Matrix best;
  double best_term = std::numeric_limits<double>::infinity(), best_volume = 0;
  const PixelMatrix<float> sample = restarts > 1 ? make_pixel_matrix<float>(y) : PixelMatrix<float>{};
  for (int i = 0; i < restarts; ++i) {
    Matrix e = take_columns(y, candidate(y, options.start, components, options.seed + static_cast<std::uint64_t>(i)));
    if (options.start == Extraction::vca) e = on_signal_axes(y, e);
    const double volume = log_volume(e), term = restarts > 1 ? judge(sample, e, options, monitor) : 0;
    if (term < best_term * (1 - 1e-6) || (term <= best_term * (1 + 1e-6) && volume > best_volume)) {
      best = e;
      best_term = term;
      best_volume = volume;
    }
  }
  return best;
}

// The starts of the free columns: of those found, the ones that are farthest from every known spectrum.
Matrix beside_known(const Matrix& found, const Matrix& known, std::int64_t wanted) {
  if (known.cols() == 0) return found;
  const Matrix angles = spectral_angles(found, known);
  const auto matched = match(angles);
  std::vector<std::int64_t> order(static_cast<std::size_t>(found.cols()));
  std::iota(order.begin(), order.end(), 0);
  const auto angle = [&](std::int64_t i) {
    return matched[static_cast<std::size_t>(i)] < 0 ? 10.0 : angles.row(i).minCoeff();
  };
  std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) { return angle(a) > angle(b); });
  order.resize(static_cast<std::size_t>(wanted));
  return take_columns(found, order);
}

void check_known(const PixelMatrix<float>& data, const KnownSpectra& known, const UnmixOptions& options) {
  if (known.spectra.cols() > 0 && known.spectra.rows() != data.band_count())
    throw iso::Error{iso::Errc::shape_mismatch, "the known spectra have " + std::to_string(known.spectra.rows()) +
                                                    " bands, the cube has " + std::to_string(data.band_count()) +
                                                    " that are used"};
  if (known.spectra.cols() > options.components)
    throw iso::Error{iso::Errc::invalid_input,
                     std::to_string(known.spectra.cols()) + " known spectra are more than " +
                         std::to_string(options.components) + " components",
                     "ask for as many components as there are known spectra, or more"};
  if (data.band_count() == 0)
    throw iso::Error{iso::Errc::invalid_input, "every band is masked or unusable", "unmask bands of the cube"};
  if (data.pixels == 0)
    throw iso::Error{iso::Errc::invalid_input, "no pixel has a spectrum: all are masked or not finite"};
}

void normalise_sums(Unmixing& out, std::int64_t n, std::int64_t k, bool exact_already) {
  out.sum_defect.assign(static_cast<std::size_t>(n), 0);
  double squares = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::int64_t c = 0; c < k; ++c)
      sum += static_cast<double>(out.abundances[static_cast<std::size_t>(c * n + i)]);
    out.sum_defect[static_cast<std::size_t>(i)] = static_cast<float>(sum - 1);
    squares += (sum - 1) * (sum - 1);
    if (exact_already || !(sum > 0)) continue;
    for (std::int64_t c = 0; c < k; ++c) {
      float& a = out.abundances[static_cast<std::size_t>(c * n + i)];
      a = static_cast<float>(static_cast<double>(a) / sum);
    }
  }
  out.sum_defect_rms = std::sqrt(squares / static_cast<double>(n));
}

void reorder(Unmixing& out, std::int64_t known, std::int64_t n) {
  const std::int64_t k = out.endmembers.cols();
  const auto free_order = canonical_order(out.endmembers.rightCols(k - known));
  std::vector<std::int64_t> order(static_cast<std::size_t>(known));
  std::iota(order.begin(), order.end(), 0);
  for (const std::int64_t i : free_order) order.push_back(known + i);
  out.endmembers = take_columns(out.endmembers, order);
  std::vector<float> abundances(out.abundances.size());
  std::vector<double> moved;
  for (std::size_t c = 0; c < order.size(); ++c) {
    std::copy_n(out.abundances.data() + order[c] * n, n, abundances.data() + static_cast<std::int64_t>(c) * n);
    moved.push_back(out.moved[static_cast<std::size_t>(order[c])]);
  }
  out.abundances = std::move(abundances);
  out.moved = std::move(moved);
}

// Fits endmembers, abundances and weights of bands; notes how it went.
void fit(const PixelMatrix<float>& data, const UnmixOptions& options, RobustOptions robust, const Monitor& monitor,
         Matrix& endmembers, std::vector<float>& abundances, Vector& weights, Unmixing& out) {
  RobustModel<float> model{data, endmembers, abundances, std::move(robust), options.device};
  abundances = {};
  model.run(monitor, 0.25, 0.93);
  endmembers = model.endmembers();
  weights = model.band_weights();
  out.history = model.history();
  out.terms = model.terms();
  out.iterations = model.iteration();
  out.rises = model.rises();
  if (options.robust.lambda > 0) {
    out.guidance.reserve(static_cast<std::size_t>(data.pixels));
    for (const float p : model.exponents()) out.guidance.push_back(1 - p);
  }
  abundances = model.take_abundances();
}

// Endmembers of the bands that were fitted, the others by least squares; known spectra as they were given.
void place_bands(const PixelMatrix<float>& data, const KnownSpectra& known, const Screening& screening,
                 const std::vector<std::int64_t>& kept, const Matrix& found, const Vector& weights, Unmixing& out) {
  const std::int64_t bands = data.band_count();
  out.endmembers = Matrix::Zero(bands, found.cols());
  out.band_weights = Vector::Zero(bands);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    out.endmembers.row(kept[i]) = found.row(static_cast<Eigen::Index>(i));
    out.band_weights[kept[i]] = weights[static_cast<Eigen::Index>(i)];
  }
  std::vector<std::int64_t> left_out;
  for (std::int64_t l = 0; l < bands; ++l)
    if (screening.faults[static_cast<std::size_t>(l)] != BandFault::none) left_out.push_back(l);
  fill_bands(data, out.abundances, left_out, out.endmembers);
  if (known.frozen && known.spectra.cols() > 0) out.endmembers.leftCols(known.spectra.cols()) = known.spectra;
  out.faults = screening.faults;
}

void name_endmembers(const std::vector<std::string>& known, std::int64_t count, Unmixing& out) {
  out.names.reserve(static_cast<std::size_t>(count));
  for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k)
    out.names.push_back(k < known.size() ? known[k] : "endmember " + std::to_string(k + 1));
}

}  // namespace

std::string to_text(BandFault fault) {
  switch (fault) {
    case BandFault::none: return "";
    case BandFault::constant: return "no variance";
    case BandFault::noise: return "noise";
    case BandFault::misfit: return "does not follow the others";
    case BandFault::scale: return "another scale";
  }
  return "";
}

Matrix extract_endmembers(const PixelMatrix<float>& data, const UnmixOptions& options, const Monitor& monitor) {
  check_known(data, {}, options);
  return start_endmembers(data, options, options.components, monitor);
}

void fill_bands(const PixelMatrix<float>& data, const std::vector<float>& abundances,
                const std::vector<std::int64_t>& bands, Matrix& endmembers) {
  if (bands.empty()) return;
  const std::int64_t k = endmembers.cols(), n = data.pixels;
  const PixelMatrix<float> part = data.with_bands(bands);
  std::vector<double> h(static_cast<std::size_t>(k * k), 0);
  Matrix right = Matrix::Zero(k, part.band_count());
  for (std::int64_t i = 0; i < k; ++i) {
    const float* const a = abundances.data() + i * n;
    for (std::int64_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::int64_t p = 0; p < n; ++p)
        sum += static_cast<double>(a[p]) * static_cast<double>(abundances[static_cast<std::size_t>(j * n + p)]);
      h[static_cast<std::size_t>(i * k + j)] = h[static_cast<std::size_t>(j * k + i)] = sum;
    }
    for (Eigen::Index l = 0; l < part.band_count(); ++l)
      for (std::int64_t p = 0; p < n; ++p)
        right(i, l) += static_cast<double>(a[p]) * static_cast<double>(part.bands[static_cast<std::size_t>(l)][p]);
  }
  const SimplexSolver solver{h, k, false};
  auto work = solver.make_workspace();
  Vector e(k);
  for (Eigen::Index l = 0; l < part.band_count(); ++l) {
    solver.solve(right.col(l).data(), e.data(), work);
    endmembers.row(bands[static_cast<std::size_t>(l)]) = e.transpose();
  }
}

Unmixing unmix(const PixelMatrix<float>& data, const KnownSpectra& known, const UnmixOptions& options,
               const Monitor& monitor) {
  check_known(data, known, options);
  monitor.report(0.01, "screening bands");
  const std::int64_t known_count = known.spectra.cols(), n = data.pixels;
  const auto screening = screen_bands(make_moments(data), options.components, options.screening);
  std::vector<std::int64_t> kept = screening.kept();
  if (kept.empty())
    throw iso::Error{iso::Errc::invalid_input, "no band varies between the pixels: there is nothing to unmix",
                     "a constant image has one spectrum"};
  const PixelMatrix<float> used = data.with_bands(kept);
  const Matrix known_used = take_rows(known.spectra, kept);
  monitor.report(0.03, "looking for endmembers");
  Matrix start(used.band_count(), options.components);
  start.leftCols(known_count) = known_used;
  if (options.components > known_count) {
    const Matrix found = start_endmembers(used, options, options.components, monitor);
    start.rightCols(options.components - known_count) =
        beside_known(found, known_used, options.components - known_count);
  }
  monitor.report(0.2, "abundances of the start");
  const bool sum_rule = options.robust.mu > 0;
  if (sum_rule && options.fit && options.usual_brightness)
    start = at_usual_brightness(take_pixels(used, spread(n, options.preview_pixels)), start, known_count, monitor);
  auto a = invert(used, start, {sum_rule, 0, {}}, monitor, 0.2, 0.25);
  Unmixing out;
  Matrix found = start;
  Vector weights = Vector::Ones(used.band_count());
  if (options.fit)
    fit(used, options, without_progress(options, known_count, known.frozen), monitor, found, a, weights, out);
  if (options.final_inversion) a = invert(used, found, {sum_rule, 0, weights}, monitor, 0.93, 0.95);
  out.abundances = std::move(a);
  if (sum_rule) normalise_sums(out, n, options.components, options.final_inversion || !options.fit);
  out.moved.reserve(static_cast<std::size_t>(found.cols()));
  for (Eigen::Index k = 0; k < found.cols(); ++k) out.moved.push_back(spectral_angle(found.col(k), start.col(k)));
  out.residual = residual_rms(used, found, out.abundances);
  place_bands(data, known, screening, kept, found, weights, out);
  reorder(out, known_count, n);
  out.band_rms = band_rms(data, out.endmembers, out.abundances);
  double squares = 0;
  for (const float r : out.residual) squares += static_cast<double>(r) * static_cast<double>(r);
  out.residual_rms = std::sqrt(squares / static_cast<double>(n));
  name_endmembers(known.names, options.components, out);
  if (!out.endmembers.allFinite() || !std::isfinite(out.residual_rms))
    throw iso::Error{iso::Errc::invalid_result, "the unmixing gave values that are not finite"};
  monitor.report(0.97, "results");
  return out;
}

}  // namespace spectral_unmixing
