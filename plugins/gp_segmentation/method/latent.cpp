#include "method/latent.h"

#include "method/components.h"
#include "method/features.h"

#include <iso/geometry/distance_map.h>

#include <algorithm>
#include <cmath>

namespace gp_segmentation {

using iso::compute::KernelScales;

namespace {

constexpr double obey_noise = 1e-8;
constexpr double mask_height = 2;

double footprint(const KernelScales& scales, const Voxel& a, const Voxel& b, const iso::Vec3& spacing_mm) {
  double d2 = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double d = static_cast<double>(a[axis] - b[axis]) * spacing_mm[axis];
    d2 += d * d;
  }
  return scales.footprint * std::exp(-d2 / (2 * scales.width_mm * scales.width_mm));
}

/// Adds the footprints of all clicks in every voxel within the cut of one of them; each voxel once.
void add_footprints(std::vector<float>& field, const Voxel& size, const iso::Vec3& spacing_mm,
                    std::span<const Voxel> clicks, std::span<const double> coefficients, const KernelScales& scales) {
  constexpr double negligible = 1e-9, further = KernelScales::cut;
  const double reach = KernelScales::cut * scales.width_mm;
  std::vector<std::pair<std::int64_t, double>> sums;
  for (std::size_t i = 0; i < clicks.size(); ++i) {
    if (std::abs(coefficients[i]) < negligible) continue;
    std::vector<std::size_t> near;  // those that are felt anywhere in this ball
    for (std::size_t j = 0; j < clicks.size(); ++j)
      if (footprint(scales, clicks[i], clicks[j], spacing_mm) >
          scales.footprint * std::exp(-0.5 * (KernelScales::cut + further) * (KernelScales::cut + further)))
        near.push_back(j);
    Voxel low{}, high{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto by = static_cast<std::int64_t>(reach / spacing_mm[axis]);
      low[axis] = std::max<std::int64_t>(0, clicks[i][axis] - by);
      high[axis] = std::min(size[axis] - 1, clicks[i][axis] + by);
    }
    for (std::int64_t z = low[2]; z <= high[2]; ++z)
      for (std::int64_t y = low[1]; y <= high[1]; ++y)
        for (std::int64_t x = low[0]; x <= high[0]; ++x) {
          const Voxel at{x, y, z};
          const double least = scales.footprint * std::exp(-0.5 * KernelScales::cut * KernelScales::cut);
          if (footprint(scales, clicks[i], at, spacing_mm) < least) continue;
          // A voxel in the ball of an earlier click has had all sums already.
          const bool had = std::ranges::any_of(near, [&](std::size_t j) {
            return j < i && std::abs(coefficients[j]) >= negligible &&
                   footprint(scales, clicks[j], at, spacing_mm) >= least;
          });
          if (had) continue;
          double sum = 0;
          for (const std::size_t j : near) sum += coefficients[j] * footprint(scales, clicks[j], at, spacing_mm);
          sums.emplace_back(x + size[0] * (y + size[1] * z), sum);
        }
  }
  for (const auto& [at, sum] : sums)
    field[static_cast<std::size_t>(at)] =
        static_cast<float>(static_cast<double>(field[static_cast<std::size_t>(at)]) + sum);
}

std::int64_t index_in(const Voxel& at, const Voxel& size) { return at[0] + size[0] * (at[1] + size[1] * at[2]); }

}  // namespace

KernelScales make_scales(const Options& options, double side_mm, double pixel_mm) {
  constexpr double part_of_side = 0.2, pixels = 4, everywhere = 4;
  KernelScales scales;
  scales.reach_mm = options.reach_mm > 0 ? options.reach_mm : part_of_side * side_mm;
  scales.width_mm = options.brush_mm > 0 ? options.brush_mm : pixels * pixel_mm;
  scales.everywhere = options.everywhere ? everywhere : 0;
  return scales;
}

LabelPosterior find_posterior(const Heard& heard, std::uint16_t label, const std::vector<double>& mu,
                              const Matrix& kernels, Inference inference) {
  LabelPosterior found;
  found.label = label;
  Evidence evidence;
  evidence.mu = mu;
  for (const Click& click : heard.clicks) {
    evidence.y.push_back(click.label == label ? 1 : -1);
    evidence.weight.push_back(1);
  }
  for (std::size_t i = 0; i < heard.further.size(); ++i) {
    evidence.y.push_back(heard.further[i].label == label ? 1 : -1);
    evidence.weight.push_back(heard.further_weight[i]);
  }
  found.y = evidence.y;
  if (evidence.y.empty()) return found;
  switch (inference) {
    case Inference::laplace: found.posterior = laplace(kernels, evidence); break;
    case Inference::calibrated: found.posterior = expectation_propagation(kernels, evidence); break;
    case Inference::interpolation: found.posterior = interpolate(kernels, evidence); break;
  }
  return found;
}

std::vector<float> mask_mean(std::span<const std::uint8_t> mask, const Voxel& size, const iso::Vec3& spacing_mm,
                             double scale_mm) {
  std::vector<float> mean = iso::signed_distance(mask, size, spacing_mm);
  const auto per = static_cast<float>(1 / scale_mm);
  for (std::size_t i = 0; i < mean.size(); ++i) {
    // Between two voxels d is 0: which side of the surface a voxel is on must not get lost.
    const float height = static_cast<float>(mask_height) * std::tanh(mean[i] * per);
    mean[i] = mask[i] != 0 ? std::max(height, 1e-3F) : std::min(height, -1e-3F);
  }
  return mean;
}

Obedience obey(std::vector<float>& field, const Voxel& size, const iso::Vec3& spacing_mm, std::span<const Voxel> clicks,
               std::span<const double> y, const KernelScales& scales) {
  Obedience told;
  const auto value = [&](std::size_t i) {
    return static_cast<double>(field[static_cast<std::size_t>(index_in(clicks[i], size))]);
  };
  std::vector<double> residual(clicks.size(), 0);
  bool any = false;
  for (std::size_t i = 0; i < clicks.size(); ++i) {
    const double yf = y[i] * value(i);
    told.violated += yf <= 0 ? 1 : 0;
    if (yf >= margin) continue;
    residual[i] = y[i] * margin - value(i);
    any = true;
  }
  if (!any) return told;
  Matrix k{clicks.size()};
  for (std::size_t i = 0; i < k.n; ++i)
    for (std::size_t j = 0; j < k.n; ++j) k(i, j) = footprint(scales, clicks[i], clicks[j], spacing_mm);
  add_footprints(field, size, spacing_mm, clicks, solve(cholesky(k, obey_noise), residual), scales);
  for (std::size_t i = 0; i < clicks.size(); ++i) {
    told.wrong += y[i] * value(i) <= 0 ? 1 : 0;
    if (residual[i] != 0) told.margin_error = std::max(told.margin_error, margin - y[i] * value(i));
  }
  return told;
}

std::vector<std::uint16_t> to_labels(const std::vector<LabelField>& fields, std::span<const std::uint16_t> kept_labels,
                                     const std::vector<Click>& marked, const Voxel& size, const iso::Vec3& spacing_mm,
                                     const Options& options) {
  std::vector<std::uint16_t> labels(static_cast<std::size_t>(size[0] * size[1] * size[2]), 0);
  std::vector<float> best(labels.size(), 0);
  for (const LabelField& one : fields)
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (one.field[i] > best[i]) {
        best[i] = one.field[i];
        labels[i] = one.kept ? kept_labels[i] : one.label;
      }
  double area = spacing_mm[0] * spacing_mm[1], limit = options.hole_mm2;
  if (size[2] > 1) area *= spacing_mm[2], limit = std::pow(limit, 1.5);
  const ComponentRules rules{options.parts != Parts::all && !options.everywhere, options.parts == Parts::largest,
                             static_cast<std::int64_t>(limit / area)};
  for (const LabelField& one : fields) {
    if (one.kept) continue;
    std::vector<std::uint8_t> mask(labels.size());
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = labels[i] == one.label ? 1 : 0;
    std::vector<Voxel> positive, negative;
    for (const Click& click : marked) (click.label == one.label ? positive : negative).push_back(click.at);
    apply_rules(mask, size, positive, negative, one.before, rules);
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (mask[i] != 0 && labels[i] == 0) labels[i] = one.label;
      if (mask[i] == 0 && labels[i] == one.label) labels[i] = 0;
    }
  }
  for (const Click& click : marked) labels[static_cast<std::size_t>(index_in(click.at, size))] = click.label;
  return labels;
}

}  // namespace gp_segmentation
