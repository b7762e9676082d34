#include "method/network_reconstruction.h"

#include <iso/base/error.h>
#include <iso/models/runtime.h>
#include <iso/tomography/coverage.h>

#include <algorithm>
#include <cmath>

namespace sinogram_upsampling {
namespace {

using iso::PixelBuffer;
using iso::Pixels;
using iso::ScalarType;
using iso::Shape;
using iso::compute::Array;
using namespace iso::tomography;

constexpr FilteredBackprojectionOptions hann() {
  FilteredBackprojectionOptions options;
  options.filter = FilterWindow::hann;
  return options;
}

/// The progress of a part of a task.
class Part final : public iso::solvers::Progress {
 public:
  Part(iso::solvers::Progress& whole, double end) : whole_{whole}, end_{end} {}
  void report(double fraction, std::string_view stage) override { whole_.report(end_ * fraction, stage); }
  void plot(std::string_view curve, double x, double y) override { whole_.plot(curve, x, y); }
  void figure(std::string_view name, double value, std::string_view unit) override { whole_.figure(name, value, unit); }
  void log(std::string_view text) override { whole_.log(text); }
  void warn(std::string_view text) override { whole_.warn(text); }
  [[nodiscard]] bool wants_preview() override { return whole_.wants_preview(); }
  void preview(const Array& x) override { whole_.preview(x); }
  [[nodiscard]] bool wants_checkpoint() override { return whole_.wants_checkpoint(); }
  void keep(const iso::Checkpoint& state) override { whole_.keep(state); }
  [[nodiscard]] const iso::Checkpoint* resumed() const noexcept override { return whole_.resumed(); }

 private:
  iso::solvers::Progress& whole_;
  double end_;
};

TvOptions start_options(const iso::models::Card& card) {
  TvOptions options;
  options.strength = card.tv_strength;
  options.iterations = card.tv_iterations;
  options.tolerance = 0;      // all iterations, as in the training
  options.step_ratio = 0.01;  // likewise, and none of those by default
  return options;
}

}  // namespace

Pixels scaled(const Pixels& values, double factor) {
  PixelBuffer out = PixelBuffer::make_copy(values);
  for (float& value : out.values<float>()) value = static_cast<float>(value * factor);
  return out;
}

Pixels difference(const Pixels& a, const Pixels& b) {
  PixelBuffer out = PixelBuffer::make_copy(a);
  const auto to = out.values<float>();
  const auto minus = b.values<float>();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] -= minus[i];
  return out;
}

Stack::Stack(const ScanProblem& problem, double water_per_mm)
    : problem_{problem},
      water_{water_per_mm},
      fbp_{problem.backend, problem.geometry, problem.grid, hann()},
      readings_{scaled(problem.backend.download(problem.readings, problem.stream), 1 / water_per_mm)} {}

Pixels Stack::project(const Pixels& image) const {
  const Array x = problem_.backend.upload(image, problem_.stream);
  Array y = problem_.backend.allocate(problem_.a->range(), problem_.stream);
  problem_.a->forward(x, y, problem_.stream);
  return problem_.backend.download(y, problem_.stream);
}

Pixels Stack::backproject_filtered(const Pixels& readings) const {
  return problem_.backend.download(fbp_(problem_.backend.upload(readings, problem_.stream), problem_.stream),
                                   problem_.stream);
}

Pixels Stack::in_water(const Array& attenuation) const {
  return scaled(problem_.backend.download(attenuation, problem_.stream), 1 / water_);
}

Array Stack::in_attenuation(const Pixels& image) const {
  return problem_.backend.upload(scaled(image, water_), problem_.stream);
}

Array starting_image(const ScanProblem& problem, const iso::models::Card& card, iso::solvers::Progress& progress) {
  Part part{progress, 0.85};
  if (card.start == "tv") return reconstruct(problem, start_options(card), part);
  part.report(0.1, "filtered back-projection");
  Array x =
      FilteredBackprojection{problem.backend, problem.geometry, problem.grid, hann()}(problem.readings, problem.stream);
  problem.backend.vector().clamp(0, INFINITY, x, problem.stream);
  return x;
}

PlannedWork plan_start(const ScanPlan& plan, const iso::models::Card& card) {
  PlannedWork work;
  if (card.start == "tv") work = plan_work(plan, start_options(card));
  if (!work.refusal) work.refusal = why_not_covered(plan.geometry);
  for (auto& spec : FilteredBackprojection::operators(plan.geometry, plan.grid))
    work.operators.push_back({std::move(spec), 4});
  work.bytes = std::max(work.bytes, FilteredBackprojection::bytes(plan.geometry) + 2 * plan.readings().bytes()) +
               8 * plan.image().bytes();
  return work;
}

Pixels unet(const Stack& stack, const Pixels& start, const iso::models::Card& card, const Running& running) {
  if (running.networks.size() != 1)
    throw iso::Error(iso::Errc::invalid_input, "the network '" + card.name + "' has " +
                                                   std::to_string(running.networks.size()) + " graphs, a U-Net is one");
  const Pixels fbp = stack.backproject_filtered(stack.readings());
  const Pixels missed = stack.backproject_filtered(difference(stack.readings(), stack.project(start)));
  const std::int64_t n = stack.width(), slices = stack.slices();
  PixelBuffer channels = PixelBuffer::allocate({Shape{n, n, 3, slices}, ScalarType::f32});
  const std::int64_t area = n * n;
  for (std::int64_t z = 0; z < slices; ++z)
    for (std::int64_t c = 0; c < 3; ++c) {
      const Pixels& from = c == 0 ? start : c == 1 ? fbp : missed;
      std::copy_n(from.values<float>().begin() + z * area, area, channels.values<float>().begin() + (3 * z + c) * area);
    }
  const Pixels images{std::move(channels)};
  const auto tiling = iso::models::tile_for(images.spec().shape, card.multiple, card.halo,
                                            iso::models::bytes_a_pixel(card), running.budget_bytes);
  return iso::models::run_in_parts(*running.networks.front(), running.networks.front()->inputs().front().name, images,
                                   tiling, running.stop, running.progress)
      .reshaped(Shape{n, n, slices});
}

double out_of_domain_score(const Stack& stack, const Pixels& start, const iso::models::OutOfDomain& domain) {
  const Pixels missed = difference(stack.project(start), stack.readings());
  const auto area = static_cast<std::size_t>(stack.width() * stack.width());
  const std::int64_t row = stack.elements(), slices = stack.slices();
  double worst = 0;
  for (std::int64_t z = 0; z < slices; ++z) {
    const auto image = start.values<float>().subspan(static_cast<std::size_t>(z) * area, area);
    double sum = 0, squares = 0;
    for (const float value : image) sum += value;
    const double mean = sum / static_cast<double>(area);
    for (const float value : image) squares += (value - mean) * (value - mean);
    std::vector<float> sorted(image.begin(), image.end());
    const auto rank = sorted.begin() + static_cast<std::ptrdiff_t>(0.99 * static_cast<double>(area - 1));
    std::ranges::nth_element(sorted, rank);
    double left = 0, all = 0;
    for (std::int64_t view = 0; view < stack.views(); ++view)
      for (std::int64_t u = 0; u < row; ++u) {
        const auto at = static_cast<std::size_t>((view * slices + z) * row + u);
        left += std::pow(double{missed.values<float>()[at]}, 2);
        all += std::pow(double{stack.readings().values<float>()[at]}, 2);
      }
    worst = std::max(worst, domain.score({mean, std::sqrt(squares / static_cast<double>(area - 1)), double{*rank},
                                          std::sqrt(left) / std::max(std::sqrt(all), 1e-12)}));
  }
  return worst;
}

}  // namespace sinogram_upsampling
