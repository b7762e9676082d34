#include "adapter/tasks.h"

#include "adapter/network_task.h"
#include "method/interpolation.h"

#include <iso/tomography/coverage.h>
#include <iso/tomography/filtered_backprojection.h>
#include <iso/tomography/views.h>

#include <array>

namespace sinogram_upsampling {
namespace {

using namespace iso::tomography;

struct LinearOptions : ScanParameters {
  int factor = 4;
  FilterWindow filter = FilterWindow::hann;
  friend bool operator==(const LinearOptions&, const LinearOptions&) = default;
  template <class P>
  static constexpr auto own_fields() {
    using iso::params::field;
    return std::tuple{
        field<P, int>("factor", &P::factor)
            .with_label("Views for each one")
            .with_unit("views")
            .in_range(1, 64)
            .with_help("How many views each measured one becomes."),
        field<P, FilterWindow>("filter", &P::filter).with_label("Filter").with_help("Window on the ramp filter.")};
  }
  static constexpr auto fields() { return std::tuple_cat(own_fields<LinearOptions>(), scan_fields<LinearOptions>()); }
};
struct DirectionalOptions : LinearOptions {
  int reach = 12;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple_cat(
        own_fields<DirectionalOptions>(),
        std::tuple{field<DirectionalOptions, int>("reach", &DirectionalOptions::reach)
                       .with_label("Reach")
                       .with_unit("elements")
                       .in_range(1, 200)
                       .with_help("How far an object may move along the detector from one view to the next.")},
        scan_fields<DirectionalOptions>());
  }
};

iso::Sinogram upsampled(const iso::Sinogram& scan, const LinearOptions& options) {
  return interpolate_linearly(scan, options.factor);
}
iso::Sinogram upsampled(const iso::Sinogram& scan, const DirectionalOptions& options) {
  return interpolate_along_direction(scan, options.factor, options.reach);
}

/// Views are interpolated, then filtered back-projection.
template <class P>
class InterpolationTask final : public iso::plugin::TypedTask<P> {
 public:
  explicit InterpolationTask(iso::plugin::About about) : about_{std::move(about)} {}
  iso::plugin::About about() const override { return about_; }
  std::span<const iso::plugin::Port> inputs() const noexcept override { return network_inputs(); }
  std::span<const iso::plugin::Port> outputs() const noexcept override {
    static const std::array<iso::plugin::Port, 2> ports{
        {{"volume", iso::Kind::volume, false, "Filtered back-projection of all views."},
         {"upsampled", iso::Kind::sinogram, true, "The scan with the views that were interpolated."}}};
    return ports;
  }

 protected:
  iso::plugin::Plan plan(const iso::plugin::Descriptions& inputs, const P& parameters) const override {
    const auto& scan = iso::plugin::input<iso::Sinogram>(inputs, "sinogram");
    const ScanPlan kept = plan_scan(scan.geometry, parameters);
    const ScanPlan fine = plan_fine(interpolated_geometry(kept.geometry, parameters.factor), parameters);
    iso::plugin::Plan out;
    if (const auto why = why_not_covered(fine.geometry)) {
      out.refuse(std::string{why->what()} + "; " + why->hint());
      return out;
    }
    for (auto& spec : FilteredBackprojection::operators(fine.geometry, fine.grid))
      out.operators.push_back({std::move(spec), 1});
    out.bytes = 2 * fine.readings().bytes() + FilteredBackprojection::bytes(fine.geometry) + 2 * fine.image().bytes();
    iso::Volume volume;
    volume.grid = fine.region.grid;
    volume.pixels = iso::Pixels::outline({volume.grid.shape(), iso::ScalarType::f32});
    iso::Sinogram sinogram{iso::Pixels::outline(fine.readings()), fine.geometry, {}};
    out.outputs.emplace("volume", iso::describe(iso::Dataset{std::move(volume)}));
    out.outputs.emplace("upsampled", iso::describe(iso::Dataset{std::move(sinogram)}));
    return out;
  }

  iso::plugin::Datasets run(const iso::plugin::Datasets& inputs, const P& parameters,
                            iso::plugin::RunContext& context) override {
    const auto& scan = iso::plugin::input<iso::Sinogram>(inputs, "sinogram");
    const ScanPlan kept = plan_scan(scan.geometry, parameters);
    context.report(0.05, "interpolation");
    iso::Sinogram fine_scan = upsampled(kept.all_views() ? scan : keep_views(scan, kept.views), parameters);
    const ScanPlan fine = plan_fine(fine_scan.geometry, parameters);
    const auto stream = context.backend().make_stream(context.stop());
    context.report(0.6, "filtered back-projection");
    FilteredBackprojectionOptions options;
    options.filter = parameters.filter;
    const auto x = FilteredBackprojection{context.backend(), fine.geometry, fine.grid, options}(
        context.backend().upload(fine_scan.readings, *stream), *stream);
    context.figure("views_used", static_cast<double>(kept.views.size()), "views");
    context.figure("views_made", static_cast<double>(fine.views.size() - kept.views.size()), "views");
    context.report(1, "done");
    return {{"volume", iso::freeze(finish_image(context.backend().download(x, *stream), fine, parameters, scan.meta))},
            {"upsampled", iso::freeze(std::move(fine_scan))}};
  }

 private:
  static ScanPlan plan_fine(const iso::ProjectionGeometry& geometry, const ScanParameters& parameters) {
    ScanParameters of_all_views = parameters;
    of_all_views.use_views = 0;
    return plan_scan(geometry, of_all_views);
  }
  iso::plugin::About about_;
};

}  // namespace

iso::plugin::Task* make_unet() {
  return new NetworkTask<UnetOptions>{
      {"U-Net on total variation",
       "A residual U-Net mends the image of total variation or of filtered back-projection.",
       "Three channels a slice: the starting image $s$ as the card says, $F p$, and $F(p - A s)$, which is what the "
       "start does not "
       "explain. The result is an estimate: look at its residual, its out-of-domain score and the direct "
       "reconstruction beside it.",
       "Reconstruction",
       {"O. Ronneberger, P. Fischer and T. Brox, MICCAI (2015) 234, doi:10.1007/978-3-319-24574-4_28"}},
      unet};
}

iso::plugin::Task* make_pd_unet() {
  return new NetworkTask<PdUnetOptions>{
      {"Primal-dual U-Net",
       "Two learned updates in sinogram and image, linked by projection and filtered back-projection.",
       "$h \\leftarrow D_i(h, Z A \\bar f, Z p)$, $f \\leftarrow U_i(f, F Z^{-1} \\bar h)$, from total variation or "
       "filtered "
       "back-projection as the card says. The result is an estimate: look at its residual, its out-of-domain score and "
       "the "
       "direct reconstruction beside it.",
       "Reconstruction",
       {"P. Ernst, S. Chatterjee, G. Rose, O. Speck and A. Nuernberger, arXiv:2112.13443"}},
      pd_unet};
}

iso::plugin::Task* make_linear() {
  return new InterpolationTask<LinearOptions>{
      {"Linear view interpolation",
       "Interpolates views between those measured, then filtered back-projection.",
       "$(1 - t)\\,p_a + t\\,p_b$ at the part $t$ of the way between two views. A baseline: small objects far from the "
       "axis are "
       "blurred along the angle.",
       "Reconstruction",
       {"A. Kak and M. Slaney, Principles of Computerized Tomographic Imaging (1988)"}}};
}

iso::plugin::Task* make_directional() {
  return new InterpolationTask<DirectionalOptions>{
      {"Directional view interpolation",
       "Interpolates views along the paths of objects in the sinogram, then filtered back-projection.",
       "$(1 - t)\\,p_a(u - t s) + t\\,p_b(u + (1 - t) s)$ with the shift $s$ that makes the two alike around $u$. A "
       "baseline.",
       "Reconstruction",
       {"M. Bertram, J. Wiegert, D. Schaefer, T. Aach and G. Rose, IEEE Trans. Med. Imaging 28 (2009) 1011"}}};
}

}  // namespace sinogram_upsampling
