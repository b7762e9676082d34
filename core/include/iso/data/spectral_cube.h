#pragma once

#include "iso/data/axis.h"
#include "iso/data/member.h"
#include "iso/data/metadata.h"
#include "iso/data/pixels.h"
#include "iso/data/quantity.h"

namespace iso {

/// A spectrum a pixel.
struct SpectralCube {
  Pixels pixels;  ///< x, y, band; values as the instrument has them
  Axis bands{};   ///< centres: {"wavelength", "nm", ...}, {"Raman shift", "1/cm", ...}
  Metadata meta;
  Axis band_widths{};   ///< full width at half maximum of each band, in the unit of the bands
  Pixels band_mask{};   ///< u8; band; 0 where a band is not to be used. Empty: all are
  Pixels mask{};        ///< u8; x, y; 0 where there is no spectrum. Empty: there is one everywhere
  Quantity quantity{};  ///< reflectance, absorbance

  static constexpr std::string_view kind_name{"spectral_cube"};
  template <class Self, class Visit>
  static void members(Self& data, Visit&& visit) {
    visit(Member{"pixels", Identity::always, "x,y,band"}, data.pixels);
    visit(Member{"bands", Identity::values}, data.bands);
    visit(Member{.name = "band_widths", .layout = 2}, data.band_widths);
    visit(Member{.name = "band_mask", .axes = "band", .mask = true, .layout = 2}, data.band_mask);
    visit(Member{.name = "mask", .axes = "x,y", .mask = true, .layout = 2}, data.mask);
    visit(Member{.name = "quantity", .layout = 2}, data.quantity);
  }
  void check() const;  ///< throws invalid_input
};

}  // namespace iso
