#pragma once

#include "method/cases.h"

#include <vector>

namespace certification {

/// What a person looks at of a case: the image, what each network sees of it without noise, and the change of the length of its radius in the
/// direction in which the smoothed answer is lost fastest, as estimated from `draws` draws (of a linear classifier it is the smallest
/// change that alters the answer; of others an estimate of its direction), drawn around 1/2 in the scale of the image.
/// One slice a case, tiles side by side: (4 W, H) for two halves, (3 W, H) for one network. Cases from the smallest radius to the largest, as
/// `order` says; those that abstain first, without a change.
struct Pictures {
  iso::Pixels pixels;  ///< (tiles W, H, cases), f32, the first channel
  std::vector<std::size_t> order;
};
[[nodiscard]] Pictures make_pictures(const Smoothed& smoothed, const Cases& cases,
                                     const std::vector<CaseResult>& results, std::int64_t draws,
                                     const std::stop_token& stop);

}  // namespace certification
