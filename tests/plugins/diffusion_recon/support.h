#pragma once

#include "cpu_backend.h"
#include "method/ensemble.h"

#include "iso/base/error.h"
#include "iso/base/random.h"
#include "iso/models/denoiser.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace diffusion_recon::test {

using iso::ArraySpec;
using iso::PixelBuffer;
using iso::Pixels;
using iso::ScalarType;
using iso::Shape;
using iso::compute::Array;

/// A dense matrix from images of `shape` to `rows` values, f32, on a host back end.
class Matrix final : public iso::compute::LinearOperator {
 public:
  Matrix(const Shape& shape, std::vector<std::vector<double>> rows, const iso::compute::Backend& backend)
      : LinearOperator{ArraySpec{shape, ScalarType::f32},
                       ArraySpec{Shape{static_cast<std::int64_t>(rows.size())}, ScalarType::f32}, backend},
        rows_{std::move(rows)} {}

 private:
  void do_forward(const Array& x, Array& y, iso::compute::Stream&, iso::compute::Write write) const override {
    const auto from = x.host<float>();
    const auto to = y.host<float>();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      double sum = write == iso::compute::Write::accumulate ? double{to[i]} : 0;
      for (std::size_t j = 0; j < from.size(); ++j) sum += rows_[i][j] * double{from[j]};
      to[i] = static_cast<float>(sum);
    }
  }
  void do_adjoint(const Array& y, Array& x, iso::compute::Stream&, iso::compute::Write write) const override {
    const auto from = y.host<float>();
    const auto to = x.host<float>();
    for (std::size_t j = 0; j < to.size(); ++j) {
      double sum = write == iso::compute::Write::accumulate ? double{to[j]} : 0;
      for (std::size_t i = 0; i < rows_.size(); ++i) sum += rows_[i][j] * double{from[i]};
      to[j] = static_cast<float>(sum);
    }
  }
  std::vector<std::vector<double>> rows_;
};

inline constexpr std::int64_t edge = 8, area = edge * edge;

/// Row sums and column sums of 8 x 8 pixels, each over the root of 8, of every one of `chains` slices: rank 15 of 64.
inline iso::compute::OperatorPtr two_views(std::int64_t chains, const iso::compute::Backend& backend) {
  std::vector<std::vector<double>> rows(2 * edge, std::vector<double>(area, 0.0));
  for (std::int64_t y = 0; y < edge; ++y)
    for (std::int64_t x = 0; x < edge; ++x) {
      rows[static_cast<std::size_t>(y)][static_cast<std::size_t>(y * edge + x)] = 1 / std::sqrt(8.0);
      rows[static_cast<std::size_t>(edge + x)][static_cast<std::size_t>(y * edge + x)] = 1 / std::sqrt(8.0);
    }
  return iso::compute::each_frame(std::make_shared<Matrix>(Shape{edge, edge}, std::move(rows), backend), chains);
}

/// Takes the part of a slice away that two views measure.
inline void keep_null_space(std::vector<double>& slice) {
  std::vector<double> row(edge, 0.0), column(edge, 0.0);
  double all = 0;
  for (std::size_t i = 0; i < area; ++i) {
    row[i / edge] += slice[i] / edge;
    column[i % edge] += slice[i] / edge;
    all += slice[i] / area;
  }
  for (std::size_t i = 0; i < area; ++i) slice[i] += all - row[i / edge] - column[i % edge];
}

inline Pixels filled(const Shape& shape, float value) {
  PixelBuffer out = PixelBuffer::allocate({shape, ScalarType::f32});
  std::ranges::fill(out.values<float>(), value);
  return out;
}

/// White noise of its own, so that a test does not judge a generator by itself.
inline Pixels white(const Shape& shape, std::uint64_t seed, double deviation = 1) {
  const iso::Philox random{seed, 991};
  PixelBuffer out = PixelBuffer::allocate({shape, ScalarType::f32});
  std::uint64_t i = 0;
  for (float& value : out.values<float>()) value = static_cast<float>(deviation * random.normal(i++));
  return out;
}

/// Keeps the checkpoint after step `at`, and ends there if `stop` says so.
class Keeper final : public iso::solvers::Progress {
 public:
  explicit Keeper(int at = -1, const iso::Checkpoint* from = nullptr) : at_{at}, from_{from} {}
  [[nodiscard]] bool wants_checkpoint() override { return ++asked_ == at_; }
  void keep(const iso::Checkpoint& state) override { kept = state; }
  [[nodiscard]] const iso::Checkpoint* resumed() const noexcept override { return from_; }
  std::optional<iso::Checkpoint> kept;

 private:
  int at_, asked_{0};
  const iso::Checkpoint* from_;
};

inline std::vector<float> to_values(const Array& x) {
  const auto all = x.host<float>();
  return {all.begin(), all.end()};
}

}  // namespace diffusion_recon::test
