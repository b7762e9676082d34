#pragma once

#include "method/reconstruct.h"

#include <iso/compute/operators/complex_difference.h>
#include <iso/plugin/task_progress.h>
#include <iso/plugin/typed_task.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace dynamic_mri {

/// A task over one scan in k-space. The method is what `reconstruct` and `plan_work` do for its options P.
template <class P>
class SeriesTask final : public iso::plugin::TypedTask<P> {
 public:
  explicit SeriesTask(iso::plugin::About about) : about_{std::move(about)} {}
  iso::plugin::About about() const override { return about_; }
  std::span<const iso::plugin::Port> inputs() const noexcept override {
    static const std::array<iso::plugin::Port, 1> ports{
        {{"k_space", iso::Kind::k_space, false,
          "The scan: samples with their mask of lines and, if known, coil maps."}}};
    return ports;
  }
  std::span<const iso::plugin::Port> outputs() const noexcept override {
    static const std::array<iso::plugin::Port, 6> ports{
        {{"series", iso::Kind::volume, false, "The series of images, complex, in the unit of the samples."},
         {"residual", iso::Kind::volume, true, "What the series does not explain: its residual, the coils combined."},
         {"error_map", iso::Kind::volume, true,
          "The second part of the model: error map, or what moves in L + S. Else 0."},
         {"mean", iso::Kind::volume, true, "The mean over the frames."},
         {"increments", iso::Kind::volume, true,
          "What each layer added to the series: the slices of the first layer, then those of the second, and so on."},
         {"frames", iso::Kind::table, true, "The misfit of every frame, as a part of its samples."}}};
    return ports;
  }

 protected:
  iso::plugin::Plan plan(const iso::plugin::Descriptions& inputs, const P& parameters) const override {
    const auto& scan = iso::plugin::input<iso::KSpace>(inputs, "k_space");
    iso::plugin::Plan out;
    if (parameters.coil_maps == iso::mri::MapSource::given && scan.coil_sensitivities.empty()) {
      out.refuse_parameter("coil_maps", "coil_maps is given, and the scan holds no maps: take automatic");
      return out;
    }
    if (std::string why = iso::mri::unsuited(scan, parameters); !why.empty()) {
      out.refuse(std::move(why));
      return out;
    }
    const auto encoding = iso::mri::outline_encoding(scan, parameters);
    auto work = plan_work(encoding, parameters);
    for (auto& [spec, applications] : work.operators) out.operators.push_back({std::move(spec), applications});
    // Before and behind them some 60 passes over the data: reading the mask, the mean, maps, scale, residual.
    constexpr double passes = 60;
    out.operators.push_back({iso::compute::ComplexDifference{encoding.range().shape, {0}}, passes / 2});
    out.seconds = work.seconds;
    const auto series = encoding.domain().bytes(), data = encoding.range().bytes();
    // The hybrid data stay; beside them its making, the method, or residual and results.
    out.bytes = data + std::max({data, work.bytes, data + 5 * series});
    iso::Volume volume;
    volume.grid = scan.grid;
    volume.quantity = iso::Quantity::signal;
    iso::ArraySpec kept = encoding.domain();
    const iso::Shape& image = kept.shape;
    // Of an oversampled readout the middle.
    if (const auto width = scan.grid.size[0]; width > 0 && width < image[0])
      kept.shape = iso::Shape{width, image[1], image[2], image[3]};
    volume.pixels = iso::Pixels::outline(kept);
    for (const char* port : {"series", "residual", "error_map"})
      out.outputs.emplace(port, iso::describe(iso::Dataset{iso::Volume{volume}}));
    return out;
  }

  iso::plugin::Datasets run(const iso::plugin::Datasets& inputs, const P& parameters,
                            iso::plugin::RunContext& context) override {
    const auto& scan = iso::plugin::input<iso::KSpace>(inputs, "k_space");
    const auto stream = context.backend().make_stream(context.stop());
    const iso::mri::SeriesProblem* known = nullptr;
    iso::plugin::TaskProgress progress{context, "series",
                                       [&](const iso::compute::Array& x) { return iso::freeze(known->finish(x)); }};
    progress.report(0, "preparation");
    const iso::mri::SeriesProblem problem{scan, parameters, context.backend(), *stream, progress};
    known = &problem;
    if (problem.frames_without_lines > 0)
      context.warn(std::to_string(problem.frames_without_lines) +
                   " frames have no lines at all: what they show comes from their neighbours in time");
    Solution found = reconstruct(problem, parameters, context.seed(), progress);
    const auto& ops = context.backend().vector();
    iso::compute::Array explained = found.series;
    if (found.error) {
      explained = context.backend().allocate(problem.series(), *stream);
      ops.copy(found.series, explained, *stream);
      ops.axpy(1, found.error, explained, *stream);
    }
    progress.report(0.96, "residual");
    iso::compute::Array rest = context.backend().allocate(problem.data.spec(), *stream);
    const auto misfits = misfit_per_frame(*problem.a, problem.data, explained, rest, *stream);
    iso::compute::Array residual = context.backend().allocate(problem.series(), *stream);
    problem.a->adjoint(rest, residual, *stream);
    const double size = ops.norm2(problem.data, *stream);
    context.figure("relative_residual", size > 0 ? ops.norm2(rest, *stream) / size : 0, "1");
    context.figure("acceleration", problem.acceleration, "1");
    context.figure("scale", problem.scale, "1");
    context.figure("iterations", found.iterations, "iterations");
    if (!found.measured.empty()) {
      context.figure("objective", found.measured.back().objective, "1");
      context.figure("primal_residual", found.measured.back().primal, "1");
      context.figure("dual_residual", found.measured.back().dual, "1");
    }
    if (!found.error) {
      found.error = context.backend().allocate(problem.series(), *stream);
    }
    iso::Volume series = problem.finish(adds_error<P> ? explained : found.series);
    series.meta = scan.meta;
    iso::Volume mean = iso::mri::time_mean(series);
    iso::Volume increments = layer_increments(problem, found);
    iso::Table table;
    table.columns = {"frame", "misfit"};
    for (std::size_t t = 0; t < misfits.size(); ++t) table.values.push_back({static_cast<double>(t), misfits[t]});
    iso::plugin::Datasets out;
    out.emplace("residual", iso::freeze(problem.finish(residual)));
    out.emplace("error_map", iso::freeze(problem.finish(found.error)));
    out.emplace("mean", iso::freeze(std::move(mean)));
    out.emplace("increments", iso::freeze(std::move(increments)));
    out.emplace("frames", iso::freeze(std::move(table)));
    out.emplace("series", iso::freeze(std::move(series)));
    progress.report(1, "done");
    return out;
  }

 private:
  iso::plugin::About about_;
};

}  // namespace dynamic_mri
