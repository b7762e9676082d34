#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace iso::compute {

/// A window of Kaiser and Bessel on a grid that is finer than an image: what non-uniform Fourier transforms of the back ends
/// interpolate with. At a distance of d cells, |d| <= width / 2, and at a frequency of f cycles a cell,
///
///     value(d) = I0(beta sqrt(1 - (2 d / width)^2)) / I0(beta),      transform(f) = width sinh(s) / (s I0(beta)),
///     s = sqrt(beta^2 - (pi width f)^2).
///
/// Source   J. Jackson et al., IEEE Trans. Med. Imaging 10 (1991) 473; beta: P. Beatty et al., ibid. 24 (2005) 799, eq. 5.
struct GriddingWindow {
  struct Axis {
    std::int64_t extent{1};  ///< of the image
    std::int64_t grid{1};    ///< cells; even, a product of 2, 3, 5 and 7
    double beta{0};
    double peak{1};  ///< I0(beta)
  };
  int width{1};        ///< cells
  int axes_in_use{2};  ///< 2 where the third axis has one voxel: it has one cell then
  std::array<Axis, 3> axes{};
  double expected_error{0};  ///< relative, in the norm, for values without structure

  [[nodiscard]] double value(std::size_t axis, double distance) const;
  [[nodiscard]] double transform(std::size_t axis, double frequency) const;
  /// 1 / transform at every voxel of the image, whose origin is voxel extent / 2. {1} for an axis that is not in use.
  [[nodiscard]] std::vector<double> correction(std::size_t axis) const;
};

/// The width (at most `widest`) and the grid that cost the least for so many points, of those that are exact enough: narrow windows
/// ask for fine grids. *Ours*: the weights of a point and of a cell in the cost, from runs on one machine.
/// Returns the most exact one if none is exact enough.
[[nodiscard]] GriddingWindow choose_window(const std::array<std::int64_t, 3>& image, std::int64_t points,
                                           double accuracy, int widest);

/// The weights of a window at the cells that it reaches, as polynomials: cell j of `width` lies at j + f - width / 2 from the point, f from
/// 0 to 1 being the distance from where the window begins to its first cell, and weighs
///     sum over d of coefficients[d * width + j] (2 f - 1)^d.
struct WindowPolynomials {
  int terms{1};  ///< the degree and 1
  std::array<std::vector<double>, 3> coefficients{};
};
/// To a twentieth of the expected error of the window, or to `rounding` of its peak.
[[nodiscard]] WindowPolynomials window_polynomials(const GriddingWindow& window, double rounding);

/// The least even number from n on whose factors are 2, 3, 5 and 7.
[[nodiscard]] std::int64_t good_grid_size(std::int64_t n);

}  // namespace iso::compute
