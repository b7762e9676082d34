#include "method/votes.h"

#include <iso/base/error.h>
#include <iso/base/threads.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

namespace certification {
namespace {

using iso::Pixels;
constexpr std::int64_t smallest_batch = 16;

using Clock = std::chrono::steady_clock;

double seconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

const iso::compute::SmoothingNoise& find_noise(const iso::compute::Backend& backend) {
  const auto* const noise = iso::compute::find_smoothing_noise(backend);
  if (noise == nullptr)
    throw iso::Error(iso::Errc::unsupported, "the device " + backend.info().id + " makes no smoothing noise",
                     "choose the device cpu");
  return *noise;
}

std::uint32_t to_stream(Stage stage, std::size_t side, std::size_t sides) {
  return 4 * static_cast<std::uint32_t>(stage) + (sides == 1 ? 2U : static_cast<std::uint32_t>(side));
}

}  // namespace

Smoothed::Smoothed(std::vector<Side> sides, iso::compute::Split split, const iso::compute::Backend& backend,
                   std::int64_t batch)
    : sides_{std::move(sides)},
      split_{split},
      backend_{backend},
      noise_{find_noise(backend)},
      batch_{batch},
      small_{std::min(batch, smallest_batch)} {
  if (sides_.empty() || sides_.size() > 2 || batch < 1)
    throw iso::Error(iso::Errc::invalid_input,
                     "a smoothed classifier has one network, or two, and a batch of at least 1");
  for (const Side& side : sides_) {
    if (side.classifier->classes() != classes())
      throw iso::Error(iso::Errc::invalid_input,
                       "the networks of the two halves have " + std::to_string(classes()) + " and " +
                           std::to_string(side.classifier->classes()) + " classes",
                       "take the two halves of one training");
    if (!(side.sigma > 0) || !std::isfinite(side.sigma))
      throw iso::Error(iso::Errc::invalid_input, "smoothing needs noise of a positive standard deviation");
  }
}

Votes Smoothed::no_votes() const {
  return {std::vector(sides_.size(), std::vector<std::int64_t>(static_cast<std::size_t>(classes()))), 0};
}

Pixels Smoothed::copies(const Pixels& image, std::size_t side, double sigma, std::uint64_t seed, Stage stage,
                        std::int64_t first, std::int64_t count, const std::stop_token& stop) const {
  const auto stream = backend_.make_stream(stop);
  const iso::Shape& shape = image.spec().shape;
  iso::compute::Array many =
      backend_.allocate({iso::Shape{shape[0], shape[1], shape[2], count}, iso::ScalarType::f32}, *stream);
  const iso::compute::NoisyCopies what{
      seed, static_cast<std::uint64_t>(first), to_stream(stage, side, sides_.size()), sigma, split_, sides_[side].half};
  noise_.draw(what, backend_.upload(image, *stream), many, *stream);
  return backend_.download(many, *stream);
}

Smoothed::Heard Smoothed::hear(const Pixels& image, std::uint64_t seed, Stage stage, std::size_t side,
                               std::int64_t first, std::int64_t count, const std::stop_token& stop) const {
  const std::int64_t shown = count > small_ ? batch_ : small_;
  const auto begin = Clock::now();
  const Pixels noisy = copies(image, side, sides_[side].sigma, seed, stage, first, shown, stop);
  const auto drawn = Clock::now();
  const Pixels scores = sides_[side].classifier->scores(noisy, stop);
  const auto scored = Clock::now();
  const auto values = scores.values<float>();
  const auto k = static_cast<std::size_t>(classes());
  Heard out{std::vector<std::int64_t>(k), {}};
  for (std::size_t at = 0; at < static_cast<std::size_t>(count) * k; at += k) {
    const auto own = values.subspan(at, k);
    if (std::ranges::all_of(own, [](float v) { return std::isfinite(v); }))
      ++out.count[static_cast<std::size_t>(std::ranges::max_element(own) - own.begin())];
  }
  out.times = {seconds(begin, drawn), seconds(drawn, scored), seconds(scored, Clock::now()), 0, shown};
  return out;
}

void Smoothed::add_batches(const Pixels& image, std::uint64_t seed, Stage stage, std::int64_t until, Votes& votes,
                           const std::stop_token& stop) const {
  const auto begin = Clock::now();
  const auto sides = static_cast<std::int64_t>(sides_.size());
  const std::int64_t left = until - votes.draws, whole = left / batch_,
                     batches = std::clamp<std::int64_t>(whole, 1, iso::ThreadBudget::threads()),
                     each = whole > 0 ? batch_ : std::min(left, small_);
  std::vector<Heard> heard(static_cast<std::size_t>(batches * sides));
  iso::parallel_for(batches * sides, 1, [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i)
      heard[static_cast<std::size_t>(i)] =
          hear(image, seed, stage, static_cast<std::size_t>(i % sides), votes.draws + i / sides * each, each, stop);
  });
  for (std::size_t i = 0; i < heard.size(); ++i) {
    auto& own = votes.count[i % sides_.size()];
    for (std::size_t c = 0; c < own.size(); ++c) own[c] += heard[i].count[c];
    times_.noise += heard[i].times.noise;
    times_.network += heard[i].times.network;
    times_.counting += heard[i].times.counting;
    times_.evaluations += heard[i].times.evaluations;
  }
  times_.passed += seconds(begin, Clock::now());
  votes.draws += batches * each;
}

std::int64_t Smoothed::classify_plain(const Pixels& image, const std::stop_token& stop) const {
  std::vector<double> sum(static_cast<std::size_t>(classes()));
  for (std::size_t side = 0; side < sides_.size(); ++side) {
    const Pixels scores =
        sides_[side].classifier->scores(copies(image, side, 0, 0, Stage::predict, 0, small_, stop), stop);
    const auto first = scores.values<float>().first(static_cast<std::size_t>(classes()));
    if (!std::ranges::all_of(first, [](float v) { return std::isfinite(v); })) return -1;
    const auto own = softmax(first);
    for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += own[c];
  }
  return std::ranges::max_element(sum) - sum.begin();
}

std::int64_t top_class(const Votes& votes) noexcept {
  std::int64_t best = 0, most = -1;
  for (std::size_t c = 0; c < votes.count.front().size(); ++c) {
    std::int64_t sum = 0;
    for (const auto& side : votes.count) sum += side[c];
    if (sum > most) most = sum, best = static_cast<std::int64_t>(c);
  }
  return best;
}

std::vector<double> softmax(std::span<const float> scores) {
  const double most = *std::ranges::max_element(scores);
  std::vector<double> out;
  double sum = 0;
  for (const float score : scores) {
    out.push_back(std::exp(double{score} - most));
    sum += out.back();
  }
  for (double& share : out) share /= sum;
  return out;
}

}  // namespace certification
