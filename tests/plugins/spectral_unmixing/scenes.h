#pragma once

#include "method/pixel_matrix.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Scenes with known endmembers and abundances: generated ones, and those of the shared data folder where it is there.
namespace spectral_unmixing::test {

struct Scene {
  Matrix y;           ///< L x N
  Matrix endmembers;  ///< L x K
  Matrix abundances;  ///< K x N
};

/// Smooth spectra and blocks of softmax abundances with noise of that deviation; `purity` 1: some pixels are pure.
struct MadeScene {
  std::int64_t bands{50}, pixels{2000}, components{3};
  double noise{0}, purity{1};
  std::uint64_t seed{1};
};
[[nodiscard]] Scene make_scene(const MadeScene& made);

[[nodiscard]] std::optional<std::string> why_without_scenes();  ///< of the shared data
[[nodiscard]] Scene samson();  ///< the reference that is consistent with the linear model ("M")
[[nodiscard]] Scene jasper();
[[nodiscard]] Scene simulation();  ///< no pure pixels, K = 6
/// The abundances of the cube DC2 of sparse unmixing (M.-D. Iordache, J. Bioucas-Dias, A. Plaza, IEEE TGRS 50 (2012) 4484), K = 9, with
/// every seventh spectrum of the pruned USGS library, at 30 dB. *Ours:* which spectra, as the original does not say.
[[nodiscard]] Scene dc2();
[[nodiscard]] Matrix read_matrix(const std::string& file, const std::string& name,
                                 std::int64_t rows);  ///< first axis or bands last

/// What is wrong with bands: noise in [0, 1], +1 in every fifth column of the picture, zeros, or one band a hundred times too large.
enum class Corruption : std::uint8_t { noise, stripes, zeros, scale };
/// Corrupts that part of the bands, at places that a seed decides; returns the good ones. Pixels lie column by column of `side`.
[[nodiscard]] std::vector<std::int64_t> corrupt(Scene& scene, Corruption how, double part, Eigen::Index side);

/// After the best matching on spectral angle.
struct Score {
  std::vector<double> angles;  ///< of each true endmember
  double mean_angle{0}, rmse{0};
};
[[nodiscard]] Score score(const Scene& truth, const Matrix& endmembers, const std::vector<float>& abundances,
                          const std::vector<std::int64_t>& bands = {});  ///< empty: all bands

}  // namespace spectral_unmixing::test
