#include "compare.h"

#include "gui/model/measure.h"

#include "iso/base/error.h"
#include "iso/evaluation/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

namespace iso::gui {
namespace {

bool one_grid(const VoxelGrid& a, const VoxelGrid& b) {
  if (a.size != b.size) return false;
  for (std::size_t i = 0; i < 3; ++i)
    if (std::abs(a.spacing_mm[i] - b.spacing_mm[i]) > 1e-3 * a.spacing_mm[i] ||
        std::abs(a.origin_mm[i] - b.origin_mm[i]) > 0.01)
      return false;
  for (std::size_t i = 0; i < 9; ++i)
    if (std::abs(a.direction[i] - b.direction[i]) > 1e-3) return false;
  return true;
}

/// One frame, or one slice of it, as f32.
Pixels part(const render::Raster& raster, std::int64_t frame, std::optional<std::int64_t> slice) {
  const auto [nx, ny, nz] = raster.frame.size;
  const std::int64_t count = slice ? nx * ny : nx * ny * nz;
  const std::int64_t first = frame * nx * ny * nz + (slice ? *slice * nx * ny : 0);
  const Pixels flat = raster.pixels.reshaped(Shape{raster.pixels.spec().shape.count()});
  PixelBuffer out = PixelBuffer::allocate({slice ? Shape{nx, ny} : Shape{nx, ny, nz}, raster.pixels.spec().type});
  std::memcpy(out.data(), flat.data() + static_cast<std::size_t>(first) * byte_count(raster.pixels.spec().type),
              static_cast<std::size_t>(count) * byte_count(raster.pixels.spec().type));
  return Pixels{std::move(out)}.converted(ScalarType::f32);
}

Figures make_figures(std::string name, const Pixels& image, const Pixels& reference, Pixels mask = {}) {
  Figures figures;
  figures.part = std::move(name);
  try {
    evaluation::CompareOptions options;
    options.mask = std::move(mask);
    const auto metrics = evaluation::compare(image, reference, options);
    figures.psnr_db = metrics.psnr_db;
    figures.ssim = metrics.ssim;
    figures.nrmse = metrics.nrmse;
    figures.hfen = metrics.hfen;
    figures.max_absolute = metrics.max_absolute;
  } catch (const Error& problem) {
    figures.problem = problem.what();
  }
  return figures;
}

}  // namespace

Comparison make_comparison(const Document& document) {
  Comparison result;
  const Item* const base = document.find(document.look().layout.base);
  const Item* const other = document.find(document.look().layout.compared);
  if (base == nullptr || other == nullptr || !base->raster || !other->raster || base == other) {
    result.problem = "Choose a second image: right click it in the data list, \"Compare beside the image\".";
    return result;
  }
  result.image = base->name;
  result.reference = other->name;
  if (!one_grid(base->raster->frame, other->raster->frame)) {
    result.problem = "'" + base->name + "' and '" + other->name + "' are not on one grid, so there are no figures.";
    return result;
  }
  result.a = base->raster;
  result.b = other->raster;
  result.frame = std::min({document.look().frame, base->raster->frames - 1, other->raster->frames - 1});
  const Vec3 index = base->raster->frame.to_index(document.look().crosshair.position_mm);
  result.slice = std::clamp<std::int64_t>(std::llround(index[2]), 0, base->raster->frame.size[2] - 1);
  for (const Measurement& m : document.measurements())
    if (m.item == base->id || m.item == other->id)
      if (auto voxels = voxels_inside(*base->raster, m); !voxels.empty())
        result.regions.emplace_back(m.name, std::move(voxels));
  return result;
}

Figures slice_figures(const Comparison& c) {
  return make_figures("slice " + std::to_string(c.slice + 1), part(*c.a, c.frame, c.slice),
                      part(*c.b, c.frame, c.slice));
}

std::vector<Figures> all_figures(const Comparison& c) {
  std::vector<Figures> all{slice_figures(c)};
  const Pixels a = part(*c.a, c.frame, {}), b = part(*c.b, c.frame, {});
  if (c.a->frame.size[2] > 1) all.push_back(make_figures("volume", a, b));
  for (const auto& [name, voxels] : c.regions) {
    PixelBuffer mask = PixelBuffer::allocate({a.spec().shape, ScalarType::u8});
    const auto inside = mask.values<std::uint8_t>();
    for (const std::int64_t voxel : voxels) inside[static_cast<std::size_t>(voxel)] = 1;
    all.push_back(make_figures(name, a, b, std::move(mask)));
  }
  return all;
}

DatasetPtr make_difference(const Document& document) {
  const Comparison c = make_comparison(document);
  if (!c.problem.empty()) throw Error{Errc::shape_mismatch, c.problem};
  Volume difference;
  difference.grid = c.a->frame;
  const bool series = c.a->frames > 1 && c.a->frames == c.b->frames;
  const auto [nx, ny, nz] = difference.grid.size;
  PixelBuffer pixels =
      PixelBuffer::allocate({series ? Shape{nx, ny, nz, c.a->frames} : Shape{nx, ny, nz}, ScalarType::f32});
  auto to = pixels.values<float>().begin();
  for (std::int64_t frame = series ? 0 : c.frame; frame <= (series ? c.a->frames - 1 : c.frame); ++frame) {
    const Pixels image = part(*c.a, frame, {}), other = part(*c.b, frame, {});
    to = std::ranges::transform(image.values<float>(), other.values<float>(), to, std::minus{}).out;
  }
  if (const auto* const base = std::get_if<Volume>(document.find(document.look().layout.base)->data.get());
      base != nullptr && series)
    difference.frames = base->frames;
  difference.pixels = std::move(pixels);
  difference.meta["made_from"] = c.image + " - " + c.reference;
  return freeze(std::move(difference));
}

}  // namespace iso::gui
