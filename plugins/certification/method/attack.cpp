#include "method/attack.h"

#include <iso/base/error.h>

#include <algorithm>
#include <cmath>

namespace certification {
namespace {

using iso::PixelBuffer;
using iso::Pixels;

constexpr double momentum = 0.9, reach = 2.5, largest_margin = 30;

double norm(std::span<const double> v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return std::sqrt(sum);
}

/// l_A - ln sum over the others of exp l_c; not finite scores give 0.
double margin(std::span<const float> scores, std::int64_t answer) {
  double most = -INFINITY, sum = 0;
  for (std::size_t c = 0; c < scores.size(); ++c) {
    if (!std::isfinite(scores[c])) return 0;
    if (static_cast<std::int64_t>(c) != answer) most = std::max(most, double{scores[c]});
  }
  for (std::size_t c = 0; c < scores.size(); ++c)
    if (static_cast<std::int64_t>(c) != answer) sum += std::exp(double{scores[c]} - most);
  return std::clamp(double{scores[static_cast<std::size_t>(answer)]} - most - std::log(sum), -largest_margin,
                    largest_margin);
}

Pixels make(const iso::Shape& shape, std::span<const double> values) {
  PixelBuffer out = PixelBuffer::allocate({shape, iso::ScalarType::f32});
  std::ranges::transform(values, out.values<float>().begin(), [](double v) { return static_cast<float>(v); });
  return out;
}

/// 2 clean - noisy, image by image: the same noise with the other sign, filling included, which is linear.
Pixels opposite(const Pixels& noisy, const Pixels& clean) {
  PixelBuffer out = PixelBuffer::allocate(noisy.spec());
  const auto from = noisy.values<float>(), one = clean.values<float>();
  for (std::size_t i = 0; i < from.size(); ++i) out.values<float>()[i] = 2 * one[i % one.size()] - from[i];
  return out;
}

void add_gradient(const Smoothed& smoothed, std::size_t side, const Pixels& noisy, const Pixels& clean,
                  std::int64_t answer, const std::stop_token& stop, std::vector<double>& sum) {
  const Side& own = smoothed.sides()[side];
  const Pixels plus = own.classifier->scores(noisy, stop), minus = own.classifier->scores(opposite(noisy, clean), stop);
  const iso::Shape& shape = noisy.spec().shape;
  const auto classes = static_cast<std::size_t>(smoothed.classes()), values = sum.size();
  const auto from = noisy.values<float>(), one = clean.values<float>();
  for (std::size_t b = 0; b < static_cast<std::size_t>(shape[3]); ++b) {
    const double up = margin(plus.values<float>().subspan(b * classes, classes), answer),
                 down = margin(minus.values<float>().subspan(b * classes, classes), answer),
                 weight = (up - down) / (2 * own.sigma * own.sigma);
    for (std::size_t i = 0; i < values; ++i) {
      const auto pixel = static_cast<std::int64_t>(i) % (shape[0] * shape[1]);
      if (iso::compute::is_own(smoothed.split(), own.half, pixel % shape[0], pixel / shape[0]))
        sum[i] += weight * (double{from[b * values + i]} - double{one[i]});
    }
  }
}

}  // namespace

Pixels margin_gradient(const Smoothed& smoothed, const Pixels& image, std::int64_t answer, std::uint64_t seed,
                       Stage stage, std::int64_t first, std::int64_t pairs, const std::stop_token& stop) {
  std::vector<double> sum(image.values<float>().size());
  for (std::size_t side = 0; side < smoothed.sides().size(); ++side) {
    const Pixels clean = smoothed.copies(image, side, 0, seed, stage, first, 1, stop);
    for (std::int64_t done = 0; done < pairs; done += smoothed.batch()) {
      const std::int64_t count = std::min(smoothed.batch(), pairs - done);
      const Pixels noisy =
          smoothed.copies(image, side, smoothed.sides()[side].sigma, seed, stage, first + done, count, stop);
      add_gradient(smoothed, side, noisy, clean, answer, stop, sum);
    }
  }
  for (double& value : sum) value /= static_cast<double>(pairs);
  return make(image.spec().shape, sum);
}

AttackResult attack(const Smoothed& smoothed, const Pixels& image, std::int64_t answer, double radius,
                    std::uint64_t seed, const AttackSettings& settings, const std::stop_token& stop,
                    const std::function<void(double)>& told) {
  const auto x = image.values<float>();
  const double ball = settings.part * radius, step = reach * ball / settings.steps;
  const std::int64_t pairs = std::max<std::int64_t>(1, settings.copies / 2);
  std::vector<double> change(x.size()), direction(x.size()), moved(x.begin(), x.end());
  for (int i = 0; i < settings.steps; ++i) {
    const Pixels gradient =
        margin_gradient(smoothed, make(image.spec().shape, moved), answer, seed, Stage::attack, i * pairs, pairs, stop);
    const auto g = gradient.values<float>();
    const std::vector<double> wide(g.begin(), g.end());
    const double size = norm(wide);
    for (std::size_t j = 0; j < change.size(); ++j)
      direction[j] = momentum * direction[j] + (size > 0 ? wide[j] / size : 0.0);
    const double length = norm(direction);
    for (std::size_t j = 0; j < change.size(); ++j) change[j] -= length > 0 ? step * direction[j] / length : 0.0;
    if (const double far = norm(change); far > ball)
      for (double& value : change) value *= ball / far;
    for (std::size_t j = 0; j < change.size(); ++j) moved[j] = double{x[j]} + change[j];
    told(static_cast<double>(i + 1) / settings.steps);
  }
  return decide(smoothed, image, make(image.spec().shape, moved), seed, settings.recheck, stop);
}

AttackResult decide(const Smoothed& smoothed, const Pixels& image, Pixels changed, std::uint64_t seed,
                    std::int64_t recheck, const std::stop_token& stop) {
  AttackResult out;
  const auto from = image.values<float>(), to = changed.values<float>();
  std::vector<double> change(from.size());
  for (std::size_t i = 0; i < change.size(); ++i) change[i] = double{to[i]} - double{from[i]};
  out.norm = norm(change);
  out.changed = std::move(changed);
  out.votes = smoothed.no_votes();
  smoothed.vote(out.changed, seed, Stage::predict, recheck, out.votes, stop, [](const Votes&) {});
  out.after = top_class(out.votes);
  return out;
}

}  // namespace certification
