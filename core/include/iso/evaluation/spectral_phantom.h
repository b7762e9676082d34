#pragma once

#include "iso/data/dataset.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace iso::evaluation {

/// A cube whose endmembers and abundances are known, for the linear mixing model: Y = E A + noise.
struct SpectralPhantom {
  std::int64_t width{100}, height{100}, bands{200};
  int components{4};
  double snr_db{30};  ///< power of the cube over that of the noise; infinity: none
  double purity{1};   ///< no abundance is larger; 1: some pixels are pure
  int bad_bands{0};   ///< so many bands, spread evenly, hold noise between 0 and 1 instead
  std::uint64_t seed{0};
};

struct SpectralScene {
  SpectralCube cube;        ///< f32
  Table endmembers;         ///< a library: one row a spectrum
  SpectralCube abundances;  ///< f32; x, y, component
};

/// "minerals": reflectance from 400 to 2500 nm, smooth continua with absorption bands, abundances of sum 1 in blocks of 8 x 8 pixels
/// blurred by a mean of 5 x 5. "cells": Raman shifts from 400 to 1800 1/cm, narrow peaks, amounts without a sum in smooth round
/// patches. Spectra and maps follow from the seed alone. Throws usage for another name; invalid_input for sizes below 1, a purity that
/// the number of components does not allow, or more bad bands than bands.
[[nodiscard]] SpectralScene make_spectral_scene(std::string_view name, const SpectralPhantom& phantom);
[[nodiscard]] std::span<const std::string_view> spectral_phantom_names() noexcept;

}  // namespace iso::evaluation
