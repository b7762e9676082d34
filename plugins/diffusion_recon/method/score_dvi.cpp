#include "method/score_dvi.h"

#include <iso/base/error.h>
#include <iso/base/random.h>
#include <iso/base/threads.h>
#include <iso/tomography/noise_level.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

namespace diffusion_recon {
namespace {

using iso::PixelBuffer;
using iso::Pixels;
using iso::compute::Array;

/// A Gaussian within slices, whose weights sum to 1 at the borders, too.
class Blur {
 public:
  Blur(const iso::Shape& shape, double deviation)
      : width_{shape[0]}, height_{shape[1]}, reach_{static_cast<std::int64_t>(std::ceil(3 * deviation))} {
    for (std::int64_t k = 0; k <= reach_; ++k)
      weights_.push_back(deviation > 0 ? std::exp(-0.5 * std::pow(static_cast<double>(k) / deviation, 2)) : 1);
  }
  void operator()(std::span<float> slice) const {
    std::vector<float> line(static_cast<std::size_t>(std::max(width_, height_)));
    for (std::int64_t y = 0; y < height_; ++y) along(slice.data() + y * width_, width_, 1, line);
    for (std::int64_t x = 0; x < width_; ++x) along(slice.data() + x, height_, width_, line);
  }

 private:
  void along(float* at, std::int64_t count, std::int64_t step, std::vector<float>& line) const {
    for (std::int64_t i = 0; i < count; ++i) line[static_cast<std::size_t>(i)] = at[i * step];
    for (std::int64_t i = 0; i < count; ++i) {
      double sum = 0, all = 0;
      for (std::int64_t k = std::max(-reach_, -i); k <= std::min(reach_, count - 1 - i); ++k) {
        const double weight = weights_[static_cast<std::size_t>(std::abs(k))];
        sum += weight * double{line[static_cast<std::size_t>(i + k)]};
        all += weight;
      }
      at[i * step] = static_cast<float>(sum / all);
    }
  }
  std::int64_t width_, height_, reach_;
  std::vector<double> weights_;
};

void blur_slices(std::span<float> values, const iso::Shape& shape, double deviation,
                 const iso::compute::Stream& stream) {
  const Blur blur{shape, deviation};
  const auto area = static_cast<std::size_t>(shape[0] * shape[1]);
  iso::parallel_for(shape[2], 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t z = begin; z < end && !stream.stop().stop_requested(); ++z)
      blur(values.subspan(static_cast<std::size_t>(z) * area, area));
  });
  stream.check_stop();
}

/// Cubic interpolation at a position between levels (E. Catmull and R. Rom, 1974); at the ends the last level stands for the next.
struct Between {
  Between(double position, int count) {
    const auto j = std::min(static_cast<std::int64_t>(position), std::int64_t{count} - 2);
    const double t = position - static_cast<double>(j);
    for (std::int64_t k = 0; k < 4; ++k)
      levels[static_cast<std::size_t>(k)] =
          static_cast<std::size_t>(std::clamp<std::int64_t>(j + k - 1, 0, std::int64_t{count} - 1));
    weights = {t * (t * (2 - t) - 1) / 2, (t * t * (3 * t - 5) + 2) / 2, t * (t * (4 - 3 * t) + 1) / 2,
               t * t * (t - 1) / 2};
  }
  std::array<std::size_t, 4> levels{};
  std::array<double, 4> weights{};
};

Pixels every_fourth(const Pixels& image, std::int64_t px, std::int64_t py) {
  const iso::Shape& shape = image.spec().shape;
  const std::int64_t width = (shape[0] - px + 3) / 4, height = (shape[1] - py + 3) / 4;
  PixelBuffer out = PixelBuffer::allocate({iso::Shape{width, height, shape[2]}, iso::ScalarType::f32});
  auto at = out.values<float>().begin();
  for (std::int64_t z = 0; z < shape[2]; ++z)
    for (std::int64_t y = py; y < shape[1]; y += 4)
      for (std::int64_t x = px; x < shape[0]; x += 4)
        *at++ = image.values<float>()[static_cast<std::size_t>((z * shape[1] + y) * shape[0] + x)];
  return out;
}

}  // namespace

double image_noise(const Pixels& image) {
  std::vector<double> found;
  for (std::int64_t phase = 0; phase < 16; ++phase)
    found.push_back(iso::tomography::noise_level(every_fourth(image, phase % 4, phase / 4)));
  std::ranges::nth_element(found, found.begin() + 8);
  return found[8];
}

ScoreDvi::ScoreDvi(const PosteriorProblem& problem, const ScoreDviOptions& options)
    : Sampler{problem}, options_{options}, noise_{new_image()}, deviation_{new_image()} {
  if (problem.data.a().domain() != problem.data.a().range())
    throw iso::Error{iso::Errc::invalid_input, "noise is removed from images, and these readings are none"};
  if (options_.levels < 2 || options_.rounds < 1 || !(options_.smooth >= 0))
    throw iso::Error{iso::Errc::invalid_input, "removing noise needs two levels and one round or more"};
  if (!(options_.noise > 0)) options_.noise = image_noise(problem.data.backend().download(problem.data.y(), stream()));
  if (!(options_.noise > 0))
    throw iso::Error{iso::Errc::invalid_input, "no noise was found in the image", "give --noise in its unit"};
  for (int j = 0; j < options_.levels; ++j) {
    estimates_.push_back(new_image());
    slopes_.push_back(new_image());
  }
  for (int j = 0; j < options_.levels; ++j) {
    carry("estimate " + std::to_string(j), estimates_[static_cast<std::size_t>(j)]);
    carry("slope " + std::to_string(j), slopes_[static_cast<std::size_t>(j)]);
  }
  carry("noise", noise_);
  carry("deviation", deviation_);
}

double ScoreDvi::level(int j) const { return options_.noise * std::pow(4.0, 2.0 * j / (options_.levels - 1) - 1); }

void ScoreDvi::do_begin() { ops().copy(problem_.data.y(), image_, stream()); }

void ScoreDvi::do_step(int step, const Report& report) {
  if (step < options_.levels)
    ask(step, report);
  else
    fit(report);
}

void ScoreDvi::ask(int j, const Report& report) {
  const auto& backend = problem_.data.backend();
  const double s = level(j), e = s / 20;
  const Array& y = problem_.data.y();
  const auto at = static_cast<std::size_t>(j);
  ops().copy(denoised(y, s, [&](double part) { report(part / 2); }), estimates_[at], stream());
  const iso::Philox random{field(j, 1), 2};
  PixelBuffer sign = PixelBuffer::allocate(y.spec());
  std::uint64_t i = 0;
  for (float& value : sign.values<float>()) value = random.uniform(i++) < 0.5 ? -1.0F : 1.0F;
  const Array b = backend.upload(Pixels{std::move(sign)}, stream());
  Array moved = new_image();
  ops().copy(y, moved, stream());
  ops().axpy(e, b, moved, stream());
  Array change = denoised(moved, s, [&](double part) { report(0.5 + part / 2); });
  ops().axpby(-1 / e, estimates_[at], 1 / e, change, stream());
  ops().multiply(b, change, change, stream());
  PixelBuffer slope = PixelBuffer::make_copy(backend.download(change, stream()));
  blur_slices(slope.values<float>(), y.spec().shape, options_.smooth, stream());
  for (float& value : slope.values<float>()) value = std::clamp(value, 0.0F, 0.99F);
  ops().copy(backend.upload(Pixels{std::move(slope)}, stream()), slopes_[at], stream());
  // Shown until the rounds: the estimate of the level nearest to the noise that was begun from.
  if (j <= options_.levels / 2) ops().copy(estimates_[at], image_, stream());
}

void ScoreDvi::fit(const Report& report) {
  const auto& backend = problem_.data.backend();
  const Pixels y = backend.download(problem_.data.y(), stream());
  std::vector<Pixels> estimates, slopes;
  for (const Array& array : estimates_) estimates.push_back(backend.download(array, stream()));
  for (const Array& array : slopes_) slopes.push_back(backend.download(array, stream()));
  const std::size_t count = y.values<float>().size();
  const double least = std::log(level(0)), step = std::log(level(1)) - least;
  const auto last = static_cast<double>(options_.levels - 1);
  std::vector<float> v(count, static_cast<float>(options_.noise * options_.noise)), x(count), p(count);
  const auto interpolate = [&] {
    iso::parallel_for(static_cast<std::int64_t>(count), 4096, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        const Between at{std::clamp((0.5 * std::log(std::max(double{v[i]}, 1e-30)) - least) / step, 0.0, last),
                         options_.levels};
        const auto between = [&](const std::vector<Pixels>& table) {
          double sum = 0;
          for (std::size_t k = 0; k < 4; ++k) sum += at.weights[k] * double{table[at.levels[k]].values<float>()[i]};
          return static_cast<float>(sum);
        };
        x[i] = between(estimates);
        p[i] = v[i] * between(slopes);
      }
    });
  };
  for (int round = 0; round < options_.rounds; ++round) {
    stream().check_stop();
    report(static_cast<double>(round) / options_.rounds);
    interpolate();
    for (std::size_t i = 0; i < count; ++i) v[i] = (y.values<float>()[i] - x[i]) * (y.values<float>()[i] - x[i]) + p[i];
    blur_slices(v, y.spec().shape, options_.smooth, stream());
  }
  interpolate();
  const auto put = [&](const std::vector<float>& from, Array& to, bool root) {
    PixelBuffer out = PixelBuffer::allocate(y.spec());
    std::ranges::transform(from, out.values<float>().begin(),
                           [&](float value) { return root ? std::sqrt(std::max(value, 0.0F)) : value; });
    ops().copy(backend.upload(Pixels{std::move(out)}, stream()), to, stream());
  };
  put(x, image_, false);
  put(v, noise_, true);
  put(p, deviation_, true);
}

std::string ScoreDvi::stage(int step) const {
  if (step == options_.levels) return "noise and image";
  return "level " + std::to_string(step + 1) + " of " + std::to_string(options_.levels);
}

Pixels ScoreDvi::noise_map() const { return problem_.data.backend().download(noise_, stream()); }
Pixels ScoreDvi::deviation_map() const { return problem_.data.backend().download(deviation_, stream()); }

std::vector<SamplerFigure> ScoreDvi::figures() const {
  const Pixels map = noise_map();
  double sum = 0;
  for (const float value : map.values<float>()) sum += value;
  return {{"noise_mean", sum / static_cast<double>(map.values<float>().size()), "water"}};
}

}  // namespace diffusion_recon
