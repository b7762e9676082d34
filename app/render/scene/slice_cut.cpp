#include "slice_cut.h"

#include "iso/base/dispatch.h"
#include "iso/base/threads.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace iso::render {
namespace {

using Index = std::array<std::int64_t, 3>;
constexpr float outside = std::numeric_limits<float>::quiet_NaN();
constexpr int most_slab_samples = 64;
constexpr std::int64_t rows_a_chunk = 64;

/// The screen in index space: pixel (x, y) is at start + x * across + y * down; `deep` is one millimetre along the normal.
struct Screen {
  Vec3 start{}, across{}, down{}, deep{};
};

Screen make_screen(const VoxelGrid& frame, const CutPlace& place) {
  const Plane& plane = place.plane;
  const Vec3 zero = frame.to_index({}), n = plane.normal();
  const auto along = [&](const Vec3& direction, double mm) {
    Vec3 index = frame.to_index({direction[0] * mm, direction[1] * mm, direction[2] * mm});
    for (std::size_t i = 0; i < 3; ++i) index[i] -= zero[i];
    return index;
  };
  Screen screen{frame.to_index(plane.centre_mm), along(plane.right, place.mm_per_pixel),
                along(plane.up, -place.mm_per_pixel), along(n, 1)};
  for (std::size_t i = 0; i < 3; ++i)
    screen.start[i] -= (place.width - 1) / 2.0 * screen.across[i] + (place.height - 1) / 2.0 * screen.down[i];
  return screen;
}

/// The axis of the raster that a direction of the screen runs along, or -1 if over `pixels` it leaves its row of voxels.
int axis_along(const Vec3& step, int pixels) {
  int axis = 0;
  for (int i = 1; i < 3; ++i)
    if (std::abs(step[static_cast<std::size_t>(i)]) > std::abs(step[static_cast<std::size_t>(axis)])) axis = i;
  for (int i = 0; i < 3; ++i)
    if (i != axis && std::abs(step[static_cast<std::size_t>(i)]) * pixels > 1e-3) return -1;
  return axis;
}

/// Where the pixels of one direction of the screen fall on one axis: the two voxels around each and the weight of the second.
struct Line {
  int begin{0}, end{0};  ///< pixels inside the data
  std::vector<std::int32_t> low, high;
  std::vector<float> weight;
  std::int64_t first{0}, last{-1};  ///< voxels that are needed
};

Line make_line(double start, double step, int pixels, std::int64_t size, bool interpolate) {
  Line line;
  const auto n = static_cast<std::size_t>(pixels);
  line.low.resize(n);
  line.high.resize(n);
  line.weight.resize(n);
  line.begin = pixels;
  line.first = size;
  constexpr double slack = 1e-6;  // a pixel on the very edge belongs to the data
  for (int i = 0; i < pixels; ++i) {
    const double at = start + step * i;
    if (at < -0.5 - slack || at > static_cast<double>(size) - 0.5 + slack) continue;
    const double low = interpolate ? std::floor(at) : std::floor(at + 0.5);
    const auto k = static_cast<std::size_t>(i);
    const auto clamped = [&](double v) {
      return static_cast<std::int32_t>(std::clamp(v, 0.0, static_cast<double>(size - 1)));
    };
    line.low[k] = clamped(low);
    line.high[k] = interpolate ? clamped(low + 1) : line.low[k];
    line.weight[k] = interpolate ? static_cast<float>(at - low) : 0.0F;
    line.begin = std::min(line.begin, i);
    line.end = i + 1;
    line.first = std::min<std::int64_t>({line.first, line.low[k], line.high[k]});
    line.last = std::max<std::int64_t>({line.last, line.low[k], line.high[k]});
  }
  for (auto* const ends : {&line.low, &line.high})  // counted from the first voxel that is needed
    for (int i = line.begin; i < line.end; ++i)
      (*ends)[static_cast<std::size_t>(i)] -= static_cast<std::int32_t>(line.first);
  return line;
}

/// The slices that make up the picture, and the weight of the second of two.
struct Slices {
  std::vector<std::int64_t> numbers;
  float weight{0};
};

Slices slices_at(double at, std::int64_t size, double spacing_mm, const CutPlace& place, bool interpolate) {
  Slices slices;
  if (place.slab != Slab::none && place.slab_mm > 0) {
    const double half = place.slab_mm / 2 / spacing_mm + 1e-6;
    for (std::int64_t k = 0; k < size; ++k)
      if (std::abs(static_cast<double>(k) - at) <= half) slices.numbers.push_back(k);
    if (!slices.numbers.empty()) return slices;
  }
  if (at < -0.5 - 1e-6 || at > static_cast<double>(size) - 0.5 + 1e-6) return slices;
  const auto inside = [&](double k) {
    return static_cast<std::int64_t>(std::clamp(k, 0.0, static_cast<double>(size - 1)));
  };
  const double nearest = std::floor(at + 0.5);
  slices.numbers.push_back(inside(nearest));
  if (!interpolate || std::abs(at - nearest) < 1e-4) return slices;
  slices.numbers = {inside(std::floor(at)), inside(std::floor(at) + 1)};
  slices.weight = static_cast<float>(at - std::floor(at));
  return slices;
}

/// The needed part of the slice (or slab) at the resolution of the voxels, rows of `across` one after the other.
template <class T>
void gather(const T* voxels, const Slices& slices, Slab slab, const Index& stride, const Line& across, const Line& down,
            std::vector<float>& slice) {
  const std::int64_t columns = across.last - across.first + 1, rows = down.last - down.first + 1;
  slice.resize(static_cast<std::size_t>(columns * rows));
  const bool two = slab == Slab::none && slices.numbers.size() == 2;
  parallel_for(rows, rows_a_chunk, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      float* const to = slice.data() + row * columns;
      const T* const from = voxels + (across.first * stride[0] + (down.first + row) * stride[1]);
      const std::int64_t step = stride[0], first = slices.numbers[0] * stride[2];
      for (std::int64_t i = 0; i < columns; ++i) to[i] = static_cast<float>(from[i * step + first]);
      for (std::size_t k = 1; k < slices.numbers.size(); ++k) {
        const T* const next = from + slices.numbers[k] * stride[2];
        for (std::int64_t i = 0; i < columns; ++i) {
          const auto value = static_cast<float>(next[i * step]);
          if (two)
            to[i] += slices.weight * (value - to[i]);
          else if (slab == Slab::maximum)
            to[i] = std::max(to[i], value);
          else if (slab == Slab::minimum)
            to[i] = std::min(to[i], value);
          else
            to[i] += value;
        }
      }
      if (slab == Slab::mean && slices.numbers.size() > 1)
        for (std::int64_t i = 0; i < columns; ++i) to[i] /= static_cast<float>(slices.numbers.size());
    }
  });
}

/// From the resolution of the voxels to that of the screen.
void spread(const std::vector<float>& slice, const Line& across, const Line& down, bool interpolate, int width,
            std::vector<float>& values) {
  const std::int64_t columns = across.last - across.first + 1;
  parallel_for(down.end - down.begin, rows_a_chunk, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> mixed(static_cast<std::size_t>(columns));
    for (std::int64_t at = begin; at < end; ++at) {
      const auto y = static_cast<std::size_t>(at + down.begin);
      const float* line = slice.data() + down.low[y] * columns;
      float* const to = values.data() + static_cast<std::int64_t>(y) * width;
      if (!interpolate) {
        for (auto x = static_cast<std::size_t>(across.begin); x < static_cast<std::size_t>(across.end); ++x)
          to[x] = line[across.low[x]];
        continue;
      }
      if (down.weight[y] > 0) {
        const float *const other = slice.data() + down.high[y] * columns, part = down.weight[y];
        for (std::int64_t i = 0; i < columns; ++i)
          mixed[static_cast<std::size_t>(i)] = line[i] + part * (other[i] - line[i]);
        line = mixed.data();
      }
      for (auto x = static_cast<std::size_t>(across.begin); x < static_cast<std::size_t>(across.end); ++x)
        to[x] = line[across.low[x]] + across.weight[x] * (line[across.high[x]] - line[across.low[x]]);
    }
  });
}

/// Puts the values of a stroke in the making over those of the slice.
void lay_patch(const LabelPatch& patch, std::int64_t slice_number, const std::array<std::size_t, 3>& axes,
               const Line& across, const Line& down, std::vector<float>& slice) {
  const auto [u, v, n] = axes;
  if (slice_number < patch.first[n] || slice_number >= patch.first[n] + patch.size[n]) return;
  const std::int64_t columns = across.last - across.first + 1;
  const Index stride{1, patch.size[0], patch.size[0] * patch.size[1]};
  const auto ends = [&](const Line& line, std::size_t axis) {
    return std::pair{std::max(line.first, patch.first[axis]),
                     std::min(line.last + 1, patch.first[axis] + patch.size[axis])};
  };
  const auto [u0, u1] = ends(across, u);
  const auto [v0, v1] = ends(down, v);
  for (std::int64_t j = v0; j < v1; ++j)
    for (std::int64_t i = u0; i < u1; ++i)
      slice[static_cast<std::size_t>((j - down.first) * columns + i - across.first)] = static_cast<float>(
          patch.values[static_cast<std::size_t>((i - patch.first[u]) * stride[u] + (j - patch.first[v]) * stride[v] +
                                                (slice_number - patch.first[n]) * stride[n])]);
}

/// Values of a raster at any place.
template <class T>
class Sampler {
 public:
  Sampler(const T* voxels, const Index& size, const LabelPatch* patch) : voxels_{voxels}, size_{size}, patch_{patch} {}
  [[nodiscard]] bool inside(const Vec3& at) const noexcept {
    for (std::size_t i = 0; i < 3; ++i)
      if (!(at[i] >= -0.5 - 1e-6 && at[i] <= static_cast<double>(size_[i]) - 0.5 + 1e-6)) return false;
    return true;
  }
  [[nodiscard]] float nearest(const Vec3& at) const noexcept {
    Index index{};
    for (std::size_t i = 0; i < 3; ++i)
      index[i] = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(at[i] + 0.5)), 0, size_[i] - 1);
    if (patch_ != nullptr) {
      Index in{};
      bool covered = true;
      for (std::size_t i = 0; i < 3; ++i) {
        in[i] = index[i] - patch_->first[i];
        covered = covered && in[i] >= 0 && in[i] < patch_->size[i];
      }
      if (covered)
        return patch_->values[static_cast<std::size_t>((in[2] * patch_->size[1] + in[1]) * patch_->size[0] + in[0])];
    }
    return static_cast<float>(voxels_[(index[2] * size_[1] + index[1]) * size_[0] + index[0]]);
  }
  [[nodiscard]] float linear(const Vec3& at) const noexcept {
    std::array<std::array<std::int64_t, 2>, 3> ends{};
    std::array<float, 3> part{};
    for (std::size_t i = 0; i < 3; ++i) {
      const auto low = static_cast<std::int64_t>(std::floor(at[i]));
      part[i] = static_cast<float>(at[i] - static_cast<double>(low));
      ends[i] = {std::clamp<std::int64_t>(low, 0, size_[i] - 1), std::clamp<std::int64_t>(low + 1, 0, size_[i] - 1)};
    }
    const auto row = [&](std::int64_t y, std::int64_t z) {
      const T* const line = voxels_ + (z * size_[1] + y) * size_[0];
      const auto a = static_cast<float>(line[ends[0][0]]), b = static_cast<float>(line[ends[0][1]]);
      return a + part[0] * (b - a);
    };
    const float y0z0 = row(ends[1][0], ends[2][0]), y1z0 = row(ends[1][1], ends[2][0]);
    const float y0z1 = row(ends[1][0], ends[2][1]), y1z1 = row(ends[1][1], ends[2][1]);
    const float z0 = y0z0 + part[1] * (y1z0 - y0z0), z1 = y0z1 + part[1] * (y1z1 - y0z1);
    return z0 + part[2] * (z1 - z0);
  }

 private:
  const T* voxels_;
  Index size_;
  const LabelPatch* patch_;
};

template <class T>
float combined(const Sampler<T>& sampler, const Vec3& at, const Vec3& step, int samples, Slab slab, bool interpolate) {
  float result = outside;
  int count = 0;
  for (int k = 0; k < samples; ++k) {
    Vec3 here = at;
    for (std::size_t i = 0; i < 3; ++i) here[i] += (k - (samples - 1) / 2.0) * step[i];
    if (!sampler.inside(here)) continue;
    const float value = interpolate ? sampler.linear(here) : sampler.nearest(here);
    if (count++ == 0)
      result = value;
    else if (slab == Slab::maximum)
      result = std::max(result, value);
    else if (slab == Slab::minimum)
      result = std::min(result, value);
    else
      result += value;
  }
  return slab == Slab::mean && count > 0 ? result / static_cast<float>(count) : result;
}

/// A plane that runs across the voxels.
template <class T>
void cut_across(const Sampler<T>& sampler, const Screen& screen, const CutPlace& place, double finest_mm,
                bool interpolate, std::vector<float>& values) {
  const bool thick = place.slab != Slab::none && place.slab_mm > 0;
  const int samples = thick ? std::clamp(static_cast<int>(place.slab_mm / finest_mm) + 1, 2, most_slab_samples) : 1;
  Vec3 step = screen.deep;
  for (double& s : step) s *= thick ? place.slab_mm / (samples - 1) : 0;
  parallel_for(place.height, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t y = begin; y < end; ++y)
      for (int x = 0; x < place.width; ++x) {
        Vec3 at = screen.start;
        for (std::size_t i = 0; i < 3; ++i) at[i] += x * screen.across[i] + static_cast<double>(y) * screen.down[i];
        if (!thick && !sampler.inside(at)) continue;
        values[static_cast<std::size_t>(y * place.width + x)] =
            thick         ? combined(sampler, at, step, samples, place.slab, interpolate)
            : interpolate ? sampler.linear(at)
                          : sampler.nearest(at);
      }
  });
}

/// A plane along the voxels; false if this one is not.
template <class T>
bool cut_along(const Raster& raster, const T* voxels, const LabelPatch* patch, const Screen& screen,
               const CutPlace& place, bool interpolate, std::vector<float>& slice, std::vector<float>& values) {
  const int across_axis = axis_along(screen.across, place.width), down_axis = axis_along(screen.down, place.height);
  if (across_axis < 0 || down_axis < 0 || across_axis == down_axis) return false;
  const auto u = static_cast<std::size_t>(across_axis), v = static_cast<std::size_t>(down_axis), n = 3 - u - v;
  const auto& size = raster.frame.size;
  const Slices slices = slices_at(screen.start[n], size[n], raster.frame.spacing_mm[n], place, interpolate);
  const Line across = make_line(screen.start[u], screen.across[u], place.width, size[u], interpolate);
  const Line down = make_line(screen.start[v], screen.down[v], place.height, size[v], interpolate);
  if (slices.numbers.empty() || across.end <= across.begin || down.end <= down.begin) return true;
  const Index strides{1, size[0], size[0] * size[1]};
  const Slab slab = place.slab_mm > 0 ? place.slab : Slab::none;
  gather(voxels, slices, slab, {strides[u], strides[v], strides[n]}, across, down, slice);
  if (patch != nullptr) lay_patch(*patch, slices.numbers[0], {u, v, n}, across, down, slice);
  spread(slice, across, down, interpolate, place.width, values);
  return true;
}

}  // namespace

bool SliceCut::make(const Layer& layer, const CutPlace& asked) {
  const bool interpolate = layer.display.interpolate && !layer.raster->labels;
  CutPlace place = asked;
  if (layer.raster->labels) place.slab = Slab::none;  // a maximum of names means nothing
  const std::uint64_t revision = layer.patch ? layer.patch->revision : 0;
  if (raster_ == layer.raster && frame_ == layer.frame && patch_ == layer.patch && patch_revision_ == revision &&
      interpolate_ == interpolate && place_ == place)
    return false;
  const Raster& raster = *layer.raster;
  const auto& size = raster.frame.size;
  if (layer.frame < 0 || layer.frame >= raster.frames)
    throw Error{Errc::shape_mismatch,
                "frame " + std::to_string(layer.frame) + " of " + std::to_string(raster.frames) + " was asked for"};
  values_.assign(static_cast<std::size_t>(place.width) * static_cast<std::size_t>(place.height), outside);
  const Screen screen = make_screen(raster.frame, place);
  const auto cut = [&](auto type) {
    using T = decltype(type);
    const T* const voxels =
        reinterpret_cast<const T*>(raster.pixels.data()) + layer.frame * size[0] * size[1] * size[2];
    if (!cut_along(raster, voxels, layer.patch.get(), screen, place, interpolate, slice_, values_))
      cut_across(Sampler<T>{voxels, size, layer.patch.get()}, screen, place,
                 *std::ranges::min_element(raster.frame.spacing_mm), interpolate, values_);
  };
  dispatch<RealTypes>(raster.pixels.spec().type, cut, "a picture");
  raster_ = layer.raster;
  frame_ = layer.frame;
  patch_ = layer.patch;
  patch_revision_ = revision;
  interpolate_ = interpolate;
  place_ = place;
  return true;
}

}  // namespace iso::render
