#include "method/abundances.h"

#include "method/simplex_solver.h"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace spectral_unmixing {
namespace {

template <class Out>
std::vector<Out> by_rows(const Matrix& m) {
  std::vector<Out> out(static_cast<std::size_t>(m.size()));
  for (Eigen::Index l = 0; l < m.rows(); ++l)
    for (Eigen::Index k = 0; k < m.cols(); ++k)
      out[static_cast<std::size_t>(l * m.cols() + k)] = static_cast<Out>(m(l, k));
  return out;
}

void check_shapes(std::int64_t bands, const Matrix& endmembers) {
  if (endmembers.rows() != bands || endmembers.cols() < 1)
    throw iso::Error{iso::Errc::shape_mismatch, "the spectra have " + std::to_string(endmembers.rows()) +
                                                    " bands, the cube has " + std::to_string(bands) + " that are used"};
}

/// The abundances of one tile in memory of its own, the missing pixels 0.
template <class T>
std::vector<T> copy_tile(const std::vector<T>& abundances, std::int64_t k, std::int64_t n,
                         const typename Tiles<T>::Place& at) {
  std::vector<T> a(static_cast<std::size_t>(k * at.tile.pixels), T{0});
  for (std::int64_t c = 0; c < k; ++c)
    std::copy_n(abundances.data() + c * n + at.first, at.counted, a.data() + c * at.tile.pixels);
  return a;
}

}  // namespace

template <class T>
std::vector<T> invert(const PixelMatrix<T>& data, const Matrix& endmembers, const InversionOptions& options,
                      const Monitor& monitor, double from, double to) {
  check_shapes(data.band_count(), endmembers);
  const std::int64_t k = endmembers.cols(), n = data.pixels;
  Matrix weighted = endmembers;
  if (options.band_weights.size() > 0) weighted = options.band_weights.asDiagonal() * endmembers;
  const Matrix h = endmembers.transpose() * weighted;
  const double shift = options.sparsity * h.trace() / static_cast<double>(k);
  const SimplexSolver solver{by_rows<double>(h), k, options.sum_to_one};
  const auto ue = by_rows<double>(weighted);
  std::vector<T> out(static_cast<std::size_t>(k * n));
  const Tiles<T> tiles{data};
  std::atomic<std::int64_t> done{0};
  tiles.for_each([&](const typename Tiles<T>::Place& at) {
    if (monitor.stop.stop_requested()) return;
    const std::int64_t width = at.tile.pixels;
    std::vector<double> b(static_cast<std::size_t>(k * width)), own(static_cast<std::size_t>(2 * k));
    kernels<T>().products_wide(at.tile, ue.data(), k, b.data(), width);
    auto work = solver.make_workspace();
    double* const rhs = own.data();
    double* const a = rhs + k;
    for (std::int64_t i = 0; i < at.counted; ++i) {
      for (std::int64_t c = 0; c < k; ++c) rhs[c] = b[static_cast<std::size_t>(c * width + i)] - shift;
      solver.solve(rhs, a, work);
      for (std::int64_t c = 0; c < k; ++c) out[static_cast<std::size_t>(c * n + at.first + i)] = static_cast<T>(a[c]);
    }
    done.fetch_add(at.counted, std::memory_order_relaxed);
  });
  (void)from;
  monitor.report(to, "abundances");
  return out;
}

template <class T>
std::vector<float> residual_rms(const PixelMatrix<T>& data, const Matrix& endmembers,
                                const std::vector<T>& abundances) {
  check_shapes(data.band_count(), endmembers);
  const auto e = by_rows<T>(endmembers);
  std::vector<float> out(static_cast<std::size_t>(data.pixels));
  const Tiles<T> tiles{data};
  tiles.for_each([&](const typename Tiles<T>::Place& at) {
    const auto a = copy_tile(abundances, endmembers.cols(), data.pixels, at);
    std::vector<T> squares(static_cast<std::size_t>(at.tile.pixels), T{0});
    kernels<T>().residual(at.tile, e.data(), endmembers.cols(), a.data(), at.tile.pixels, at.counted, nullptr, nullptr,
                          squares.data());
    for (std::int64_t i = 0; i < at.counted; ++i)
      out[static_cast<std::size_t>(at.first + i)] = static_cast<float>(std::sqrt(
          static_cast<double>(squares[static_cast<std::size_t>(i)]) / static_cast<double>(data.band_count())));
  });
  return out;
}

template <class T>
Vector band_rms(const PixelMatrix<T>& data, const Matrix& endmembers, const std::vector<T>& abundances) {
  check_shapes(data.band_count(), endmembers);
  const auto e = by_rows<T>(endmembers);
  const Tiles<T> tiles{data};
  Matrix parts = Matrix::Zero(data.band_count(), tiles.parts());
  tiles.for_each([&](const typename Tiles<T>::Place& at) {
    const auto a = copy_tile(abundances, endmembers.cols(), data.pixels, at);
    kernels<T>().residual(at.tile, e.data(), endmembers.cols(), a.data(), at.tile.pixels, at.counted, nullptr,
                          parts.col(at.part).data(), nullptr);
  });
  Vector total = Vector::Zero(data.band_count());
  for (Eigen::Index part = 0; part < parts.cols(); ++part) total += parts.col(part);
  return (total / static_cast<double>(data.pixels)).cwiseSqrt();
}

template std::vector<float> invert<float>(const PixelMatrix<float>&, const Matrix&, const InversionOptions&,
                                          const Monitor&, double, double);
template std::vector<double> invert<double>(const PixelMatrix<double>&, const Matrix&, const InversionOptions&,
                                            const Monitor&, double, double);
template std::vector<float> residual_rms<float>(const PixelMatrix<float>&, const Matrix&, const std::vector<float>&);
template std::vector<float> residual_rms<double>(const PixelMatrix<double>&, const Matrix&, const std::vector<double>&);
template Vector band_rms<float>(const PixelMatrix<float>&, const Matrix&, const std::vector<float>&);
template Vector band_rms<double>(const PixelMatrix<double>&, const Matrix&, const std::vector<double>&);

}  // namespace spectral_unmixing
