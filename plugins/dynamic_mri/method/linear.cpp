#include "method/linear.h"

#include <iso/solvers/conjugate_gradient.h>

#include <algorithm>
#include <complex>
#include <cstdlib>

namespace dynamic_mri {
namespace {

using namespace iso::compute;
using Complex = std::complex<float>;

/// The frame nearest in time that has the line; -1 if none has.
std::int64_t nearest_frame(std::span<const std::uint8_t> mask, std::int64_t lines, std::int64_t frames,
                           std::int64_t line, std::int64_t frame) {
  for (std::int64_t away = 0; away < frames; ++away)
    for (const auto other : {frame - away, frame + away})
      if (other >= 0 && other < frames && mask[static_cast<std::size_t>(other * lines + line)] != 0) return other;
  return -1;
}

/// A mask without gaps.
iso::Pixels everywhere(const iso::ArraySpec& mask) {
  iso::PixelBuffer all = iso::PixelBuffer::allocate(mask);
  std::ranges::fill(all.values<std::uint8_t>(), std::uint8_t{1});
  return all;
}

Array shared(const iso::mri::SeriesProblem& problem) {
  const Backend& backend = problem.backend;
  const iso::Pixels own = backend.download(problem.data, problem.stream);
  iso::PixelBuffer pixels = iso::PixelBuffer::make_copy(own);
  const iso::Shape& shape = own.spec().shape;
  const auto mask = problem.encoding.mask.values<std::uint8_t>();
  const std::int64_t piece = problem.encoding.cuts_lines() ? 1 : shape[0];  // what the mask tells apart
  const std::int64_t lines = shape[0] * shape[1] * shape[2] / piece, coils = shape[3], frames = shape[4];
  const auto row = [&](std::int64_t t, std::int64_t c, std::int64_t line) {
    return ((t * coils + c) * lines + line) * piece;
  };
  const auto from = own.values<Complex>().begin();
  const auto to = pixels.values<Complex>().begin();
  for (std::int64_t t = 0; t < frames; ++t)
    for (std::int64_t line = 0; line < lines; ++line) {
      const auto source = nearest_frame(mask, lines, frames, line, t);
      if (source < 0 || source == t) continue;
      for (std::int64_t c = 0; c < coils; ++c) std::copy_n(from + row(source, c, line), piece, to + row(t, c, line));
    }
  return backend.upload(iso::Pixels{std::move(pixels)}, problem.stream);
}

}  // namespace

Array cg_sense(const iso::mri::SeriesProblem& problem, const CgSenseOptions& options,
               iso::solvers::Progress& progress) {
  Array x = problem.backend.allocate(problem.series(), problem.stream);
  iso::solvers::Control control =
      iso::solvers::make_control(progress, options.iterations, 0, {0.1, 0.9, "conjugate gradients"});
  control.resume = nullptr;
  (void)iso::solvers::cgls(*problem.a, problem.data, x, {.l2 = options.tikhonov}, problem.stream, control);
  return x;
}

Array zero_filled(const iso::mri::SeriesProblem& problem, const ZeroFilledOptions& options) {
  Array x = problem.backend.allocate(problem.series(), problem.stream);
  if (!options.share_views || problem.encoding.mask.empty()) {
    problem.a->adjoint(problem.data, x, problem.stream);
    problem.backend.vector().scale(problem.gridding_scale, x, problem.stream);
    return x;
  }
  CoilFourier all = problem.encoding;
  all.mask = all.cuts_lines() ? everywhere(all.mask.spec()) : iso::Pixels{};
  problem.backend.make(all)->adjoint(shared(problem), x, problem.stream);
  return x;
}

}  // namespace dynamic_mri
