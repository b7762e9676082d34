#include "method/patch.h"

#include "method/features.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <cstring>

namespace gp_segmentation {

using iso::compute::KernelCentre, iso::compute::KernelExpansion, iso::compute::KernelScales;

namespace {

constexpr std::int64_t voxels_of_a_slab = 2'000'000;
constexpr std::int64_t voxels_with_columns = 1'100'000;  ///< a column of each click is kept up to here
constexpr std::int64_t elements_of_a_task = 16384;

}  // namespace

Patch::Patch(Picture picture, double pixel, const iso::compute::Backend& backend)
    : picture_{std::move(picture)}, pixel_{pixel}, backend_{&backend} {
  const std::int64_t plane = picture_.size[0] * picture_.size[1];
  const std::int64_t thick = std::max<std::int64_t>(1, voxels_of_a_slab / plane);
  for (std::int64_t z = 0; z < picture_.size[2]; z += thick)
    slabs_.push_back({z, std::min(picture_.size[2], z + thick), {}, {}});
}

std::pair<std::int64_t, std::int64_t> Patch::range(std::size_t slab) const {
  const std::int64_t plane = picture_.size[0] * picture_.size[1];
  return {slabs_[slab].begin * plane, (slabs_[slab].end - slabs_[slab].begin) * plane};
}

std::size_t Patch::bytes_a_voxel(std::int64_t channels) {
  return sizeof(float) * static_cast<std::size_t>(feature_count(channels) + channels);
}

void Patch::make_next_slab() {
  Slab& slab = slabs_[made_];
  if (slabs_.size() == 1) {
    slab.features = make_features(picture_, pixel_);
  } else {  // with as much around it as its features depend on
    const std::int64_t low = std::max<std::int64_t>(0, slab.begin - feature_halo);
    const std::int64_t high = std::min(picture_.size[2], slab.end + feature_halo);
    const iso::PixelBuffer all =
        make_features(make_part(picture_, {0, 0, low}, {picture_.size[0], picture_.size[1], high}), pixel_);
    const std::int64_t plane = picture_.size[0] * picture_.size[1], planes = all.spec().shape[3];
    iso::PixelBuffer own = iso::PixelBuffer::allocate(
        {{picture_.size[0], picture_.size[1], slab.end - slab.begin, planes}, iso::ScalarType::f32});
    for (std::int64_t j = 0; j < planes; ++j)
      std::copy_n(all.values<float>().data() + (j * (high - low) + slab.begin - low) * plane,
                  (slab.end - slab.begin) * plane, own.values<float>().data() + j * (slab.end - slab.begin) * plane);
    slab.features = std::move(own);
  }
  const auto stream = backend_->make_stream();
  slab.resident = backend_->upload(slab.features, *stream);
  stream->synchronize();
  ++made_;
}

KernelCentre Patch::centre_at(const Voxel& at) const {
  const auto slab = std::ranges::find_if(slabs_, [&](const Slab& one) { return at[2] < one.end; });
  const iso::Shape& shape = slab->features.spec().shape;
  const auto values = slab->features.values<float>();
  const std::int64_t voxel = at[0] + shape[0] * (at[1] + shape[1] * (at[2] - slab->begin));
  const std::int64_t voxels = shape[0] * shape[1] * shape[2];
  KernelCentre centre;
  for (std::int64_t j = 0; j < shape[3]; ++j)
    centre.features.push_back(static_cast<double>(values[static_cast<std::size_t>(j * voxels + voxel)]));
  for (std::size_t axis = 0; axis < 3; ++axis)
    centre.place_mm[axis] = static_cast<double>(at[axis]) * picture_.spacing_mm[axis];
  return centre;
}

KernelExpansion Patch::expansion(std::size_t slab, std::span<const KernelCentre> centres,
                                 const KernelScales& scales) const {
  const Slab& own = slabs_[slab];
  KernelExpansion spec;
  spec.grid = {picture_.size[0], picture_.size[1], own.end - own.begin};
  spec.spacing_mm = picture_.spacing_mm;
  spec.planes = own.features.spec().shape[3];
  spec.resident = own.resident;
  spec.centres.assign(centres.begin(), centres.end());
  for (KernelCentre& centre : spec.centres)
    centre.place_mm[2] -= static_cast<double>(own.begin) * picture_.spacing_mm[2];
  spec.scales = scales;
  return spec;
}

iso::Pixels Patch::apply(std::size_t slab, std::span<const KernelCentre> centres, std::span<const float> coefficients,
                         const KernelScales& scales) const {
  const auto stream = backend_->make_stream();
  const auto expand = backend_->make(expansion(slab, centres, scales));
  iso::PixelBuffer numbers = iso::PixelBuffer::allocate(expand->domain());
  std::ranges::copy(coefficients, numbers.values<float>().begin());
  const iso::compute::Array c = backend_->upload(std::move(numbers), *stream);
  iso::compute::Array field = backend_->allocate(expand->range(), *stream);
  expand->forward(c, field, *stream);
  iso::Pixels result = backend_->download(field, *stream);
  stream->synchronize();
  return result;
}

iso::Pixels Patch::column(std::size_t slab, const KernelCentre& centre, const KernelScales& scales) {
  const float one = 1;
  if (slabs_.size() > 1 || picture_.count() > voxels_with_columns) return apply(slab, {&centre, 1}, {&one, 1}, scales);
  if (scales != columns_for_) columns_.clear();
  columns_for_ = scales;
  Column& kept = columns_[{centre.place_mm, centre.features}];
  if (kept.values.empty()) kept.values = apply(slab, {&centre, 1}, {&one, 1}, scales);
  kept.used = ++asked_;
  return kept.values;
}

/// Of clicks that were taken back, when there are too many: those that were asked for longest ago.
void Patch::drop_old_columns(std::size_t in_use) {
  while (columns_.size() > std::max(most_columns, in_use))
    columns_.erase(std::ranges::min_element(columns_, {}, [](const auto& entry) { return entry.second.used; }));
}

std::size_t Patch::column_bytes() const noexcept {
  return columns_.size() * static_cast<std::size_t>(picture_.count()) * sizeof(float);
}

void Patch::add_field(std::size_t slab, std::span<const KernelCentre> centres, std::span<const double> coefficients,
                      const KernelScales& scales, std::span<float> out) {
  if (centres.empty()) return;
  if (slabs_.size() > 1 || picture_.count() > voxels_with_columns) {
    const std::vector<float> numbers(coefficients.begin(), coefficients.end());
    const iso::Pixels field = apply(slab, centres, numbers, scales);
    const float* const values = field.values<float>().data();
    iso::parallel_for(static_cast<std::int64_t>(out.size()), elements_of_a_task,
                      [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t i = begin; i < end; ++i) out[static_cast<std::size_t>(i)] += values[i];
                      });
    return;
  }
  std::vector<iso::Pixels> columns;
  for (const KernelCentre& centre : centres) columns.push_back(column(slab, centre, scales));
  drop_old_columns(centres.size());
  iso::parallel_for(static_cast<std::int64_t>(out.size()), elements_of_a_task,
                    [&](std::int64_t begin, std::int64_t end) {
                      for (std::size_t j = 0; j < columns.size(); ++j) {
                        const float* const from = columns[j].values<float>().data();
                        const auto factor = static_cast<float>(coefficients[j]);
                        for (std::int64_t i = begin; i < end; ++i) out[static_cast<std::size_t>(i)] += factor * from[i];
                      }
                    });
}

Matrix kernel_matrix(std::span<const KernelCentre> centres, const KernelScales& scales) {
  Matrix k{centres.size()};
  for (std::size_t i = 0; i < centres.size(); ++i)
    for (std::size_t j = 0; j <= i; ++j) k(i, j) = k(j, i) = iso::compute::kernel(scales, centres[i], centres[j]);
  return k;
}

}  // namespace gp_segmentation
