#include "method/library_search.h"

#include "method/linear_algebra.h"
#include "method/scores.h"

#include <iso/base/error.h>

#include <algorithm>
#include <cmath>

namespace spectral_unmixing {

std::vector<Match> search_library(const Vector& spectrum, const Matrix& library, const std::vector<double>& centres,
                                  Likeness likeness, std::size_t most) {
  const auto usable = static_cast<std::int64_t>(spectrum.array().isFinite().count());
  std::vector<Match> out;
  for (Eigen::Index j = 0; j < library.cols(); ++j) {
    std::vector<Eigen::Index> bands;
    for (Eigen::Index l = 0; l < spectrum.size(); ++l)
      if (std::isfinite(spectrum[l]) && std::isfinite(library(l, j))) bands.push_back(l);
    const auto count = static_cast<std::int64_t>(bands.size());
    if (count < 3 || 2 * count < usable) continue;
    Vector a(count), b(count);
    std::vector<double> x;
    for (Eigen::Index i = 0; i < count; ++i) {
      a[i] = spectrum[bands[static_cast<std::size_t>(i)]];
      b[i] = library(bands[static_cast<std::size_t>(i)], j);
      x.push_back(centres[static_cast<std::size_t>(bands[static_cast<std::size_t>(i)])]);
    }
    double score = 0;
    switch (likeness) {
      case Likeness::angle: score = spectral_angle(a, b); break;
      case Likeness::divergence: score = information_divergence(a, b); break;
      case Likeness::continuum_angle: score = spectral_angle(continuum_removed(a, x), continuum_removed(b, x)); break;
    }
    if (std::isfinite(score)) out.push_back({j, score, 0, count});
  }
  std::ranges::stable_sort(out, [](const Match& a, const Match& b) { return a.score < b.score; });
  for (std::size_t i = 0; i + 1 < out.size(); ++i) out[i].margin = out[i + 1].score - out[i].score;
  if (out.size() > most) out.resize(most);
  return out;
}

Spillover spillover(const Matrix& dyes) {
  if (dyes.cols() > dyes.rows())
    throw iso::Error{iso::Errc::invalid_input, std::to_string(dyes.cols()) + " dyes cannot be told apart in " +
                                                   std::to_string(dyes.rows()) + " channels"};
  Matrix strength = dyes.transpose();
  for (Eigen::Index i = 0; i < strength.rows(); ++i) {
    const double top = strength.row(i).maxCoeff();
    if (!(top > 0))
      throw iso::Error{iso::Errc::invalid_input, "spectrum " + std::to_string(i + 1) + " has no value above 0"};
    strength.row(i) /= top;
  }
  Spillover out;
  out.channels = match(-strength);
  out.matrix.resize(dyes.cols(), dyes.cols());
  for (Eigen::Index i = 0; i < dyes.cols(); ++i) {
    const double own = dyes(out.channels[static_cast<std::size_t>(i)], i);
    if (!(own > 0))
      throw iso::Error{iso::Errc::invalid_input, "spectrum " + std::to_string(i + 1) + " has no channel of its own",
                       "leave out one of two spectra that are alike"};
    for (Eigen::Index j = 0; j < dyes.cols(); ++j)
      out.matrix(i, j) = dyes(out.channels[static_cast<std::size_t>(j)], i) / own;
  }
  const Vector singular = singular_values(out.matrix);
  out.condition = singular[singular.size() - 1] > 0 ? singular[0] / singular[singular.size() - 1] : 1e300;
  return out;
}

}  // namespace spectral_unmixing
