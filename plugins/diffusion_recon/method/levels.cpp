#include "method/levels.h"

#include <iso/base/error.h>

#include <cmath>
#include <cstdio>

namespace diffusion_recon {
namespace {

void check(double most, double least, int count) {
  if (!(least > 0) || !(most > least) || !std::isfinite(most) || count < 1)
    throw iso::Error{iso::Errc::invalid_input, "noise levels must fall from a positive number to a smaller one"};
}

double part(int t, int count) { return count > 1 ? static_cast<double>(t) / (count - 1) : 0; }

}  // namespace

std::vector<double> power_levels(double most, double least, int count) {
  check(most, least, count);
  constexpr double power = 7;
  const double from = std::pow(most, 1 / power), to = std::pow(least, 1 / power);
  std::vector<double> levels;
  levels.reserve(static_cast<std::size_t>(count));
  for (int t = 0; t < count; ++t) levels.push_back(std::pow(from + part(t, count) * (to - from), power));
  return levels;
}

std::vector<double> geometric_levels(double most, double least, int count) {
  check(most, least, count);
  std::vector<double> levels;
  levels.reserve(static_cast<std::size_t>(count));
  for (int t = 0; t < count; ++t) levels.push_back(most * std::pow(least / most, part(t, count)));
  return levels;
}

void check_levels(std::span<const double> levels) {
  for (std::size_t i = 0; i < levels.size(); ++i)
    if (!(levels[i] > 0) || (i > 0 && !(levels[i] < levels[i - 1])))
      throw iso::Error{iso::Errc::invalid_input, "noise levels must be positive and fall"};
  if (levels.empty()) throw iso::Error{iso::Errc::invalid_input, "there is no noise level to begin at"};
}

std::string level_stage(int step, std::span<const double> levels) {
  char text[80];
  std::snprintf(text, sizeof text, "level %d of %d, noise %.3g", step + 1, static_cast<int>(levels.size()),
                levels[static_cast<std::size_t>(step)]);
  return text;
}

}  // namespace diffusion_recon
