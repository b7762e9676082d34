// Views are interpolated linearly, then filtered back-projection: all that a second CT plugin takes from the toolkit.
#include <iso/plugin/export.h>
#include <iso/tomography/filtered_backprojection.h>
#include <iso/tomography/scan_problem.h>
#include <iso/tomography/views.h>

namespace iso::tomography {
constexpr std::int64_t factor = 4;
class Upsampling final : public plugin::TypedTask<ScanParameters> {
  plugin::Port in_{"sinogram", Kind::sinogram, false, "The scan."}, out_{"volume", Kind::volume, false, "The image."};
  plugin::About about() const override { return {"Upsampled FBP", "Interpolates views.", "", "Reconstruction", {}}; }
  std::span<const plugin::Port> inputs() const noexcept override { return {&in_, 1}; }
  std::span<const plugin::Port> outputs() const noexcept override { return {&out_, 1}; }
  plugin::Plan plan(const plugin::Descriptions& inputs, const ScanParameters& p) const override {
    const auto fine = plan_scan(upsample_views(plugin::input<Sinogram>(inputs, "sinogram").geometry, factor), p);
    plugin::Plan out;
    for (auto& spec : FilteredBackprojection::operators(fine.geometry, fine.grid)) out.operators.push_back({spec, 1});
    out.bytes = fine.readings().bytes() + FilteredBackprojection::bytes(fine.geometry) + 2 * fine.image().bytes();
    return out;
  }
  plugin::Datasets run(const plugin::Datasets& inputs, const ScanParameters& p, plugin::RunContext& context) override {
    const auto& scan = plugin::input<Sinogram>(inputs, "sinogram");
    const auto fine = plan_scan(upsample_views(scan.geometry, factor), p);
    const auto stream = context.backend().make_stream(context.stop());
    auto coarse = context.backend().upload(scan.readings, *stream);
    auto readings = context.backend().allocate(fine.readings(), *stream);
    for (std::int64_t i = 0; i < fine.readings().shape[2]; ++i) {  // p_i = (1 - t) p_a + t p_b
      const double t = static_cast<double>(i % factor) / factor;
      auto view = readings.part(i, 1);
      context.backend().vector().axpy(1 - t, coarse.part(i / factor, 1), view, *stream);
      const auto b = (i / factor + 1) % scan.readings.spec().shape[2];
      context.backend().vector().axpy(t, coarse.part(b, 1), view, *stream);
    }
    const auto x = FilteredBackprojection{context.backend(), fine.geometry, fine.grid}(readings, *stream);
    return {{"volume", freeze(finish_image(context.backend().download(x, *stream), fine, p, scan.meta))}};
  }
};
}  // namespace iso::tomography
ISO_PLUGIN("view_upsampling", "1.0.0", "Upsampling", "Apache-2.0",
           iso::plugin::task<iso::tomography::Upsampling>("view_upsampling/fbp"))
