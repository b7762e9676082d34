#include "method/solution.h"

#include "method/features.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace gp_segmentation {
namespace {

constexpr float where_missing = -10;
constexpr std::size_t many_clicks = 40, most_hints = 3;
// An automatic reach: parts of the usual one that are tried, down to the least number of brushes.
constexpr std::array<double, 5> parts_of_reach{0.7, 0.5, 0.35, 0.25, 0.18};
constexpr double least_brushes = 3;
constexpr double prior_power = 0.25;  // a part of the usual reach is as probable as this power of it, before the clicks

double log_evidence(const std::vector<LabelPosterior>& labels) {
  double sum = 0;
  for (const LabelPosterior& one : labels) sum += one.posterior.log_evidence;
  return sum;
}

}  // namespace

Solution::Solution(Patch& patch, Question question) : patch_{&patch}, question_{std::move(question)} {}

double Solution::fraction() const noexcept {
  const auto slabs = static_cast<double>(patch_->slabs());
  switch (stage_) {
    case Stage::features: return 0.5 * static_cast<double>(patch_->slabs_made()) / slabs;
    case Stage::posteriors: return 0.5;
    case Stage::fields:
      return 0.5 +
             0.4 * static_cast<double>(next_) / (slabs * static_cast<double>(std::max<std::size_t>(1, fields_.size())));
    case Stage::labels: return 0.9;
    case Stage::done: return 1;
  }
  return 1;
}

void Solution::step() {
  switch (stage_) {
    case Stage::features:
      if (!patch_->ready()) patch_->make_next_slab();
      if (patch_->ready()) stage_ = Stage::posteriors;
      break;
    case Stage::posteriors: find_posteriors(); break;
    case Stage::fields: add_next_field(); break;
    case Stage::labels: find_labels(); break;
    case Stage::done: break;
  }
}

void Solution::find_posteriors() {
  heard_.clicks = question_.clicks;
  for (const Click& click : heard_.clicks) heard_.centres.push_back(patch_->centre_at(click.at));
  heard_.centres.insert(heard_.centres.end(), question_.further_centres.begin(), question_.further_centres.end());
  heard_.further = question_.further, heard_.further_weight = question_.further_weight;
  const Picture& picture = patch_->picture();
  std::vector<std::vector<double>> means;  // at the centres, of every field

  const std::vector<std::uint16_t>& existing = question_.existing;
  std::set<std::uint16_t> taking_part;
  for (const std::vector<Click>* const list : {&question_.clicks, &question_.marked, &question_.further})
    for (const Click& click : *list) {
      taking_part.insert(click.label);
      if (!existing.empty()) taking_part.insert(existing[static_cast<std::size_t>(picture.index(click.at))]);
    }
  taking_part.erase(0);
  const auto add = [&](std::uint16_t label, bool kept) {
    LabelField field;
    field.label = label, field.kept = kept;
    if (!existing.empty()) {
      field.before.resize(existing.size());
      bool any = false;
      for (std::size_t i = 0; i < existing.size(); ++i) {
        const bool in = kept ? existing[i] != 0 && !taking_part.contains(existing[i]) : existing[i] == label;
        field.before[i] = in ? 1 : 0;
        any = any || in;
      }
      if (!any && kept) return;
      if (!any) field.before.clear();
    }
    if (field.before.empty())
      field.field.assign(static_cast<std::size_t>(picture.count()), static_cast<float>(question_.options.prior_mean));
    else
      field.field = mask_mean(field.before, picture.size, picture.spacing_mm, question_.mask_scale_mm);
    std::vector<double> mu;
    for (const std::vector<Click>* const list : {&heard_.clicks, &heard_.further})
      for (const Click& click : *list)
        mu.push_back(static_cast<double>(field.field[static_cast<std::size_t>(picture.index(click.at))]));
    means.push_back(std::move(mu));
    fields_.push_back(std::move(field));
  };
  for (const std::uint16_t label : taking_part) add(label, false);
  if (!existing.empty()) add(0, true);
  posteriors_ = posteriors(means, question_.scales);
  if (question_.options.reach_mm <= 0 && question_.options.inference == Inference::laplace) shorten_reach(means);
  next_ = 0;
  stage_ = fields_.empty() ? Stage::labels : Stage::fields;
}

/// The reach that makes the clicks most probable, of the usual one and parts of it: one click says nothing of it, and two that
/// differ in tissue that looks alike say that it is shorter than they are apart.
void Solution::shorten_reach(const std::vector<std::vector<double>>& means) {
  double best = log_evidence(posteriors_);
  iso::compute::KernelScales tried = question_.scales;
  const double usual = tried.reach_mm;
  for (const double part : parts_of_reach) {
    tried.reach_mm = part * usual;
    if (tried.reach_mm < least_brushes * tried.width_mm) return;
    std::vector<LabelPosterior> found = posteriors(means, tried);
    const double evidence = log_evidence(found) + prior_power * std::log(part);
    if (!(evidence > best)) continue;
    best = evidence;
    posteriors_ = std::move(found);
    question_.scales = tried;
  }
}

/// One for every field. Labels that nobody clicked stay what they were, but for what others win from them.
std::vector<LabelPosterior> Solution::posteriors(const std::vector<std::vector<double>>& means,
                                                 const iso::compute::KernelScales& scales) const {
  const Matrix kernels = kernel_matrix(heard_.centres, scales);
  std::vector<LabelPosterior> all;
  for (std::size_t i = 0; i < fields_.size(); ++i)
    all.push_back(fields_[i].kept
                      ? LabelPosterior{}
                      : find_posterior(heard_, fields_[i].label, means[i], kernels, question_.options.inference));
  return all;
}

void Solution::add_next_field() {
  const std::size_t label = next_ / patch_->slabs(), slab = next_ % patch_->slabs();
  const auto [first, count] = patch_->range(slab);
  LabelField& field = fields_[label];
  if (!posteriors_[label].posterior.coefficients.empty())
    patch_->add_field(slab, heard_.centres, posteriors_[label].posterior.coefficients, question_.scales,
                      std::span{field.field}.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
  ++next_;
  if (next_ == fields_.size() * patch_->slabs()) stage_ = Stage::labels;
}

void finish_field(std::vector<float>& field, const Picture& picture, const std::vector<Click>& clicks,
                  std::uint16_t label, const iso::compute::KernelScales& scales, double smoothing, Obedience& told) {
  if (smoothing > 0) {
    const double finest = picture.finest_mm();
    smooth(field, picture.size,
           {smoothing * finest / picture.spacing_mm[0], smoothing * finest / picture.spacing_mm[1],
            smoothing * finest / picture.spacing_mm[2]});
  }
  for (std::size_t i = 0; i < picture.missing.size(); ++i)
    if (picture.missing[i] != 0) field[i] = where_missing;
  std::vector<Voxel> places;
  std::vector<double> y;
  for (const Click& click : clicks) {
    places.push_back(click.at);
    y.push_back(click.label == label ? 1 : -1);
  }
  const Obedience now = obey(field, picture.size, picture.spacing_mm, places, y, scales);
  told.violated += now.violated, told.wrong += now.wrong;
  told.margin_error = std::max(told.margin_error, now.margin_error);
}

void Solution::find_labels() {
  for (LabelField& one : fields_) {
    if (question_.options.uncertainty) latent_.push_back(one.field);
    if (!one.kept)
      finish_field(one.field, patch_->picture(), question_.clicks, one.label, question_.scales,
                   question_.options.smoothing, told_);
  }
  labels_ = to_labels(fields_, question_.existing, question_.marked, patch_->picture().size,
                      patch_->picture().spacing_mm, question_.options);
  stage_ = Stage::done;
}

Solution::Uncertainty Solution::uncertainty(std::uint16_t label) {
  Uncertainty found;
  const Picture& picture = patch_->picture();
  const auto voxels = static_cast<std::size_t>(picture.count());
  const auto at = std::ranges::find(fields_, label, &LabelField::label);
  if (at == fields_.end() || at->kept) return found;
  const auto which = static_cast<std::size_t>(at - fields_.begin());
  const Posterior& posterior = posteriors_[which].posterior;
  const std::vector<float>& latent = latent_[which];
  found.probability.resize(voxels), found.deviation.resize(voxels);
  const iso::compute::KernelScales& scales = question_.scales;
  const double own = scales.product + scales.footprint + scales.everywhere;
  const std::int64_t stride = heard_.centres.size() > many_clicks ? 2 : 1;
  for (std::size_t slab = 0; slab < patch_->slabs(); ++slab) {
    std::vector<iso::Pixels> columns;
    columns.reserve(heard_.centres.size());
    for (const auto& centre : heard_.centres) columns.push_back(patch_->column(slab, centre, scales));
    const auto [first, count] = patch_->range(slab);
    iso::parallel_for(count / picture.size[0], 8, [&, begin = first](std::int64_t from, std::int64_t to) {
      std::vector<double> values(columns.size());
      for (std::int64_t row = from; row < to; ++row)
        for (std::int64_t x = 0; x < picture.size[0]; ++x) {
          const std::int64_t voxel = row * picture.size[0] + x;
          // The neighbour that was computed: in the same slab, as rows of one slice stay together.
          const bool even = x % stride == 0;
          const auto place = static_cast<std::size_t>(begin + voxel);
          if (!even) {
            found.probability[place] = found.probability[place - 1],
            found.deviation[place] = found.deviation[place - 1];
            continue;
          }
          for (std::size_t j = 0; j < columns.size(); ++j)
            values[j] = static_cast<double>(columns[j].values<float>()[static_cast<std::size_t>(voxel)]);
          const double v = variance(posterior, values, own);
          found.probability[place] = static_cast<float>(probability(posterior, static_cast<double>(latent[place]), v));
          found.deviation[place] = static_cast<float>(std::sqrt(v));
        }
    });
  }
  add_hints(latent, found);
  return found;
}

/// The voxels where a click would tell most, half the reach apart.
void Solution::add_hints(std::span<const float> latent, Uncertainty& to) const {
  const Picture& picture = patch_->picture();
  std::vector<float> score(latent.size());
  for (std::size_t i = 0; i < score.size(); ++i) {
    const float f = latent[i], d = to.deviation[i];
    score[i] = picture.missing.empty() || picture.missing[i] == 0 ? d * d / (1 + f * f) : 0;
  }
  for (const Click& click : question_.clicks) score[static_cast<std::size_t>(picture.index(click.at))] = 0;
  const double apart = question_.scales.reach_mm / 2;
  while (to.hints.size() < most_hints) {
    std::int64_t best = -1;
    for (std::int64_t i = 0; i < picture.count(); ++i) {
      const float value = score[static_cast<std::size_t>(i)];
      if (!(value > 0) || (best >= 0 && value <= score[static_cast<std::size_t>(best)])) continue;
      const Voxel here{i % picture.size[0], i / picture.size[0] % picture.size[1],
                       i / (picture.size[0] * picture.size[1])};
      const bool near = std::ranges::any_of(to.hints, [&](const Hint& hint) {
        double d2 = 0;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          const double d = static_cast<double>(here[axis] - hint.at[axis]) * picture.spacing_mm[axis];
          d2 += d * d;
        }
        return d2 < apart * apart;
      });
      if (!near) best = i;
    }
    if (best < 0) break;
    to.hints.push_back(
        {{best % picture.size[0], best / picture.size[0] % picture.size[1], best / (picture.size[0] * picture.size[1])},
         static_cast<double>(score[static_cast<std::size_t>(best)])});
  }
}

}  // namespace gp_segmentation
