#pragma once

#include "method/network_reconstruction.h"

#include <iso/plugin/typed_task.h>

#include <string>
#include <string_view>

namespace sinogram_upsampling {

/// What may be chosen where the network decides grid, start and unit of water of its input.
struct NetworkOptions : iso::tomography::ScanParameters {
  std::string network;
  int factor = 15;
  friend bool operator==(const NetworkOptions&, const NetworkOptions&) = default;

 protected:
  template <class P>
  static constexpr auto network_fields() {
    return std::tuple_cat(
        std::tuple{iso::params::field<P, std::string>("network", &P::network)
                       .with_label("Network")
                       .with_help("Name of its card; `isocenter models` lists those that are installed."),
                   iso::params::field<P, int>("factor", &P::factor)
                       .with_label("Views for each one")
                       .with_unit("views")
                       .in_range(1, 64)
                       .with_help("How many views each measured one becomes in the output `upsampled`.")},
        iso::tomography::view_fields<P>(
            "Keeps this many equally spaced views of the scan, those that the network was trained for. 0: all."),
        iso::tomography::value_fields<P>(
            "Attenuation of water at the energy of the scan. The network divides by that of its card."));
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
