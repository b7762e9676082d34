#pragma once

#include "method/votes.h"

#include <cstdint>
#include <functional>
#include <stop_token>

namespace certification {

/// Estimate of the gradient of the smoothed margin of class A (logit of A minus the logarithm of the sum of the exponentials of the others),
/// by Stein's identity with pairs e and -e (C. Stein, Ann. Stat. 9 (1981) 1135):
///
///     grad E[m(x + e)] = E[(m(x + e) - m(x - e)) e] / (2 sigma^2),
///
/// on the own pixels of each side; sides are added. It asks the networks forward only, so that any classifier can be attacked. Draws
/// `first` to `first` + `pairs` of a stage. (W, H, C), f32; not scaled.
[[nodiscard]] iso::Pixels margin_gradient(const Smoothed& smoothed, const iso::Pixels& image, std::int64_t answer,
                                          std::uint64_t seed, Stage stage, std::int64_t first, std::int64_t pairs,
                                          const std::stop_token& stop);

struct AttackSettings {
  int steps{100};
  std::int64_t copies{64};      ///< noisy images a step and side: half as many pairs
  double part{0.99};            ///< of the radius: the ball that the change stays in
  std::int64_t recheck{10000};  ///< draws that decide whether the class changed
};

struct AttackResult {
  double norm{0};         ///< l2, of the change
  std::int64_t after{0};  ///< smoothed class of the changed image
  Votes votes;            ///< on it
  iso::Pixels changed;    ///< image, (W, H, C)
};

/// What a changed image is of: the class of the smoothed classifier by `recheck` draws, and how long the change is.
[[nodiscard]] AttackResult decide(const Smoothed& smoothed, const iso::Pixels& image, iso::Pixels changed,
                                  std::uint64_t seed, std::int64_t recheck, const std::stop_token& stop);

/// Projected gradient descent on the margin within the ball of `part` times the radius around the image (Madry et al., ICLR 2018, with the
/// gradient above, steps of 2.5 / steps of the ball and a momentum of 0.9). `told` is called after each step with what is done, 0 to 1.
[[nodiscard]] AttackResult attack(const Smoothed& smoothed, const iso::Pixels& image, std::int64_t answer,
                                  double radius, std::uint64_t seed, const AttackSettings& settings,
                                  const std::stop_token& stop, const std::function<void(double)>& told);

}  // namespace certification
