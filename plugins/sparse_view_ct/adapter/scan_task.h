#pragma once

#include "method/work.h"

#include <iso/plugin/task_progress.h>
#include <iso/plugin/typed_task.h>
#include <iso/tomography/scan_problem.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string>
#include <utility>

namespace sparse_view_ct {

/// A task over one scan. The method is what `reconstruct` and `plan_work` do for its options P; everything else is here.
template <class P>
class ScanTask final : public iso::plugin::TypedTask<P> {
 public:
  explicit ScanTask(iso::plugin::About about) : about_{std::move(about)} {}
  iso::plugin::About about() const override { return about_; }
  std::span<const iso::plugin::Port> inputs() const noexcept override {
    static const std::array<iso::plugin::Port, 1> ports{
        {{"sinogram", iso::Kind::sinogram, false, "The scan: line integrals with their geometry."}}};
    return ports;
  }
  std::span<const iso::plugin::Port> outputs() const noexcept override {
    static const std::array<iso::plugin::Port, 2> ports{
        {{"volume", iso::Kind::volume, false, "The reconstructed image."},
         {"residual", iso::Kind::sinogram, true,
          "What the image does not explain: its projection minus the readings."}}};
    return ports;
  }

 protected:
  iso::plugin::Plan plan(const iso::plugin::Descriptions& inputs, const P& parameters) const override {
    const auto& scan = iso::plugin::input<iso::Sinogram>(inputs, "sinogram");
    iso::plugin::Plan out;
    for (auto& [name, sentence] : iso::tomography::mismatches(scan.geometry, parameters))
      out.refuse_parameter(std::move(name), std::move(sentence));
    if (!out.possible()) return out;
    const auto scan_plan = iso::tomography::plan_scan(scan.geometry, parameters);
    if (scan.readings.spec().shape != scan.geometry.sinogram_shape()) {
      out.refuse("the readings are " + scan.readings.spec().shape.text() + ", the geometry describes " +
                     scan.geometry.sinogram_shape().text(),
                 iso::Errc::shape_mismatch);
      return out;
    }
    auto work = plan_work(scan_plan, parameters);
    if (work.refusal) {
      out.refuse(std::string{work.refusal->what()} + "; " + work.refusal->hint());
      return out;
    }
    const auto image = scan_plan.image().bytes(), readings = scan_plan.readings().bytes();
    for (auto& [spec, applications] : work.operators) out.operators.push_back({std::move(spec), applications});
    out.operators.push_back({scan_plan.ray_transform(), 1});  // of the residual
    // Readings that are no part of the input; then the noise level, the method, or image and residual with what is delivered.
    const bool same = scan_plan.all_views() && scan.readings.spec().type == iso::ScalarType::f32;
    out.bytes = (same ? 0 : readings) + std::max({readings, work.bytes, 2 * image + readings});
    out.seconds = work.seconds;
    iso::Volume volume;
    volume.grid = scan_plan.region.grid;
    volume.pixels = iso::Pixels::outline({volume.grid.shape(), iso::ScalarType::f32});
    iso::Sinogram residual{iso::Pixels::outline(scan_plan.readings()), scan_plan.geometry, {}};
    out.outputs.emplace("volume", iso::describe(iso::Dataset{std::move(volume)}));
    out.outputs.emplace("residual", iso::describe(iso::Dataset{std::move(residual)}));
    return out;
  }

  iso::plugin::Datasets run(const iso::plugin::Datasets& inputs, const P& parameters,
                            iso::plugin::RunContext& context) override {
    const auto& scan = iso::plugin::input<iso::Sinogram>(inputs, "sinogram");
    const auto scan_plan = iso::tomography::plan_scan(scan.geometry, parameters);
    const auto stream = context.backend().make_stream(context.stop());
    const iso::tomography::ScanProblem problem{scan, scan_plan, context.backend(), *stream};
    const auto finish = [&](const iso::compute::Array& x) {
      return iso::freeze(
          iso::tomography::finish_image(context.backend().download(x, *stream), scan_plan, parameters, scan.meta));
    };
    iso::plugin::TaskProgress progress{context, "volume", finish};
    progress.report(0.05, "reconstruction");
    auto x = reconstruct(problem, parameters, progress);
    progress.report(0.96, "residual");
    auto fit = iso::tomography::agreement(problem, x);
    auto volume = finish(std::exchange(x, {}));
    const auto views = scan_plan.views.size();
    context.figure("relative_residual", fit.relative, "1");
    context.figure("residual_rms", fit.rms, "1");
    context.figure("noise_level", problem.noise, "1");
    context.figure("views_used", static_cast<double>(views), "views");
    std::ostringstream line;
    line << views << " of " << scan_plan.views_measured << " views; the image leaves " << 100 * fit.relative
         << " % of the readings unexplained, " << fit.rms << " a reading where their noise is " << problem.noise;
    context.log(line.str());
    iso::Sinogram residual{context.backend().download(fit.residual, *stream), scan_plan.geometry, {}};
    progress.report(1, "done");
    return {{"volume", std::move(volume)}, {"residual", iso::freeze(std::move(residual))}};
  }

 private:
  iso::plugin::About about_;
};

}  // namespace sparse_view_ct
