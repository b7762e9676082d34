#pragma once

#include "method/network_reconstruction.h"

#include <iso/plugin/typed_task.h>

#include <string>
#include <string_view>

namespace sinogram_upsampling {

/// What may be chosen where the network decides grid, start and unit of water of its input.
struct NetworkOptions : iso::tomography::ScanParameters {
  std::string network;
  friend bool operator==(const NetworkOptions&, const NetworkOptions&) = default;

 protected:
  template <class P>
  static constexpr auto network_fields() {
    using iso::params::field;
    return std::tuple{
        field<P, std::string>("network", &P::network)
            .with_label("Network")
            .with_help("Name of its card; `isocenter models` lists those that are installed."),
        field<P, int>("use_views", &P::use_views)
            .with_label("Views to use")
            .with_unit("views")
            .in_range(0, 100000)
            .with_help(
                "Keeps this many equally spaced views of the scan, those that the network was trained for. 0: all."),
        field<P, bool>("mask", &P::mask)
            .with_label("Mask outside the field of view")
            .with_help("Puts one value where not every view looks."),
        field<P, double>("outside", &P::outside)
            .with_label("Value outside")
            .with_unit("1/mm")
            .in_range(-1e9, 1e9)
            .visible_when("mask", "true")
            .as_advanced()
            .with_help("Attenuation outside the field of view."),
        field<P, iso::tomography::ImageUnits>("units", &P::units)
            .with_label("Units of the result")
            .with_help("Linear attenuation in 1/mm, or Hounsfield units."),
        field<P, double>("water_per_mm", &P::water_per_mm)
            .with_label("Water")
            .with_unit("1/mm")
            .in_range(1e-6, 10)
            .visible_when("units", "hounsfield")
            .with_help("Attenuation of water at the energy of the scan. The network divides by that of its card.")};
  }
};
struct UnetOptions : NetworkOptions {
  UnetOptions() { network = "unet"; }
  static constexpr auto fields() { return network_fields<UnetOptions>(); }
};
struct PdUnetOptions : NetworkOptions {
  PdUnetOptions() { network = "pd_unet"; }
  static constexpr auto fields() { return network_fields<PdUnetOptions>(); }
};

/// What a network does with a start, and how many graphs of a card it takes.
using Method = iso::Pixels (*)(const Stack&, const iso::Pixels&, const iso::models::Card&, const Running&);

[[nodiscard]] std::span<const iso::plugin::Port> network_inputs() noexcept;
[[nodiscard]] std::span<const iso::plugin::Port> network_outputs() noexcept;
[[nodiscard]] iso::plugin::Plan plan_network(const iso::Sinogram& scan, const NetworkOptions& options);
[[nodiscard]] iso::plugin::Datasets run_network(const iso::Sinogram& scan, const NetworkOptions& options, Method method,
                                                iso::plugin::RunContext& context);

template <class P>
class NetworkTask final : public iso::plugin::TypedTask<P> {
 public:
  NetworkTask(iso::plugin::About about, Method method) : about_{std::move(about)}, method_{method} {}
  iso::plugin::About about() const override { return about_; }
  std::span<const iso::plugin::Port> inputs() const noexcept override { return network_inputs(); }
  std::span<const iso::plugin::Port> outputs() const noexcept override { return network_outputs(); }

 protected:
  iso::plugin::Plan plan(const iso::plugin::Descriptions& inputs, const P& parameters) const override {
    return plan_network(iso::plugin::input<iso::Sinogram>(inputs, "sinogram"), parameters);
  }
  iso::plugin::Datasets run(const iso::plugin::Datasets& inputs, const P& parameters,
                            iso::plugin::RunContext& context) override {
    return run_network(iso::plugin::input<iso::Sinogram>(inputs, "sinogram"), parameters, method_, context);
  }

 private:
  iso::plugin::About about_;
  Method method_;
};

}  // namespace sinogram_upsampling
