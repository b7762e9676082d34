#pragma once

#include "method/radius.h"
#include "method/votes.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace certification {

enum class Form : std::uint8_t { one_vs_rest, multi_class };
enum class Bound : std::uint8_t { fixed, any_time };
[[nodiscard]] std::string_view to_string(Form form) noexcept;
[[nodiscard]] std::string_view to_string(Bound bound) noexcept;

/// How votes become a radius. All of it is declared before a vote is drawn.
struct Rule {
  Form form{Form::one_vs_rest};
  Bound bound{Bound::fixed};
  double alpha{0.001};        ///< the certificate is wrong with at most this probability
  std::vector<double> sigma;  ///< of each side
  std::int64_t values{0};     ///< that carry noise on a side, for the allowance for cut tails; 0: none
};

struct Certificate {
  std::int64_t answer{0};  ///< the class of stage 1
  bool abstains{true};     ///< no radius above 0
  double radius{0};        ///< l2, over all values of the image; 0 where it abstains
  std::vector<Share> low;  ///< of the answer, by side
};

/// Levels: one-vs-rest has one bound a side, which hold together (`joint_level`). Multi-class gives 0.8 alpha to them and shares 0.2 alpha
/// among the upper bounds of all competitors; an upper bound is cut at 1 - p_A.
[[nodiscard]] Certificate certify(std::int64_t answer, const Votes& votes, const Rule& rule);
/// Whether even the upper bounds of the shares of the answer give no radius of `target`: that more draws are of no use.
[[nodiscard]] bool rules_out(double target, std::int64_t answer, const Votes& votes, const Rule& rule);

}  // namespace certification
