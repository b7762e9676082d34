#pragma once

#include "iso/compute/array.h"

#include <cstdint>
#include <string_view>

namespace iso::compute {

class Backend;

/// How the pixels of an image are divided into a left and a right half, the same for every channel: left is where
/// column + row, the row, or the column is even. `none`: both see all pixels.
enum class Split : std::uint8_t { none, checkerboard, rows, columns };
[[nodiscard]] std::string_view to_string(Split split) noexcept;
[[nodiscard]] Split split_from_string(std::string_view name);  ///< throws usage
enum class Half : std::uint8_t { left, right };
/// Whether a pixel is of a half.
[[nodiscard]] bool is_own(Split split, Half half, std::int64_t column, std::int64_t row) noexcept;

/// Samples `first`, `first` + 1, ... of an image with normal noise: what the classifiers of randomized smoothing see.
///
///     own pixels        q(x) + q(sigma z),   q: to the nearest multiple of 2^-16, so that the sum is exact in f32
///     other pixels      the mean of those of the four neighbours that are own; 0 if none is
///
/// z of value 4 g + k of the whole image (x fastest, then y, channel) is number k of the four that one call of Philox 4x32-10 gives
/// with the key `seed` and the counter (g, sample low, sample high, stream): words u to (u + 1/2) 2^-32, pairs of them by
/// Box and Muller. Neither batch nor threads, device or split change a z. Logarithm, sine and cosine are polynomials of ours, so
/// that every back end gives the same bits.
/// Source   J. Salmon et al., SC (2011) (Philox); G. Box and M. Muller, Ann. Math. Stat. 29 (1958) 610; filling is ours.
struct NoisyCopies {
  std::uint64_t seed{0}, first{0};
  std::uint32_t stream{0};
  double sigma{0};  ///< in the unit of the image; 0: no noise
  Split split{Split::none};
  Half half{Half::left};
};

/// The largest |z| there is: sqrt(2 * 33 ln 2).
inline constexpr double largest_normal = 6.7637;

/// Makes noisy copies. Errors: shape_mismatch, type_mismatch, invalid_input for a sigma that is negative or not finite.
class SmoothingNoise {
 public:
  SmoothingNoise() = default;
  SmoothingNoise(const SmoothingNoise&) = delete;
  SmoothingNoise& operator=(const SmoothingNoise&) = delete;
  virtual ~SmoothingNoise();
  /// `image` (W, H, C), `copies` (W, H, C, B), f32.
  virtual void draw(const NoisyCopies& what, const Array& image, Array& copies, Stream& stream) const = 0;
};

/// A back end that makes them derives from this too, as with `OffersUnmixingSteps`.
class OffersSmoothingNoise {
 public:
  virtual ~OffersSmoothingNoise();
  [[nodiscard]] virtual const SmoothingNoise& smoothing_noise() const noexcept = 0;
};
/// Null where the back end has none.
[[nodiscard]] const SmoothingNoise* find_smoothing_noise(const Backend& backend) noexcept;

/// For those who implement it. Throws as `SmoothingNoise` says.
void check_draw(const NoisyCopies& what, const Array& image, const Array& copies);

}  // namespace iso::compute
