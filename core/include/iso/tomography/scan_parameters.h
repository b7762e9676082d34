#pragma once

#include "iso/params/field.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <vector>

namespace iso::tomography {

enum class ImageUnits : std::uint8_t { attenuation_per_mm, hounsfield };
inline constexpr auto choice_names(ImageUnits) {
  return std::array<std::string_view, 2>{"attenuation_per_mm", "hounsfield"};
}

/// What every reconstruction asks about scan and image. The parameters of a method derive from it and put `scan_fields` behind
/// their own; one that decides the grid itself takes `view_fields` and `value_fields` alone.
struct ScanParameters {
  int use_views = 0;
  int size = 0;
  double spacing_mm = 0;
  std::vector<double> roi_centre_mm{};
  std::vector<double> roi_size_mm{};
  bool mask = true;
  double outside = 0;
  ImageUnits units = ImageUnits::attenuation_per_mm;
  double water_per_mm = 0.0192;
  friend bool operator==(const ScanParameters&, const ScanParameters&) = default;
  static constexpr auto fields();  ///< for a method that asks no more
};

/// Which views of the scan are used.
template <class P>
constexpr auto view_fields(std::string_view help = "Keeps this many equally spaced views of the scan. 0: all.") {
  return std::tuple{params::field<P, int>("use_views", &P::use_views)
                        .with_label("Views to use")
                        .with_unit("views")
                        .in_range(0, 100000)
                        .with_help(help)};
}

/// What voxels the image has.
template <class P>
constexpr auto grid_fields() {
  using params::field;
  return std::tuple{
      field<P, int>("size", &P::size)
          .with_label("Voxels across")
          .with_unit("voxels")
          .in_range(0, 8192)
          .with_help("Width and height of the grid. 0: as many as the field of view needs."),
      field<P, double>("spacing_mm", &P::spacing_mm)
          .with_label("Voxel size")
          .with_unit("mm")
          .in_range(0, 100)
          .with_help("0: the detector element seen at the axis of rotation, or what fits the field of view if the "
                     "voxels across are given."),
      field<P, std::vector<double>>("roi_centre_mm", &P::roi_centre_mm)
          .with_label("Region centre")
          .with_unit("mm")
          .as_advanced()
          .with_help("Centre of the region of interest from the isocentre, x,y[,z]. Empty: the isocentre."),
      field<P, std::vector<double>>("roi_size_mm", &P::roi_size_mm)
          .with_label("Region size")
          .with_unit("mm")
          .as_advanced()
          .with_help("Width, height[, depth] of the region that is kept. Everything the rays cross is reconstructed "
                     "all the same. Empty: all.")};
}

/// What the values of the image are.
template <class P>
constexpr auto value_fields(
    std::string_view water_help = "Attenuation of water at the energy of the scan; 0.0192 at about 70 keV.") {
  using params::field;
  return std::tuple{field<P, bool>("mask", &P::mask)
                        .with_label("Mask outside the field of view")
                        .with_help("Puts one value where not every view looks."),
                    field<P, double>("outside", &P::outside)
                        .with_label("Value outside")
                        .with_unit("1/mm")
                        .in_range(-1e9, 1e9)
                        .visible_when("mask", "true")
                        .as_advanced()
                        .with_help("Attenuation outside the field of view."),
                    field<P, ImageUnits>("units", &P::units)
                        .with_label("Units of the result")
                        .with_help("Linear attenuation in 1/mm, or Hounsfield units."),
                    field<P, double>("water_per_mm", &P::water_per_mm)
                        .with_label("Water")
                        .with_unit("1/mm")
                        .in_range(1e-6, 10)
                        .visible_when("units", "hounsfield")
                        .with_help(water_help)};
}

template <class P>
constexpr auto scan_fields() {
  return std::tuple_cat(view_fields<P>(), grid_fields<P>(), value_fields<P>());
}

constexpr auto ScanParameters::fields() { return scan_fields<ScanParameters>(); }

}  // namespace iso::tomography
