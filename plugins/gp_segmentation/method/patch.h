#pragma once

#include "method/picture.h"
#include "method/posterior.h"

#include <iso/compute/backend.h>
#include <iso/compute/operators/kernel_expansion.h>

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace gp_segmentation {

/// A part of an image with its features: a slice, or a box of a volume in slabs, so that work can pause between them.
class Patch {
 public:
  /// Without features yet. `pixel`: as for make_features.
  Patch(Picture picture, double pixel, const iso::compute::Backend& backend);
  [[nodiscard]] const Picture& picture() const noexcept { return picture_; }
  [[nodiscard]] std::size_t slabs() const noexcept { return slabs_.size(); }
  [[nodiscard]] bool ready() const noexcept { return made_ == slabs_.size(); }
  void make_next_slab();  ///< features of the next slab
  [[nodiscard]] std::size_t slabs_made() const noexcept { return made_; }
  [[nodiscard]] iso::compute::KernelCentre centre_at(const Voxel& at) const;  ///< needs the features there

  /// out += sum over the centres of coefficient times kernel, in the voxels of one slab. Where columns are kept (small patches)
  /// each is made once; the bits do not depend on what was kept.
  void add_field(std::size_t slab, std::span<const iso::compute::KernelCentre> centres,
                 std::span<const double> coefficients, const iso::compute::KernelScales& scales, std::span<float> out);
  /// k(., centre) over one slab.
  [[nodiscard]] iso::Pixels column(std::size_t slab, const iso::compute::KernelCentre& centre,
                                   const iso::compute::KernelScales& scales);
  /// Bytes of the columns that are kept: of the newest sum, and of at most `most_columns` altogether where that has fewer.
  static constexpr std::size_t most_columns = 48;
  [[nodiscard]] std::size_t column_bytes() const noexcept;
  void drop_columns() { columns_.clear(); }
  /// First voxel and number of voxels of a slab.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> range(std::size_t slab) const;
  /// Bytes a voxel of features, and of what they are made from.
  [[nodiscard]] static std::size_t bytes_a_voxel(std::int64_t channels);

 private:
  struct Slab {
    std::int64_t begin, end;  ///< slices
    iso::Pixels features;
    iso::compute::Array resident;
  };
  struct Key {
    iso::Vec3 place_mm;
    std::vector<double> features;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  [[nodiscard]] iso::compute::KernelExpansion expansion(std::size_t slab,
                                                        std::span<const iso::compute::KernelCentre> centres,
                                                        const iso::compute::KernelScales& scales) const;
  [[nodiscard]] iso::Pixels apply(std::size_t slab, std::span<const iso::compute::KernelCentre> centres,
                                  std::span<const float> coefficients, const iso::compute::KernelScales& scales) const;

  Picture picture_;
  double pixel_;
  const iso::compute::Backend* backend_;
  std::vector<Slab> slabs_;
  std::size_t made_{0};
  struct Column {
    iso::Pixels values;
    std::uint64_t used{0};  ///< when, in columns asked for
  };
  void drop_old_columns(std::size_t in_use);
  iso::compute::KernelScales columns_for_;
  std::map<Key, Column> columns_;  ///< of the only slab
  std::uint64_t asked_{0};
};

/// Kernel values between all centres.
[[nodiscard]] Matrix kernel_matrix(std::span<const iso::compute::KernelCentre> centres,
                                   const iso::compute::KernelScales& scales);

}  // namespace gp_segmentation
