#include "method/weights.h"

#include <iso/mri/sampling_mask.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <map>

namespace dynamic_mri {
namespace {

using namespace iso::compute;

constexpr double held_out_part = 0.05;
constexpr int most_runs = 5;

/// The data, 0 but on the lines (or samples) of the mask.
Array on_lines(const iso::mri::SeriesProblem& problem, const iso::Pixels& mask) {
  using Complex = std::complex<float>;
  iso::PixelBuffer pixels = iso::PixelBuffer::make_copy(problem.backend.download(problem.data, problem.stream));
  const bool cut = mask.spec().shape.rank() == 4;
  const auto nx = static_cast<std::size_t>(cut ? 1 : problem.lines[0]),
             lines = static_cast<std::size_t>(problem.lines.count()) / nx,
             coils = static_cast<std::size_t>(problem.encoding.coils);
  const auto measured = mask.values<std::uint8_t>();
  const auto values = pixels.values<Complex>();
  for (std::size_t row = 0; row < values.size() / nx; ++row)
    if (measured[row / (lines * coils) * lines + row % lines] == 0)
      std::ranges::fill(values.subspan(row * nx, nx), Complex{});
  return problem.backend.upload(iso::Pixels{std::move(pixels)}, problem.stream);
}

iso::Pixels whole_mask(const iso::mri::SeriesProblem& problem) {
  if (!problem.encoding.mask.empty()) return problem.encoding.mask;
  iso::PixelBuffer all = iso::PixelBuffer::allocate(
      {iso::Shape{problem.lines[1], problem.lines[2], problem.encoding.frames}, iso::ScalarType::u8});
  std::ranges::fill(all.values<std::uint8_t>(), std::uint8_t{1});
  return all;
}

/// Silent, but for the bar.
class QuietProgress final : public iso::solvers::Progress {
 public:
  QuietProgress(Progress& outer, iso::solvers::ProgressRange part) : outer_{outer}, part_{part} {}
  void report(double fraction, std::string_view stage) override { outer_.report(part_.at(fraction), stage); }

 private:
  Progress& outer_;
  iso::solvers::ProgressRange part_;
};

}  // namespace

double size_rule(const iso::Shape& series) { return std::sqrt(static_cast<double>(series.count()) / 121000); }

Model make_model(const RdledmOptions& o, const iso::Shape& series) {
  Model m;
  m.spatial = o.spatial, m.temporal = o.temporal, m.low_rank = o.low_rank;
  if (o.preset == Preset::breath_hold) m.spatial = 0.001, m.temporal = 0.01, m.low_rank = 0.1;
  if (o.preset == Preset::free_breathing) m.spatial = 0.0005, m.temporal = 0.002, m.low_rank = 0.3;
  if (o.preset == Preset::perfusion) m.spatial = 0.0005, m.temporal = 0.004, m.low_rank = 0.3, m.second_rank = 0.02;
  if (o.preset == Preset::irregular_motion)
    m.spatial = 0.004, m.temporal = 0.001, m.low_rank = 0.3, m.second_rank = 0.06;
  if (o.preset == Preset::radial) m.spatial = 0.001, m.temporal = 0.005, m.low_rank = 0.05;
  m.low_rank *= size_rule(series);
  if (o.second_rank > 0) m.second_rank = o.second_rank;
  m.second = o.second, m.patch = o.patch;
  m.error = o.error, m.huber = o.huber, m.reweighting = o.reweighting, m.cyclic = o.cyclic;
  return scaled(m, o.strength);
}

Model make_model(const FtvnnrOptions& o, const iso::Shape& series) {
  Model m;
  m.spatial = o.spatial, m.low_rank = o.low_rank * size_rule(series);
  return scaled(m, o.strength);
}

// The weight of the background is one of the largest singular value, which is that of the data: see the task.
Model make_model(const LPlusSOptions& o, const iso::Shape&) {
  Model m;
  m.low_rank = o.low_rank, m.error = o.sparse, m.sparse_in = SparseIn::spectrum;
  return scaled(m, o.strength);
}

Model make_model(const TemporalTvOptions& o, const iso::Shape&) {
  Model m;
  m.temporal = o.temporal, m.cyclic = o.cyclic;
  return scaled(m, o.strength);
}

Model make_model(const LlrOptions& o, const iso::Shape&) {
  Model m;
  m.second_rank = o.low_rank, m.second = SecondRank::patches, m.patch = o.patch;
  return scaled(m, o.strength);
}

Model make_model(const KtSlrOptions& o, const iso::Shape& series) {
  Model m;
  m.spatial = m.temporal = o.variation, m.low_rank = o.low_rank * size_rule(series);
  return scaled(m, o.strength);
}

EngineOptions engine_options(const ModelParameters& o) {
  EngineOptions out;
  out.iterations = o.iterations, out.tolerance = o.tolerance, out.dual_step = o.dual_step;
  return out;
}

EngineOptions engine_options(const RdledmOptions& o) {
  EngineOptions out = engine_options(static_cast<const ModelParameters&>(o));
  out.layers = o.layers, out.layer_factor = o.layer_factor, out.keeps_layers = true;
  return out;
}

Encoded encoded(const Model& model, const iso::mri::SeriesProblem& problem, const OperatorPtr& hybrid,
                const Array& data) {
  if (!(model.huber > 0) || problem.radial || problem.encoding.cuts_lines()) return {hybrid, data};
  const OperatorPtr readout = problem.readout();
  Array samples = problem.backend.allocate(data.spec(), problem.stream);
  readout->forward(data, samples, problem.stream);
  return {compose(readout, hybrid), std::move(samples)};
}

WeightChoice choose_weights(const Model& model, const iso::mri::SeriesProblem& problem, const EngineOptions& options,
                            int trial, std::uint64_t seed, iso::solvers::Progress& progress,
                            iso::solvers::ProgressRange part) {
  const auto lines = iso::mri::hold_out(whole_mask(problem), held_out_part, seed);
  const OperatorPtr kept = problem.with_mask(lines.kept), left_out = problem.with_mask(lines.left_out);
  const VectorOps& ops = problem.backend.vector();
  const Array measured = on_lines(problem, lines.kept);
  const Array truth = on_lines(problem, lines.left_out);
  const double size = ops.norm2(truth, problem.stream);
  WeightChoice out;
  if (!(size > 0)) {
    progress.warn("no frame has lines enough to leave some out: the weights stay as they are");
    return out;
  }
  const Encoded trial_data = encoded(model, problem, kept, measured);
  EngineOptions quick = options;
  quick.iterations = trial;
  quick.keeps_layers = false;
  Array foretold = problem.backend.allocate(truth.spec(), problem.stream);
  std::map<int, double> errors;
  const auto error_at = [&](int power) {
    if (const auto known = errors.find(power); known != errors.end()) return known->second;
    const double step = (part.end - part.begin) / most_runs, begin = part.begin + step * out.runs;
    QuietProgress quiet{progress, {begin, begin + step, part.stage}};
    Solution found =
        minimise(scaled(model, std::exp2(power)), trial_data.a, trial_data.data, quick, problem.stream, quiet);
    if (found.error) ops.axpy(1, found.error, found.series, problem.stream);
    left_out->forward(found.series, foretold, problem.stream);
    ops.axpy(-1, truth, foretold, problem.stream);
    ++out.runs;
    return errors[power] = ops.norm2(foretold, problem.stream) / size;
  };
  const int way = error_at(1) < error_at(0) ? 1 : -1;
  int best = way > 0 ? 1 : 0;
  while (out.runs < most_runs && error_at(best + way) < error_at(best)) best += way;
  out.factor = std::exp2(best);
  out.held_out_error = error_at(best);
  return out;
}

}  // namespace dynamic_mri
