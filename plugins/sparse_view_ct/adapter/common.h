#pragma once

#include "method/problem.h"

#include <iso/params/field.h>
#include <iso/plugin/typed_task.h>

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace sparse_view_ct {

enum class Units : std::uint8_t { attenuation_per_mm, hounsfield };
inline constexpr auto choice_names(Units) {
  return std::array<std::string_view, 2>{"attenuation_per_mm", "hounsfield"};
}

/// What all tasks of this plugin ask, once. A task's parameters derive from it and put `common_fields` behind their own.
struct CommonParameters {
  int use_views = 0;
  int size = 0;
  double spacing_mm = 0;
  std::vector<double> roi_centre_mm{};
  std::vector<double> roi_size_mm{};
  bool mask = true;
  double outside = 0;
  Units units = Units::attenuation_per_mm;
  double water_per_mm = 0.0192;
  friend bool operator==(const CommonParameters&, const CommonParameters&) = default;
};

template <class P>
constexpr auto common_fields() {
  using iso::params::field;
  return std::tuple{
      field<P, int>("use_views", &P::use_views)
          .with_label("Views to use")
          .with_unit("views")
          .in_range(0, 100000)
          .with_help("Keeps this many equally spaced views of the scan. 0: all."),
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
                     "all the same. Empty: all."),
      field<P, bool>("mask", &P::mask)
          .with_label("Mask outside the field of view")
          .with_help("Puts one value where not every view looks."),
      field<P, double>("outside", &P::outside)
          .with_label("Value outside")
          .with_unit("1/mm")
          .in_range(-10, 10)
          .visible_when("mask", "true")
          .as_advanced()
          .with_help("Attenuation outside the field of view."),
      field<P, Units>("units", &P::units)
          .with_label("Units of the result")
          .with_help("Linear attenuation in 1/mm, or Hounsfield units."),
      field<P, double>("water_per_mm", &P::water_per_mm)
          .with_label("Water")
          .with_unit("1/mm")
          .in_range(1e-6, 10)
          .visible_when("units", "hounsfield")
          .with_help("Attenuation of water at the energy of the scan; 0.0192 at about 70 keV.")};
}

[[nodiscard]] Request request_of(const CommonParameters& parameters);
/// Rules between the common parameters and the scan; nothing is said about data of another kind, which `suits` refuses.
[[nodiscard]] std::vector<iso::params::Problem> check_common(const CommonParameters& parameters,
                                                             const iso::plugin::Datasets& inputs);
/// Whether this is a scan at all that A x = p can be asked of.
[[nodiscard]] iso::plugin::Suitability suits_common(const iso::plugin::Datasets& inputs);

[[nodiscard]] std::span<const iso::plugin::Port> scan_ports() noexcept;
[[nodiscard]] std::span<const iso::plugin::Port> image_ports() noexcept;

/// The image as the user wants it: cut, masked, in units.
[[nodiscard]] iso::Volume finished(const Problem& problem, const iso::compute::Array& x, double radius_mm,
                                   const CommonParameters& parameters);
/// Quality figures into the record, and the outputs. Lets go of x.
[[nodiscard]] iso::plugin::Datasets deliver(const Problem& problem, iso::compute::Array x, const Prepared& prepared,
                                            const CommonParameters& parameters, iso::plugin::RunContext& context);
[[nodiscard]] Watch watch_of(iso::plugin::RunContext& context, const Problem& problem, double radius_mm,
                             const CommonParameters& parameters);

/// Sizes in bytes: one image, one sinogram of the views kept.
struct Sizes {
  std::size_t image{0}, scan{0};
  double projection_seconds{0};
};

/// A task over one scan. A method says what it is, what it takes, and how x is computed; everything else is here.
template <class P>
class ScanTask : public iso::plugin::TypedTask<P> {
 public:
  std::span<const iso::plugin::Port> inputs() const noexcept final { return scan_ports(); }
  std::span<const iso::plugin::Port> outputs() const noexcept final { return image_ports(); }

 protected:
  [[nodiscard]] virtual iso::compute::Array reconstruct(const Problem& problem, const P& parameters,
                                                        const Watch& watch) const = 0;
  /// Bytes held at the highest point of the method itself, readings and image included, and projections or back-projections made.
  [[nodiscard]] virtual std::size_t method_bytes(const Prepared& plan, const Sizes& sizes,
                                                 const P& parameters) const = 0;
  [[nodiscard]] virtual double projections(const P& parameters) const = 0;
  /// Updates of the whole image after projections of a part of the views only.
  [[nodiscard]] virtual double updates(const Prepared&, const P&) const { return 0; }
  [[nodiscard]] virtual std::vector<iso::compute::OperatorSpec> operators(const Prepared& plan,
                                                                          const P& parameters) const = 0;
  [[nodiscard]] virtual std::optional<std::string> refusal(const iso::ProjectionGeometry&, const P&) const {
    return std::nullopt;
  }

  std::vector<iso::params::Problem> check(const P& parameters, const iso::plugin::Datasets& inputs) const override {
    return check_common(parameters, inputs);
  }
  iso::plugin::Suitability suits(const iso::plugin::Datasets& inputs, const P& parameters) const final {
    auto verdict = suits_common(inputs);
    if (!verdict.possible) return verdict;
    const auto made = plan(iso::plugin::input<iso::Sinogram>(inputs, "sinogram"), request_of(parameters));
    if (const auto why = refusal(made.scan.geometry, parameters)) return {false, *why};
    return verdict;
  }
  iso::plugin::Needs needs(const iso::plugin::Datasets& inputs, const P& parameters) const final {
    const auto& scan = iso::plugin::input<iso::Sinogram>(inputs, "sinogram");
    const auto made = plan(scan, request_of(parameters));
    const Sizes sizes{static_cast<std::size_t>(made.grid.shape().count()) * sizeof(float),
                      static_cast<std::size_t>(made.scan.geometry.sinogram_shape().count()) * sizeof(float),
                      seconds_of_projection(made)};
    // After the method: image and residual, each here and on the device, and the copy of the views kept where some are left out.
    const bool some = made.scan.geometry.views().size() != scan.geometry.views().size();
    const std::size_t around = 2 * sizes.image + (some ? 3 : 2) * sizes.scan;
    return {
        operators(made, parameters), std::max(around, method_bytes(made, sizes, parameters)),
        (projections(parameters) + 1) * sizes.projection_seconds + updates(made, parameters) * seconds_of_update(made)};
  }
  iso::plugin::Datasets run(const iso::plugin::Datasets& inputs, const P& parameters,
                            iso::plugin::RunContext& context) final {
    const auto& scan = iso::plugin::input<iso::Sinogram>(inputs, "sinogram");
    auto prepared = prepare(scan, request_of(parameters));
    (void)region_of(prepared.grid, request_of(parameters));  // refuses before the work
    if (const auto why = refusal(prepared.scan.geometry, parameters)) throw iso::Error(iso::Errc::unsupported, *why);
    const auto stream = context.backend().make_stream(context.stop());
    const Problem problem{prepared, context.backend(), *stream};
    const auto watch = watch_of(context, problem, prepared.radius_mm, parameters);
    watch.report(0.05, "reconstruction");
    return deliver(problem, reconstruct(problem, parameters, watch), prepared, parameters, context);
  }
};

}  // namespace sparse_view_ct
