#include "method/segmentation.h"

#include "method/box.h"
#include "method/features.h"
#include "method/slices.h"

#include <iso/base/error.h>

#include <algorithm>

namespace gp_segmentation {

Segmentation::Segmentation(const iso::Volume& volume, std::vector<std::uint16_t> existing,
                           const iso::compute::Backend& backend)
    : picture_{make_picture(volume)}, existing_{std::move(existing)}, backend_{&backend} {
  if (!existing_.empty() && static_cast<std::int64_t>(existing_.size()) != picture_.count())
    throw iso::Error{iso::Errc::shape_mismatch, "the mask before has another number of voxels than the image",
                     "resample it on the grid of the image"};
  if (std::ranges::all_of(existing_, [](std::uint16_t label) { return label == 0; })) existing_.clear();
  picture_.gradient_scale = gradient_scales(picture_);
  slices_ = std::make_unique<Slices>(picture_, existing_, backend);
  box_ = std::make_unique<Box>(picture_, existing_, backend);
}

Segmentation::~Segmentation() = default;

Answer Segmentation::answer(std::span<const MarkStroke> strokes, const Options& options,
                            const std::function<bool()>& enough) {
  Answer given;
  if (existing_.empty())
    given.labels.assign(static_cast<std::size_t>(picture_.count()), 0);
  else
    given.labels = existing_;
  given.clicks = make_marked(strokes, picture_.size).clicks.size();
  const bool flat = picture_.size[2] == 1 && options.slice_axis == SliceAxis::z;
  options.extent == Extent::slice || flat ? slices_->answer(strokes, options, enough, given)
                                          : box_->answer(strokes, options, enough, given);
  return given;
}

std::size_t memory_bytes(const PictureSize& size, const Options& options) {
  const auto voxels = static_cast<std::size_t>(size.size[0] * size.size[1] * size.size[2]);
  const auto channels = static_cast<std::size_t>(size.channels);
  const std::size_t kept = voxels * (channels * sizeof(float) + 2 * sizeof(std::uint16_t));
  const std::size_t told = options.uncertainty ? voxels * 2 * sizeof(float) : 0;
  if (options.extent == Extent::volume) {
    const std::size_t box = std::min<std::size_t>(voxels, 30'000'000);
    // Features, what they are made from, and a few fields.
    return kept + told + box * (Patch::bytes_a_voxel(size.channels) + 6 * sizeof(float));
  }
  const std::size_t slice = voxels / static_cast<std::size_t>(std::max<std::int64_t>(1, size.size[2]));
  constexpr std::size_t slices = 24;
  const std::size_t others = size.size[2] > 1 ? most_column_bytes : 0;
  return kept + told + slice * sizeof(float) * Patch::most_columns + others + most_kept_bytes +
         slice * Patch::bytes_a_voxel(size.channels) *
             std::min<std::size_t>(slices, static_cast<std::size_t>(size.size[2]));
}

}  // namespace gp_segmentation
