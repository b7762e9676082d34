#include "method/extraction.h"

#include "method/linear_algebra.h"
#include "method/scores.h"
#include "method/simplex_solver.h"

#include <iso/base/random.h>
#include <iso/base/threads.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace spectral_unmixing {
namespace {

void check(const Matrix& y, std::int64_t components) {
  if (components < 1) throw iso::Error{iso::Errc::invalid_input, "the number of endmembers must be 1 or more"};
  if (y.cols() < components)
    throw iso::Error{iso::Errc::invalid_input, "there are " + std::to_string(y.cols()) + " pixels with a spectrum, " +
                                                   std::to_string(components) + " endmembers need as many at least"};
  if (y.rows() < components)
    throw iso::Error{iso::Errc::invalid_input, "there are " + std::to_string(y.rows()) + " bands that are used, " +
                                                   std::to_string(components) + " endmembers need as many at least"};
}

Matrix signal_axes(const Matrix& y, std::int64_t count, bool centred) {
  Moments m;
  m.mean = y.rowwise().mean();
  m.second = product_transposed(y, y) / static_cast<double>(y.cols());
  m.pixels = y.cols();
  return principal_axes(m, centred).vectors.leftCols(std::min<Eigen::Index>(count, y.rows()));
}

std::int64_t largest(const Vector& values) {
  Eigen::Index at = 0;
  values.maxCoeff(&at);
  return at;
}

// Takes the direction out of every column.
void project_out(Matrix& z, const Vector& direction) {
  const double norm = direction.squaredNorm();
  if (!(norm > 0)) return;
  const Eigen::RowVectorXd share = direction.transpose() * z / norm;
  z.noalias() -= direction * share;
}

Vector normal_vector(const iso::Philox& random, std::uint64_t first, Eigen::Index size) {
  Vector out(size);
  for (Eigen::Index i = 0; i < size; ++i) out[i] = random.normal(first + static_cast<std::uint64_t>(i));
  return out;
}

}  // namespace

std::vector<std::int64_t> vca(const Matrix& y, std::int64_t components, std::uint64_t seed) {
  check(y, components);
  const auto k = static_cast<double>(components);
  const Vector mean = y.rowwise().mean();
  const Matrix centred = y.colwise() - mean;
  const Matrix axes = signal_axes(y, components, true);
  const double power = y.squaredNorm() / static_cast<double>(y.cols());
  const double inside =
      transposed_product(axes, centred).squaredNorm() / static_cast<double>(y.cols()) + mean.squaredNorm();
  const double noise = power - inside;
  const double snr =
      noise > 0 ? 10 * std::log10(std::max(inside - k / static_cast<double>(y.rows()) * power, 1e-300) / noise) : 1e3;
  Matrix z(components, y.cols());
  if (snr < 15 + 10 * std::log10(k)) {
    z.topRows(components - 1) = transposed_product(axes.leftCols(components - 1), centred);
    const double height = components > 1 ? std::sqrt(z.topRows(components - 1).colwise().squaredNorm().maxCoeff()) : 1;
    z.row(components - 1).setConstant(height > 0 ? height : 1);
  } else {
    z = transposed_product(signal_axes(y, components, false), y);
    const Vector direction = z.rowwise().mean();
    const Eigen::RowVectorXd along = direction.transpose() * z;
    for (Eigen::Index n = 0; n < z.cols(); ++n)
      if (std::abs(along[n]) > 1e-12 * direction.squaredNorm()) z.col(n) /= along[n];
  }
  const iso::Philox random{seed, 1};
  // Orthonormal directions of what was found; at first the last axis, which the first vertex takes the place of.
  Matrix basis = Matrix::Zero(components, components);
  std::int64_t dimensions = 1;
  basis(components - 1, 0) = 1;
  std::vector<std::int64_t> out;
  for (std::int64_t i = 0; i < components; ++i) {
    Vector f = normal_vector(random, static_cast<std::uint64_t>(i * components), components);
    for (std::int64_t d = 0; d < dimensions; ++d) f -= basis.col(d).dot(f) * basis.col(d);
    if (const double norm = f.norm(); norm > 1e-12) f /= norm;
    out.push_back(largest((f.transpose() * z).cwiseAbs().transpose()));
    Vector vertex = z.col(out.back());
    if (i == 0) dimensions = 0;
    for (int twice = 0; twice < 2; ++twice)
      for (std::int64_t d = 0; d < dimensions; ++d) vertex -= basis.col(d).dot(vertex) * basis.col(d);
    if (const double norm = vertex.norm(); norm > 1e-12 * z.col(out.back()).norm())
      basis.col(dimensions++) = vertex / norm;
  }
  return out;
}

std::vector<std::int64_t> spa(const Matrix& y, std::int64_t components) {
  check(y, components);
  Matrix z = transposed_product(signal_axes(y, components, false), y);
  std::vector<std::int64_t> out;
  for (std::int64_t i = 0; i < components; ++i) {
    out.push_back(largest(z.colwise().squaredNorm().transpose()));
    const Vector direction = z.col(out.back());
    project_out(z, direction);
  }
  return out;
}

std::vector<std::int64_t> sivm(const Matrix& y, std::int64_t components) {
  check(y, components);
  Matrix z = transposed_product(signal_axes(y, components, false), y);
  std::vector<std::int64_t> out{largest((z.colwise() - z.rowwise().mean()).colwise().squaredNorm().transpose())};
  const Vector origin = z.col(out.front());
  z.colwise() -= origin;
  while (static_cast<std::int64_t>(out.size()) < components) {
    out.push_back(largest(z.colwise().squaredNorm().transpose()));
    const Vector direction = z.col(out.back());
    project_out(z, direction);
  }
  return out;
}

std::vector<std::int64_t> nfindr(const Matrix& y, std::int64_t components) {
  check(y, components);
  std::vector<std::int64_t> chosen = spa(y, components);
  if (components == 1) return chosen;
  const Vector mean = y.rowwise().mean();
  Matrix z(components, y.cols());
  z.row(0).setOnes();
  z.bottomRows(components - 1) = transposed_product(signal_axes(y, components - 1, true), y.colwise() - mean);
  Matrix simplex(components, components);
  for (std::int64_t k = 0; k < components; ++k) simplex.col(k) = z.col(chosen[static_cast<std::size_t>(k)]);
  for (int sweep = 0; sweep < 30; ++sweep) {
    bool grew = false;
    for (std::int64_t j = 0; j < components; ++j) {
      // Replacing column j multiplies the determinant by the j-th coordinate of the pixel in the simplex.
      Matrix inverse;
      const bool regular = invert_square(simplex, inverse);
      Vector gain;
      if (regular)
        gain = (inverse.row(j) * z).cwiseAbs().transpose();
      else
        gain = (z.colwise() - simplex.rowwise().mean()).colwise().norm().transpose();
      const std::int64_t best = largest(gain);
      if (regular && !(gain[best] > 1 + 1e-10)) continue;
      if (best == chosen[static_cast<std::size_t>(j)]) continue;
      chosen[static_cast<std::size_t>(j)] = best;
      simplex.col(j) = z.col(best);
      grew = true;
    }
    if (!grew) break;
  }
  return chosen;
}

std::vector<std::int64_t> ppi(const Matrix& y, std::int64_t components, std::uint64_t seed) {
  check(y, components);
  constexpr int directions = 10'000;
  constexpr double least_angle = 0.05;
  const Matrix z = transposed_product(signal_axes(y, components, true), y.colwise() - Vector{y.rowwise().mean()});
  const iso::Philox random{seed, 2};
  std::vector<int> counts(static_cast<std::size_t>(y.cols()), 0);
  for (int i = 0; i < directions; ++i) {
    const Vector w =
        normal_vector(random, static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(components), components);
    const Vector along = (w.transpose() * z).transpose();
    Eigen::Index low = 0, high = 0;
    along.minCoeff(&low);
    along.maxCoeff(&high);
    ++counts[static_cast<std::size_t>(low)];
    ++counts[static_cast<std::size_t>(high)];
  }
  std::vector<std::int64_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) {
    return counts[static_cast<std::size_t>(a)] > counts[static_cast<std::size_t>(b)];
  });
  std::vector<std::int64_t> out;
  for (const bool strict : {true, false}) {
    for (const std::int64_t pixel : order) {
      if (static_cast<std::int64_t>(out.size()) == components) return out;
      const bool near = std::ranges::any_of(out, [&](std::int64_t other) {
        return other == pixel || (strict && spectral_angle(y.col(other), y.col(pixel)) < least_angle);
      });
      if (!near) out.push_back(pixel);
    }
  }
  return out;
}

namespace {

using Floats = Eigen::MatrixXf;

Matrix columns_at(const Matrix& y, const std::vector<std::int64_t>& chosen) {
  Matrix out(y.rows(), static_cast<Eigen::Index>(chosen.size()));
  for (std::size_t i = 0; i < chosen.size(); ++i) out.col(static_cast<Eigen::Index>(i)) = y.col(chosen[i]);
  return out;
}

// Columns of exp(x), each divided by its sum; x keeps logarithms whose largest is 0.
void to_simplex(Floats& logs, Floats& values) {
  for (Eigen::Index n = 0; n < logs.cols(); ++n) logs.col(n).array() -= logs.col(n).maxCoeff();
  values = logs.array().max(-80.0F).exp();
  for (Eigen::Index n = 0; n < values.cols(); ++n) values.col(n) /= values.col(n).sum();
}

// The best A for the archetypes E: exact least squares on the simplex, pixel by pixel.
Matrix best_mixtures(const Matrix& z, const Matrix& e) {
  const Matrix h = transposed_product(e, e), b = transposed_product(e, z);
  const SimplexSolver solver{{h.data(), h.data() + h.size()}, h.cols(), true};
  Matrix a(e.cols(), z.cols());
  iso::parallel_for(z.cols(), 1024, [&](std::int64_t begin, std::int64_t end) {
    auto work = solver.make_workspace();
    for (std::int64_t n = begin; n < end; ++n) solver.solve(b.col(n).data(), a.col(n).data(), work);
  });
  return a;
}

/// B of one start. The step of the mirror descent grows while the misfit falls, and is halved where it would not.
class Descent {
 public:
  Descent(const Matrix& z, std::int64_t components, double least_pixels, const iso::Philox& random)
      : z_{z},
        zf_{z.cast<float>()},
        logs_(z.cols(), components),
        free_{Vector::Ones(components)},
        least_pixels_{least_pixels} {
    for (Eigen::Index i = 0; i < logs_.size(); ++i)
      logs_.data()[i] = static_cast<float>(std::log(random.uniform(static_cast<std::uint64_t>(i))));
    to_simplex(logs_, b_);
    e_ = (zf_ * b_).cast<double>();
    power_ = z.squaredNorm();
    longest_ = z.colwise().squaredNorm().maxCoeff();
  }

  double step(int inner) {
    const Matrix a = best_mixtures(z_, e_);
    aat_ = product_transposed(a, a);
    zat_ = product_transposed(z_, a);
    if (!(rate_ > 0)) rate_ = 1 / std::max(longest_ * symmetric_axes(aat_).values.maxCoeff(), 1e-300);
    double misfit = squared_misfit(e_);
    for (int i = 0; i < inner; ++i) {
      const Floats gradient = zf_.transpose() * (zat_ - e_ * aat_).cast<float>();
      for (int halving = 0; halving < 6; ++halving) {
        Floats logs = logs_ + static_cast<float>(rate_) * gradient * free_.cast<float>().asDiagonal(), b;
        to_simplex(logs, b);
        if (hold_narrow(b)) continue;
        Matrix e = (zf_ * b).cast<double>();
        const double after = squared_misfit(e);
        if (after > misfit) {
          rate_ /= 2;
          continue;
        }
        logs_ = std::move(logs);
        b_ = std::move(b);
        e_ = std::move(e);
        misfit = after;
        rate_ *= 1.5;
        break;
      }
    }
    return misfit / std::max(power_, 1e-300);
  }
  [[nodiscard]] Matrix weights() const { return b_.cast<double>(); }

 private:
  // Holds the archetypes that would be means of too few pixels: exp of the entropy of their weights. True where there is a new one.
  bool hold_narrow(const Floats& b) {
    bool narrow = false;
    for (Eigen::Index k = 0; k < b.cols(); ++k) {
      if (free_[k] == 0) continue;
      const float entropy = -(b.col(k).array() * b.col(k).array().max(1e-30F).log()).sum();
      if (std::exp(static_cast<double>(entropy)) >= least_pixels_) continue;
      free_[k] = 0;
      narrow = true;
    }
    return narrow;
  }
  // |Z - E A|^2 from the products.
  [[nodiscard]] double squared_misfit(const Matrix& e) const {
    return power_ - 2 * e.cwiseProduct(zat_).sum() + (e * aat_).cwiseProduct(e).sum();
  }
  const Matrix& z_;
  Floats zf_, logs_, b_;
  Matrix e_, aat_, zat_;
  Vector free_;
  double power_{0}, longest_{0}, rate_{0}, least_pixels_{0};
};

}  // namespace

Archetypes archetypal(const Matrix& y, std::int64_t components, std::uint64_t seed, const ArchetypalOptions& options,
                      const Monitor& monitor) {
  check(y, components);
  // With sums of 1 the misfit does not depend on where the origin is; around the mean the steps are longest.
  const Matrix sample = y.cols() > options.pixels ? columns_at(y, spread(y.cols(), options.pixels)) : y;
  const Matrix centred = sample.colwise() - Vector{sample.rowwise().mean()};
  const Matrix z = transposed_product(signal_axes(sample, components + 8, true), centred);
  Archetypes out;
  for (int start = 0; start < options.starts; ++start) {
    Descent descent{z, components, options.least_part * static_cast<double>(z.cols()),
                    iso::Philox{seed, 100 + static_cast<std::uint64_t>(start)}};
    double misfit = 1;
    for (int step = 0; step < options.steps; ++step) {
      monitor.check();
      const double before = misfit;
      misfit = descent.step(options.inner);
      if (step > 5 && before - misfit < options.tolerance * misfit) break;
    }
    out.misfits.push_back(misfit);
    if (start > 0 && !(misfit < out.misfit)) continue;
    out.misfit = misfit;
    out.endmembers = product(sample, descent.weights());
  }
  return out;
}

double log_volume(const Matrix& endmembers) {
  if (endmembers.cols() < 2) return 0;
  const Matrix edges = endmembers.rightCols(endmembers.cols() - 1).colwise() - Vector{endmembers.col(0)};
  const Vector singular = singular_values(edges);
  double out = 0;
  for (const double value : singular) out += std::log(std::max(value, 1e-300));
  return out;
}

}  // namespace spectral_unmixing
