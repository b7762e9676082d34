#include "method/engine.h"

#include <iso/compute/operators/coil_fourier.h>
#include <iso/solvers/curve_limit.h>

#include <algorithm>
#include <cmath>
#include <complex>

namespace dynamic_mri {
namespace {

using namespace iso::compute;
using iso::solvers::Progress;
using iso::solvers::ProgressRange;
using iso::solvers::SmoothPrimalDual;

constexpr int least_iterations = 20, calm_iterations = 5;

double median(std::vector<float>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return static_cast<double>(*middle);
}

/// Data without what stands out of its shell about the centre of k-space. On the host, once.
Array without_spikes(const Array& data, Stream& stream) {
  using Complex = std::complex<float>;
  const Backend& backend = data.backend();
  iso::PixelBuffer pixels = iso::PixelBuffer::make_copy(backend.download(data, stream));
  const auto values = pixels.values<Complex>();
  const iso::Shape& shape = data.spec().shape;
  const auto ring_of = [&](std::size_t i) {
    const auto line = static_cast<std::int64_t>(i) / shape[0];
    const auto x = static_cast<std::int64_t>(i) % shape[0] - shape[0] / 2, y = line % shape[1] - shape[1] / 2,
               z = line / shape[1] % shape[2] - shape[2] / 2;
    return static_cast<std::size_t>(
        std::llround(std::hypot(static_cast<double>(x), static_cast<double>(y), static_cast<double>(z))));
  };
  std::vector<std::vector<float>> rings;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == Complex{}) continue;  // not measured
    if (rings.size() <= ring_of(i)) rings.resize(ring_of(i) + 1);
    rings[ring_of(i)].push_back(std::abs(values[i]));
  }
  std::vector<float> limits;
  for (auto& ring : rings) {
    if (ring.empty()) {
      limits.push_back(0);
      continue;
    }
    const double middle = median(ring);
    for (float& value : ring) value = std::abs(value - static_cast<float>(middle));
    limits.push_back(static_cast<float>(middle + 8 * median(ring)));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == Complex{}) continue;
    const float size = std::abs(values[i]), limit = limits[ring_of(i)];
    if (size > limit) values[i] *= limit / size;
  }
  return backend.upload(iso::Pixels{std::move(pixels)}, stream);
}

/// Reports, draws, shows and ends one layer.
class Watcher {
 public:
  Watcher(Progress& progress, ProgressRange part, const EngineOptions& options, double data_norm)
      : progress_{progress}, part_{part}, options_{options}, data_norm_{data_norm} {
    if (options.tolerance > 0) iso::solvers::plot_limit(progress, "change", options.tolerance);
  }
  void begin_layer() { calm_ = 0; }
  bool operator()(const iso::solvers::Step& step, const Objective& objective, const Array& x) {
    ++done_;
    progress_.report(part_.at(static_cast<double>(done_) / std::max(1, options_.iterations)), part_.stage);
    progress_.plot("residual", done_, data_norm_ > 0 ? step.residual / data_norm_ : 0);
    progress_.plot("objective", done_, step.objective);
    if (options_.tolerance > 0) progress_.plot("change", done_, step.change);
    if (progress_.wants_preview()) {
      Array all = x;
      progress_.preview(objective.image(all));
    }
    calm_ = options_.tolerance > 0 && step.change < options_.tolerance ? calm_ + 1 : 0;
    return calm_ < calm_iterations || step.iteration < least_iterations;
  }
  void draw(const iso::solvers::Optimality& at, int first) {
    progress_.plot("primal", first + at.iteration, at.primal);
    progress_.plot("dual", first + at.iteration, at.dual);
  }
  [[nodiscard]] int done() const noexcept { return done_; }

 private:
  Progress& progress_;
  ProgressRange part_;
  const EngineOptions& options_;
  double data_norm_;
  int done_{0}, calm_{0};
};

}  // namespace

Solution minimise(const Model& model, const OperatorPtr& a, const Array& data, const EngineOptions& options,
                  Stream& stream, Progress& progress, ProgressRange part, const Array& start) {
  const Backend& backend = a->backend();
  const VectorOps& ops = backend.vector();
  const int layers = std::max(1, options.layers);
  const Objective objective = make_objective(layers > 1 ? scaled(model, options.layer_factor) : model, a);
  iso::solvers::SmoothPrimalDualOptions solver_options;
  solver_options.g = objective.g;
  solver_options.squared_norm = objective.squared_norm;
  solver_options.squared_norms = objective.squared_norms;
  solver_options.dual_step = options.dual_step;
  solver_options.huber = model.huber;
  Array x = backend.allocate(objective.encoding->domain(), stream);
  Array image = objective.image(x);
  // Spokes have no shells on a grid: their start keeps its spikes.
  const bool on_grid = data.spec().shape.rank() == 5;
  if (start)
    ops.copy(start, image, stream);
  else
    a->adjoint(model.huber > 0 && on_grid ? without_spikes(data, stream) : data, image, stream);
  SmoothPrimalDual solver{*objective.encoding, objective.terms, solver_options, stream};
  Watcher watcher{progress, part, options, ops.norm2(data, stream)};
  Solution out;
  Array target = data;
  for (int layer = 0; layer < layers; ++layer) {
    const int before = watcher.done();
    solver.start(target, x);
    watcher.begin_layer();
    iso::solvers::Control control;
    control.iterations = options.iterations * (layer + 1) / layers - options.iterations * layer / layers;
    control.observer = [&](const iso::solvers::Step& step, const Array& now) { return watcher(step, objective, now); };
    (void)solver.run(control);
    for (const auto& at : solver.measured()) watcher.draw(at, before);
    out.measured = solver.measured();
    out.layers = layer + 1;
    if (layer + 1 == layers) break;
    if (options.keeps_layers) {
      out.after_layers.push_back(backend.allocate(image.spec(), stream));
      ops.copy(image, out.after_layers.back(), stream);
    }
    // b_{d+1} = b_d + b - A x_d
    Array next = backend.allocate(data.spec(), stream);
    ops.copy(target, next, stream);
    ops.axpy(1, data, next, stream);
    ops.scale(-1, x, stream);
    objective.encoding->forward(x, next, stream, Write::accumulate);
    ops.scale(-1, x, stream);
    target = std::move(next);
  }
  out.iterations = watcher.done();
  out.series = image;
  if (model.has_error()) out.error = objective.error(x);
  return out;
}

std::size_t engine_bytes(const Model& model, const OperatorSpec& encoding, const EngineOptions& options) {
  const iso::ArraySpec series = encoding.domain(), data = encoding.range();
  iso::ArraySpec domain = series;
  if (model.has_error()) domain = {iso::Shape{2 * series.shape.count()}, series.type};
  std::size_t sum =
      domain.bytes() + SmoothPrimalDual::bytes(domain, data, term_ranges(model, series.shape), model.huber > 0);
  if (model.has_error()) sum += 2 * series.bytes();  // between the parts and their sum
  if (model.low_rank > 0 || model.second_rank > 0) sum += series.bytes();
  if (model.huber > 0) sum += data.bytes();
  if (options.layers > 1) sum += 2 * data.bytes();
  if (options.keeps_layers) sum += static_cast<std::size_t>(std::max(0, options.layers - 1)) * series.bytes();
  return sum;
}

std::vector<double> misfit_per_frame(const LinearOperator& a, const Array& b, const Array& x, Array& r,
                                     Stream& stream) {
  const VectorOps& ops = a.backend().vector();
  a.forward(x, r, stream);
  ops.axpy(-1, b, r, stream);
  const std::int64_t frames = b.spec().shape[b.spec().shape.rank() - 1];
  std::vector<double> out;
  for (std::int64_t t = 0; t < frames; ++t) {
    const double size = ops.norm2(b.part(t, 1), stream), rest = ops.norm2(r.part(t, 1), stream);
    out.push_back(size > 0 ? rest / size : 0.0);
  }
  return out;
}

}  // namespace dynamic_mri
