#pragma once

#include "method/reconstruct.h"

#include "cpu_backend.h"

#include <iso/mri/simulation.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <map>
#include <string>

namespace dynamic_mri {

inline const iso::compute::Backend& cpu() {
  static const auto backend = iso::gpu::make_cpu_backend();
  return *backend;
}

/// What a method said, for tests.
struct NotedProgress final : iso::solvers::Progress {
  std::string said;
  std::map<std::string, double, std::less<>> figures;
  int previews{0};
  bool previewing{false};
  void log(std::string_view text) override { said += std::string{text} + "\n"; }
  void warn(std::string_view text) override { said += "warning: " + std::string{text} + "\n"; }
  void figure(std::string_view name, double value, std::string_view) override { figures[std::string{name}] = value; }
  bool wants_preview() override { return previewing; }
  void preview(const iso::compute::Array&) override { ++previews; }
};

struct Errors {
  double nrmse{0};    ///< ‖x - r‖ / ‖r‖, complex
  double psnr_db{0};  ///< of magnitudes, peak the largest of the reference
};

inline Errors errors(const iso::Volume& found, const iso::Volume& truth) {
  using Complex = std::complex<float>;
  const auto x = found.pixels.values<Complex>(), r = truth.pixels.values<Complex>();
  double difference = 0, size = 0, magnitudes = 0, peak = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    difference += static_cast<double>(std::norm(x[i] - r[i]));
    size += static_cast<double>(std::norm(r[i]));
    const double m = static_cast<double>(std::abs(x[i])) - static_cast<double>(std::abs(r[i]));
    magnitudes += m * m;
    peak = std::max(peak, static_cast<double>(std::abs(r[i])));
  }
  return {std::sqrt(difference / size), 20 * std::log10(peak / std::sqrt(magnitudes / static_cast<double>(x.size())))};
}

/// The series by a method that nobody watches.
template <class P>
iso::Volume reconstructed(const iso::KSpace& scan, const P& options, NotedProgress* noted = nullptr,
                          const iso::compute::Backend& backend = cpu()) {
  NotedProgress own;
  NotedProgress& progress = noted != nullptr ? *noted : own;
  const auto stream = backend.make_stream();
  const iso::mri::SeriesProblem problem{scan, options, backend, *stream, progress};
  Solution found = reconstruct(problem, options, 1, progress);
  if constexpr (adds_error<P>) backend.vector().axpy(1, found.error, found.series, *stream);
  return problem.finish(found.series);
}

template <class P>
P with_fixed_weights(P options = {}) {
  options.weights = WeightRule::fixed;
  return options;
}

}  // namespace dynamic_mri
