#pragma once

#include "iso/compute/operator_spec.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace iso::compute {

/// A series of images as matrices whose singular values say how much its columns have in common. It only moves values:
/// every value of the series is in one matrix once, so that BᴴB is the identity and the norm is 1.
///   patches      disjoint blocks of `patch` voxels (the first begins `shift` voxels before the image), one matrix a block:
///                voxels of the block times frames. Where a block leaves the image its rows are 0
///   readout      one matrix: (y, z, frame) times x
///   phase        one matrix: (x, z, frame) times y
/// (The Casorati matrix, voxels times frames, needs no operator: it is the series as it lies in memory.)
struct Unfolding {
  enum class Kind : std::uint8_t { patches, readout, phase };
  static constexpr std::string_view name = "unfolding";
  static constexpr Values values = Values::complex;
  Shape image;  ///< x, y, z
  std::int64_t frames{1};
  Kind kind{Kind::patches};
  std::array<std::int64_t, 3> patch{8, 8, 1};
  std::array<std::int64_t, 3> shift{0, 0, 0};  ///< each from 0 to the extent of a patch less 1
  ScalarType type{ScalarType::c64};

  [[nodiscard]] ArraySpec domain() const { return {{image[0], image[1], image[2], frames}, type}; }
  [[nodiscard]] ArraySpec range() const { return {{rows(), columns(), matrices()}, type}; }
  [[nodiscard]] static Magnitude magnitude() { return {Magnitude::Rule::non_negative, 0, 0}; }
  [[nodiscard]] std::int64_t rows() const noexcept;
  [[nodiscard]] std::int64_t columns() const noexcept;
  [[nodiscard]] std::int64_t matrices() const noexcept;
  /// Blocks along an axis.
  [[nodiscard]] std::int64_t blocks(std::size_t axis) const noexcept;
  void check() const;  ///< throws invalid_input: an image that is not x, y, z, no frame, patches or shifts out of range
};

}  // namespace iso::compute
