#pragma once

#include <iso/compute/backend.h>
#include <iso/compute/smoothing_noise.h>
#include <iso/models/classifier.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace certification {

/// What draws are for: no two share a noise.
enum class Stage : std::uint8_t { select, estimate, predict, attack, picture };

/// One network of a smoothed classifier and what it sees of an image.
struct Side {
  iso::models::ClassifierPtr classifier;
  double sigma{0};
  iso::compute::Half half{iso::compute::Half::left};
};

/// Votes by side and class, and how many draws there were on each side: a vote of a network whose scores are not finite is for none.
struct Votes {
  std::vector<std::vector<std::int64_t>> count;
  std::int64_t draws{0};
  friend bool operator==(const Votes&, const Votes&) = default;
};

/// A smoothed classifier: one side (RS), or a left and a right one (DRS), whose votes are added.
class Smoothed {
 public:
  /// `batch` images at a time. Throws unsupported for a back end without smoothing noise, invalid_input for sides that disagree
  /// about their classes, no side or more than two.
  Smoothed(std::vector<Side> sides, iso::compute::Split split, const iso::compute::Backend& backend,
           std::int64_t batch);

  [[nodiscard]] std::span<const Side> sides() const noexcept { return sides_; }
  [[nodiscard]] std::int64_t classes() const noexcept { return sides_.front().classifier->classes(); }
  [[nodiscard]] std::int64_t batch() const noexcept { return batch_; }
  [[nodiscard]] iso::compute::Split split() const noexcept { return split_; }
  [[nodiscard]] Votes no_votes() const;

  /// Adds the votes of draws `votes.draws` to `until` on the image (W, H, C), f32, on every side: as many batches at once as there are threads. What
  /// `between` is called with after them is sound: all sides have had the same draws. Neither batch nor threads change a vote by themselves.
  template <class Between>
  void vote(const iso::Pixels& image, std::uint64_t seed, Stage stage, std::int64_t until, Votes& votes,
            const std::stop_token& stop, const Between& between) const {
    while (votes.draws < until) {
      add_batches(image, seed, stage, until, votes, stop);
      between(votes);
    }
  }

  /// Copies of draws `first` to `first` + `count` as a side sees them: (W, H, C, count). sigma 0: the image without noise.
  [[nodiscard]] iso::Pixels copies(const iso::Pixels& image, std::size_t side, double sigma, std::uint64_t seed,
                                   Stage stage, std::int64_t first, std::int64_t count,
                                   const std::stop_token& stop) const;
  /// The class of the plain networks: of the highest sum of their probabilities on the image without noise; -1 where a score
  /// is not finite.
  [[nodiscard]] std::int64_t classify_plain(const iso::Pixels& image, const std::stop_token& stop) const;
  /// Seconds that noise, networks and counting took so far in this process, summed over the threads, and those that passed; for what is said of speed.
  struct Times {
    double noise{0}, network{0}, counting{0}, passed{0};
    std::int64_t evaluations{0};
  };
  [[nodiscard]] const Times& times() const noexcept { return times_; }

 private:
  struct Heard {
    std::vector<std::int64_t> count;  ///< by class
    Times times;
  };
  void add_batches(const iso::Pixels& image, std::uint64_t seed, Stage stage, std::int64_t until, Votes& votes,
                   const std::stop_token& stop) const;
  /// Networks are shown a whole batch or a small one, whatever is left, because a network is compiled for every number of images. What is shown
  /// beyond the draws is not counted.
  [[nodiscard]] Heard hear(const iso::Pixels& image, std::uint64_t seed, Stage stage, std::size_t side,
                           std::int64_t first, std::int64_t count, const std::stop_token& stop) const;
  std::vector<Side> sides_;
  iso::compute::Split split_;
  const iso::compute::Backend& backend_;
  const iso::compute::SmoothingNoise& noise_;
  std::int64_t batch_, small_;
  mutable Times times_;
};

/// The class with most votes on all sides together; the lower one of equals.
[[nodiscard]] std::int64_t top_class(const Votes& votes) noexcept;
/// exp(s_c) / sum exp(s) of one image.
[[nodiscard]] std::vector<double> softmax(std::span<const float> scores);

}  // namespace certification
