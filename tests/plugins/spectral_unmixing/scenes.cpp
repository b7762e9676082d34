#include "scenes.h"

#include "method/scores.h"

#include <iso/base/random.h>
#include <iso/io/registry.h>

#include "support/shared_data.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

namespace spectral_unmixing::test {

Scene make_scene(const MadeScene& made) {
  const iso::Philox random{made.seed, 7};
  Scene out;
  out.endmembers.resize(made.bands, made.components);
  for (std::int64_t k = 0; k < made.components; ++k) {
    const double middle = (static_cast<double>(k) + 0.5) / static_cast<double>(made.components);
    const double phase = 6 * random.uniform(static_cast<std::uint64_t>(k));
    for (std::int64_t l = 0; l < made.bands; ++l) {
      const double x = static_cast<double>(l) / static_cast<double>(made.bands - 1);
      out.endmembers(l, k) = 0.1 + 0.6 * std::exp(-30 * (x - middle) * (x - middle)) + 0.08 * std::sin(9 * x + phase);
    }
  }
  out.endmembers = out.endmembers.cwiseMax(0.01);
  out.abundances.resize(made.components, made.pixels);
  for (std::int64_t n = 0; n < made.pixels; ++n) {
    double sum = 0;
    for (std::int64_t k = 0; k < made.components; ++k) {
      const double u = random.uniform(1000 + static_cast<std::uint64_t>(n * made.components + k));
      out.abundances(k, n) = -std::log(u);
      sum += out.abundances(k, n);
    }
    out.abundances.col(n) /= sum;
    const double most = out.abundances.col(n).maxCoeff();
    if (made.purity < 1 && most > made.purity) {
      const double even = 1.0 / static_cast<double>(made.components);
      const double part = (made.purity - even) / (most - even);
      out.abundances.col(n) = (out.abundances.col(n).array() - even) * part + even;
    }
    if (made.purity >= 1 && n % 100 < made.components) {
      out.abundances.col(n).setZero();
      out.abundances(n % 100, n) = 1;
    }
  }
  out.y = out.endmembers * out.abundances;
  for (Eigen::Index i = 0; made.noise > 0 && i < out.y.size(); ++i)
    out.y.data()[i] += made.noise * random.normal(1'000'000'000ULL + static_cast<std::uint64_t>(i));
  return out;
}

std::optional<std::string> why_without_scenes() { return iso::test::why_without("spectral/samson_lmm_Y_clean.mat"); }

Matrix read_matrix(const std::string& file, const std::string& name, std::int64_t rows) {
  const auto data =
      iso::io::read(iso::test::shared_data() / "spectral" / file, {iso::Kind::volume, {}, {{"dataset", name}}, {}});
  const auto& volume = iso::get<iso::Volume>(data);
  const iso::Pixels pixels = volume.pixels.converted(iso::ScalarType::f64);
  const auto values = pixels.values<double>();
  const auto& shape = pixels.spec().shape;
  if (shape[0] == rows) return Eigen::Map<const Matrix>{values.data(), rows, shape.count() / rows};
  const std::int64_t pixels_count = shape.count() / rows;
  return Eigen::Map<const Matrix>{values.data(), pixels_count, rows}.transpose();
}

Scene samson() {
  Scene out{read_matrix("samson_lmm_Y_clean.mat", "Y_clean", 156), read_matrix("samson_lmm_E.mat", "E", 156),
            read_matrix("samson_lmm_A_true.mat", "A_true", 3)};
  return out;
}

Scene jasper() {
  Scene out{read_matrix("jasper_with_gt.mat", "Y", 198), read_matrix("jasper_with_gt.mat", "GT", 4).transpose(),
            read_matrix("jasper_with_gt.mat", "A", 4)};
  out.y /= out.y.maxCoeff();
  return out;
}

Scene simulation() {
  return {read_matrix("sim1_Y_clean.mat", "Y_clean", 224), read_matrix("sim1_E.mat", "E", 224),
          read_matrix("sim1_A_true.mat", "A_true", 6)};
}

Scene dc2() {
  const Matrix library = read_matrix("usgs_pruned_10deg.mat", "B", 224);
  Scene out{{}, Matrix(224, 9), read_matrix("dc2_abundances_9x100x100.mat", "X", 9)};
  for (Eigen::Index k = 0; k < 9; ++k) out.endmembers.col(k) = library.col(7 * k);
  out.y = out.endmembers * out.abundances;
  const double noise = std::sqrt(out.y.squaredNorm() / static_cast<double>(out.y.size()) / 1000);
  const iso::Philox random{30, 2};
  for (Eigen::Index i = 0; i < out.y.size(); ++i)
    out.y.data()[i] += noise * random.normal(static_cast<std::uint64_t>(i));
  return out;
}

std::vector<std::int64_t> corrupt(Scene& scene, Corruption how, double part, Eigen::Index side) {
  const iso::Philox random{17, 17};
  std::set<std::int64_t> bad;
  const auto wanted = how == Corruption::scale
                          ? std::size_t{1}
                          : static_cast<std::size_t>(std::lround(part * static_cast<double>(scene.y.rows())));
  for (std::uint64_t i = 0; bad.size() < wanted; ++i)
    bad.insert(static_cast<std::int64_t>(random.uniform(i) * static_cast<double>(scene.y.rows())));
  std::vector<std::int64_t> good;
  for (Eigen::Index l = 0; l < scene.y.rows(); ++l) {
    if (!bad.contains(l)) {
      good.push_back(l);
      continue;
    }
    for (Eigen::Index n = 0; n < scene.y.cols(); ++n) {
      double& y = scene.y(l, n);
      switch (how) {
        case Corruption::noise: y = random.uniform(1000 + static_cast<std::uint64_t>(l * scene.y.cols() + n)); break;
        case Corruption::stripes: y += (n / side) % 5 == 0 ? 1 : 0; break;
        case Corruption::zeros: y = 0; break;
        case Corruption::scale: y *= 100; break;
      }
    }
  }
  return good;
}

Score score(const Scene& truth, const Matrix& endmembers, const std::vector<float>& abundances,
            const std::vector<std::int64_t>& bands) {
  Matrix e = endmembers, g = truth.endmembers;
  if (!bands.empty()) {
    e.resize(static_cast<Eigen::Index>(bands.size()), endmembers.cols());
    g.resize(e.rows(), truth.endmembers.cols());
    for (std::size_t i = 0; i < bands.size(); ++i) {
      e.row(static_cast<Eigen::Index>(i)) = endmembers.row(bands[i]);
      g.row(static_cast<Eigen::Index>(i)) = truth.endmembers.row(bands[i]);
    }
  }
  const Matrix angles = spectral_angles(g, e);
  const auto matched = match(angles);
  Score out;
  double squares = 0;
  std::int64_t compared = 0;
  const std::int64_t n = truth.abundances.cols();
  for (std::size_t k = 0; k < matched.size(); ++k) {
    if (matched[k] < 0) continue;
    out.angles.push_back(angles(static_cast<Eigen::Index>(k), matched[k]));
    out.mean_angle += out.angles.back();
    for (std::int64_t i = 0; !abundances.empty() && i < n; ++i) {
      const double d = static_cast<double>(abundances[static_cast<std::size_t>(matched[k] * n + i)]) -
                       truth.abundances(static_cast<Eigen::Index>(k), i);
      squares += d * d;
      ++compared;
    }
  }
  out.mean_angle /= static_cast<double>(out.angles.size());
  out.rmse = compared > 0 ? std::sqrt(squares / static_cast<double>(compared)) : 0;
  return out;
}

}  // namespace spectral_unmixing::test
