#pragma once

#include <span>
#include <string>
#include <vector>

namespace diffusion_recon {

/// Noise levels, the largest first, as (most^(1/7) + t / (count - 1) (least^(1/7) - most^(1/7)))^7 (T. Karras et al., NeurIPS (2022), eq. 5).
/// Throws invalid_input unless most > least > 0 and count > 0.
[[nodiscard]] std::vector<double> power_levels(double most, double least, int count);
/// Likewise in equal ratios.
[[nodiscard]] std::vector<double> geometric_levels(double most, double least, int count);
/// Throws invalid_input unless there is a level, and all are positive and fall.
void check_levels(std::span<const double> levels);
/// "level 3 of 20, noise 0.51".
[[nodiscard]] std::string level_stage(int step, std::span<const double> levels);

}  // namespace diffusion_recon
