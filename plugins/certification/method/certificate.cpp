#include "method/certificate.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace certification {
namespace {

constexpr double part_of_answer = 0.8;

Share below(std::int64_t k, std::int64_t n, double level, const Rule& rule) {
  Share share = rule.bound == Bound::fixed ? lower_bound(k, n, level) : lower_bound_any_time(k, n, level);
  const double cut = tail_allowance(rule.values);
  share.p = std::max(0.0, share.p - cut);
  share.complement = std::min(1.0, share.complement + cut);
  return share;
}

Share above(std::int64_t k, std::int64_t n, double level, const Rule& rule) {
  const Share low = below(n - k, n, level, rule);
  return {low.complement, low.p};
}

double radius(const std::vector<Margin>& sides, Form form) {
  if (sides.size() == 1) return form == Form::one_vs_rest ? one_vs_rest(sides[0]) : multi_class(sides[0]);
  return form == Form::one_vs_rest ? one_vs_rest(sides[0], sides[1]) : multi_class(sides[0], sides[1]);
}

double multi_class_radius(std::int64_t answer, const Votes& votes, const Rule& rule, const std::vector<Share>& low) {
  const std::size_t sides = votes.count.size(), classes = votes.count.front().size();
  const double level = (1 - part_of_answer) * rule.alpha / static_cast<double>(sides * (classes - 1));
  double least = INFINITY;
  for (std::size_t c = 0; c < classes; ++c) {
    if (static_cast<std::int64_t>(c) == answer) continue;
    std::vector<Margin> margins;
    for (std::size_t side = 0; side < sides; ++side) {
      Share high = above(votes.count[side][c], votes.draws, level, rule);
      if (high.p > low[side].complement) high = {low[side].complement, low[side].p};
      margins.push_back({normal_quantile(low[side]), normal_quantile(high), rule.sigma[side]});
    }
    least = std::min(least, radius(margins, Form::multi_class));
  }
  return least;
}

}  // namespace

std::string_view to_string(Form form) noexcept { return form == Form::one_vs_rest ? "one_vs_rest" : "multi_class"; }
std::string_view to_string(Bound bound) noexcept { return bound == Bound::fixed ? "fixed" : "any_time"; }

Certificate certify(std::int64_t answer, const Votes& votes, const Rule& rule) {
  Certificate out;
  out.answer = answer;
  const auto sides = static_cast<int>(votes.count.size());
  const double part = rule.form == Form::one_vs_rest ? 1 : part_of_answer;
  const double level = joint_level(part * rule.alpha, sides);
  std::vector<Margin> margins;
  for (std::size_t side = 0; side < votes.count.size(); ++side) {
    out.low.push_back(below(votes.count[side][static_cast<std::size_t>(answer)], votes.draws, level, rule));
    margins.push_back({normal_quantile(out.low.back()), 0, rule.sigma[side]});
  }
  const double found =
      rule.form == Form::one_vs_rest ? radius(margins, rule.form) : multi_class_radius(answer, votes, rule, out.low);
  out.abstains = !(found > 0);
  out.radius = out.abstains ? 0 : found;
  return out;
}

bool rules_out(double target, std::int64_t answer, const Votes& votes, const Rule& rule) {
  const double level = joint_level(rule.alpha, static_cast<int>(votes.count.size()));
  std::vector<Margin> margins;
  for (std::size_t side = 0; side < votes.count.size(); ++side) {
    const std::int64_t k = votes.count[side][static_cast<std::size_t>(answer)];
    const Share high =
        rule.bound == Bound::fixed ? upper_bound(k, votes.draws, level) : upper_bound_any_time(k, votes.draws, level);
    margins.push_back({normal_quantile(high), -normal_quantile(high), rule.sigma[side]});
  }
  // Against all others together: the most that a radius can be in the form one-vs-rest; the other form may certify more, and then goes on.
  return rule.form == Form::one_vs_rest && radius(margins, rule.form) < target;
}

}  // namespace certification
