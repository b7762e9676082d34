#pragma once

#include "method/kernels/kernels.h"

#include <Eigen/Core>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace spectral_unmixing {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

/// The pixels that are unmixed, band by band: `bands[l]` points to the `pixels` values of band l. Bands that are masked are
/// left out, and so are pixels that are masked or not finite. Not a copy where the data allow it.
template <class T>
struct PixelMatrix {
  std::vector<const T*> bands;
  std::int64_t pixels{0};
  std::shared_ptr<const void> owner;  ///< of the values

  [[nodiscard]] std::int64_t band_count() const { return static_cast<std::int64_t>(bands.size()); }
  [[nodiscard]] Vector spectrum(std::int64_t pixel) const;
  /// The same pixels with some of the bands, by position.
  [[nodiscard]] PixelMatrix with_bands(const std::vector<std::int64_t>& chosen) const;
};

/// A matrix with memory of its own from one with spectra in columns, for tests and subsets.
template <class T>
[[nodiscard]] PixelMatrix<T> make_pixel_matrix(const Matrix& spectra_in_columns);
/// Some pixels, in memory of its own.
template <class T>
[[nodiscard]] PixelMatrix<T> take_pixels(const PixelMatrix<T>& from, const std::vector<std::int64_t>& chosen);
/// Spectra in columns, in double.
template <class T>
[[nodiscard]] Matrix to_matrix(const PixelMatrix<T>& from);

/// At most `most` positions of `count`, spread evenly: the pixels that a method looks at where all would take too long.
[[nodiscard]] std::vector<std::int64_t> spread(std::int64_t count, std::int64_t most);

/// Walks over tiles of pixels in an order that depends on the size of the data alone.
template <class T>
class Tiles {
 public:
  explicit Tiles(const PixelMatrix<T>& data);
  [[nodiscard]] std::int64_t pixels_a_tile() const { return width_; }
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t parts() const { return parts_; }  ///< at most 64

  struct Place {
    Tile<T> tile;          ///< `pixels` rounded up, filled with zeros
    std::int64_t first;    ///< pixel
    std::int64_t counted;  ///< pixels that are real
    std::int64_t part;     ///< the part of the sum that this tile belongs to
  };
  /// Calls body(place) for each tile; tiles of one part come in order on one thread, parts in parallel.
  void for_each(const std::function<void(const Place&)>& body) const;

 private:
  const PixelMatrix<T>& data_;
  std::int64_t width_, count_, grain_, parts_;
};

}  // namespace spectral_unmixing
