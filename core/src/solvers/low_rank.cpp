#include "iso/solvers/low_rank.h"

#include "iso/base/threads.h"
#include "iso/compute/operators/tall_matrix.h"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <complex>
#include <functional>

namespace iso::solvers {
namespace {

using compute::Array;
using compute::Stream;
using compute::TallMatrix;
using Complex = std::complex<double>;
using Small = Eigen::MatrixXcd;

/// Factors of the singular values, given all of one matrix, the smallest first.
using Factors = std::function<void(const Eigen::VectorXd& values, Eigen::VectorXd& factors)>;

TallMatrix as_matrices(const Array& x, Matrices matrices) {
  const Shape& shape = x.spec().shape;
  const std::size_t rank = shape.rank();
  if (matrices == Matrices::each && rank != 3)
    throw Error{Errc::shape_mismatch,
                "matrices of rows, columns and number were expected, the array is " + shape.text()};
  TallMatrix m;
  m.type = x.spec().type;
  m.columns = matrices == Matrices::each ? shape[1] : rank > 0 ? shape[rank - 1] : 1;
  m.batch = matrices == Matrices::each ? shape[2] : 1;
  m.rows = shape.count() / std::max<std::int64_t>(1, m.columns * m.batch);
  m.products = m.columns;
  m.resident = x;
  return m;
}

/// The Gram matrices, on the host.
Pixels gram(const compute::LinearOperator& m, const Array& x, Stream& stream) {
  Array small = x.backend().allocate(m.domain(), stream);
  m.adjoint(x.reshaped(m.range().shape), small, stream);
  return x.backend().download(small, stream);
}

Eigen::SelfAdjointEigenSolver<Small> decompose(const Pixels& grams, std::int64_t n, std::int64_t index, int options) {
  const Complex* const first = grams.values<Complex>().data() + index * n * n;
  const Small matrix = Eigen::Map<const Small>(first, n, n);
  if (!matrix.allFinite())
    throw Error{Errc::invalid_result, "a singular value was asked for of values that are not finite"};
  return Eigen::SelfAdjointEigenSolver<Small>{matrix, options};
}

Eigen::VectorXd to_singular(const Eigen::VectorXd& eigenvalues) { return eigenvalues.cwiseMax(0.0).cwiseSqrt(); }

/// No eigenvalue is above the largest sum of absolute values along a row; NaN where a value is not finite.
double eigenvalue_bound(const Complex* matrix, std::int64_t n) {
  double bound = 0;
  for (std::int64_t column = 0; column < n; ++column) {
    double sum = 0;
    for (std::int64_t row = 0; row < n; ++row) sum += std::abs(matrix[column * n + row]);
    if (!(sum <= bound)) bound = sum;
  }
  return bound;
}

/// Every singular value of x times its factor, which is 1 for all of a matrix with none above `kept`.
void scale_spectrum(Array& x, Matrices matrices, double kept, const Factors& factors, Stream& stream) {
  const auto& backend = x.backend();
  const compute::OperatorPtr m = backend.make(as_matrices(x, matrices));
  const std::int64_t n = m->domain().shape[0], batch = m->domain().shape[2];
  const Pixels grams = gram(*m, x, stream);
  PixelBuffer weights = PixelBuffer::allocate(m->domain());
  Complex* const out = weights.values<Complex>().data();
  std::atomic<bool> changed{false};
  parallel_for(batch, 1, [&](std::int64_t from, std::int64_t to) {
    for (auto i = from; i < to; ++i) {
      stream.check_stop();
      Eigen::Map<Small> weight(out + i * n * n, n, n);
      if (eigenvalue_bound(grams.values<Complex>().data() + i * n * n, n) <= kept * kept) {
        weight.setIdentity();
        continue;
      }
      const auto parts = decompose(grams, n, i, Eigen::ComputeEigenvectors);
      Eigen::VectorXd factor(n);
      factors(to_singular(parts.eigenvalues()), factor);
      if ((factor.array() == 1.0).all()) {
        weight.setIdentity();
        continue;
      }
      changed = true;
      const Small& v = parts.eigenvectors();
      weight = v * factor.asDiagonal() * v.adjoint();
    }
  });
  if (!changed) return;
  const Array small = backend.upload(Pixels{std::move(weights)}, stream);
  Array result = backend.allocate(x.spec(), stream), shaped = result.reshaped(m->range().shape);
  m->forward(small, shaped, stream);
  backend.vector().copy(result, x, stream);
}

class NuclearNorm final : public Functional {
 public:
  NuclearNorm(double weight, Matrices matrices, double reweighting)
      : weight_{weight}, matrices_{matrices}, reweighting_{reweighting} {
    if (!(weight >= 0) || !std::isfinite(weight) || !(reweighting >= 0) || !std::isfinite(reweighting))
      throw Error{Errc::invalid_input, "the weights of a nuclear norm must be 0 or more"};
  }
  [[nodiscard]] double value(const Array& x, Stream& stream) const override {
    double sum = 0;
    for (const double s : singular_values(x, matrices_, stream)) sum += s;
    return weight_ * sum;
  }
  void prox(double step, Array& x, Stream& stream) const override {
    const double level = step * weight_;
    if (level == 0) return;
    scale_spectrum(
        x, matrices_, 0,
        [&](const Eigen::VectorXd& s, Eigen::VectorXd& factors) {
          const double largest = s.size() > 0 ? s.maxCoeff() : 0.0, soft = reweighting_ * largest;
          for (Eigen::Index i = 0; i < s.size(); ++i) {
            const double threshold = soft > 0 ? level * soft / (s[i] + soft) : level;
            factors[i] = s[i] > threshold ? 1 - threshold / s[i] : 0.0;
          }
        },
        stream);
  }
  void prox_conjugate(double, Array& x, Stream& stream) const override {
    scale_spectrum(
        x, matrices_, weight_,
        [&](const Eigen::VectorXd& s, Eigen::VectorXd& factors) {
          for (Eigen::Index i = 0; i < s.size(); ++i) factors[i] = s[i] > weight_ ? weight_ / s[i] : 1.0;
        },
        stream);
  }
  [[nodiscard]] FunctionalPtr weighted(double weight) const override {
    return nuclear_norm(weight, matrices_, reweighting_);
  }

 private:
  double weight_;
  Matrices matrices_;
  double reweighting_;
};

}  // namespace

FunctionalPtr nuclear_norm(double weight, Matrices matrices, double reweighting) {
  return std::make_shared<NuclearNorm>(weight, matrices, reweighting);
}

std::vector<double> singular_values(const Array& x, Matrices matrices, Stream& stream) {
  const compute::OperatorPtr m = x.backend().make(as_matrices(x, matrices));
  const std::int64_t n = m->domain().shape[0], batch = m->domain().shape[2];
  const Pixels grams = gram(*m, x, stream);
  std::vector<double> all(static_cast<std::size_t>(n * batch));
  parallel_for(batch, 1, [&](std::int64_t from, std::int64_t to) {
    for (auto i = from; i < to; ++i) {
      const Eigen::VectorXd values = to_singular(decompose(grams, n, i, Eigen::EigenvaluesOnly).eigenvalues());
      std::reverse_copy(values.data(), values.data() + n, all.begin() + i * n);
    }
  });
  return all;
}

}  // namespace iso::solvers
