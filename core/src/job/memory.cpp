#include "iso/job/estimate.h"

#include "iso/base/memory.h"
#include "iso/base/threads.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace iso::job {
namespace {

/// What operators of the back end "cpu" hold and allocate while they work, as its rooms say (gpu/cpu/ray/operators.h).
struct OwnBytes {
  static constexpr std::size_t border = 4;      ///< zeros around planes and views, both sides together
  static constexpr std::size_t ray_bytes = 56;  ///< a traced ray
  static constexpr std::size_t rays_at_once = 1 << 18;
  static constexpr std::size_t slab = 16;  ///< planes of a volume that a thread works on
  static constexpr std::size_t padded_views_bytes = 8 << 20;
  static constexpr std::size_t most_padded_views = 64;
  static constexpr std::size_t lines_at_once = 16;  ///< of a Fourier transform, by one thread

  [[nodiscard]] static std::size_t of_views(const ProjectionGeometry& geometry) {
    return 2 * geometry.views().size() * sizeof(View);  // the description, and the operator's table made of it
  }
  [[nodiscard]] static std::size_t threads() { return static_cast<std::size_t>(ThreadBudget::threads()); }

  std::size_t operator()(const compute::RayTransform& spec) const {
    const auto [nu, nv] = spec.geometry.elements();
    const bool slices = nv == 1 || spec.geometry.beam() == Beam::parallel;  // else a volume: more, so never too little
    const auto view = static_cast<std::size_t>(slices ? nu : nu * nv), all = view * spec.geometry.views().size();
    const std::size_t rays = std::min(all, std::max(rays_at_once, view)) * ray_bytes;
    std::array<std::size_t, 3> size{};
    for (std::size_t axis = 0; axis < 3; ++axis) size[axis] = static_cast<std::size_t>(spec.grid.size[axis]);
    const std::size_t element = iso::bytes_of(spec.type);
    if (slices) return of_views(spec.geometry) + rays + 2 * (size[0] + border) * (size[1] + border) * element;
    std::size_t plane = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
      plane = std::max(plane, (size[axis] + border) * (size[(axis + 1) % 3] + border));
    return of_views(spec.geometry) + rays + slab * plane * element * threads();
  }
  std::size_t operator()(const compute::Backprojection& spec) const {
    const auto [nu, nv] = spec.geometry.elements();
    const std::size_t view =
        (static_cast<std::size_t>(nu) + border) * (static_cast<std::size_t>(nv) + border) * iso::bytes_of(spec.type);
    const std::size_t views = std::min(
        {spec.geometry.views().size(), most_padded_views, std::max<std::size_t>(1, padded_views_bytes / view)});
    return of_views(spec.geometry) + std::max(views, std::min(threads(), spec.geometry.views().size())) * view;
  }
  std::size_t operator()(const compute::DetectorFilter& spec) const {
    const std::size_t row = 2 * spec.response.size() * iso::bytes_of(spec.type);
    return spec.response.size() * sizeof(double) + 2 * row * threads();
  }
  std::size_t operator()(const compute::Fourier& spec) const {
    std::size_t line = 0, phases = 0;
    for (const auto axis : spec.axes) {
      line = std::max(line, static_cast<std::size_t>(spec.grid[axis]));
      phases += 4 * static_cast<std::size_t>(spec.grid[axis]);
    }
    // One array only when the result of several axes is added to the output; counted, because a solver may.
    const std::size_t added = spec.axes.size() > 1 ? ArraySpec{spec.grid, spec.type}.bytes() : 0;
    return added + (lines_at_once * line * threads() + phases) * iso::bytes_of(spec.type);
  }
  std::size_t operator()(const compute::FiniteDifference&) const { return 0; }
};

}  // namespace

std::size_t operator_bytes(const compute::OperatorSpec& spec) { return std::visit(OwnBytes{}, spec); }

std::size_t bytes_of(const Dataset& data) {
  if (const auto* table = std::get_if<Table>(&data)) {
    std::size_t bytes = 0;
    for (const auto& row : table->values) bytes += row.size() * sizeof(double);
    return bytes;
  }
  const PixelBlock* const pixels = pixels_of(data);
  std::size_t bytes = pixels == nullptr || pixels->empty() ? 0 : pixels->spec().bytes();
  if (const auto* samples = std::get_if<KSpace>(&data); samples != nullptr && samples->coil_sensitivities)
    bytes += samples->coil_sensitivities->spec().bytes();
  return bytes;
}

Estimate estimate(const plugin::Needs& needs, const plugin::Datasets& inputs) {
  Estimate result;
  for (const auto& [port, data] : inputs)
    if (data) result.input_bytes += bytes_of(*data);
  for (const compute::OperatorSpec& spec : needs.operators) result.operator_bytes += operator_bytes(spec);
  result.work_bytes = needs.work_bytes;
  result.seconds = needs.seconds_guess;
  const std::size_t resident = resident_bytes();
  result.process_bytes = resident > result.input_bytes ? resident - result.input_bytes : 0;
  return result;
}

Estimate estimate(const plugin::Task& task, const plugin::Datasets& inputs, const std::string& parameters_json) {
  return estimate(task.needs(inputs, parameters_json), inputs);
}

std::size_t available_memory_bytes() { return machine_memory().available; }
std::size_t resident_bytes() { return iso::resident_bytes(); }
std::size_t peak_resident_bytes() { return iso::peak_resident_bytes(); }

std::string in_words(std::size_t bytes) {
  constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit < 2 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text.data();
}

}  // namespace iso::job
