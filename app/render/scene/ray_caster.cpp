#include "ray_caster.h"

#include "iso/base/threads.h"

#include <algorithm>
#include <cmath>

namespace iso::render {
namespace {

constexpr int entries = 4096;  ///< of a transfer table
constexpr float opaque = 0.985F, ambient = 0.25F, diffuse = 0.75F, gloss = 0.2F, label_opacity = 0.85F;

using Point = std::array<float, 3>;

/// Where a ray runs in the indices of a grid: at + t along, t in mm from the eye.
struct Track {
  Point at{}, along{};
  double first{0}, last{-1};  ///< of t inside the box
};

/// The indices of a grid, and of its box (voxels are half a voxel wide to each side) or a part of it.
class Space {
 public:
  Space(const VoxelGrid& grid, const CropBox& crop, const Vec3& eye) : grid_{grid}, eye_{grid.to_index(eye)} {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto n = static_cast<double>(grid.size[axis]);
      low_[axis] = n * crop.from[axis] - 0.5;
      high_[axis] = n * crop.to[axis] - 0.5;
    }
  }
  [[nodiscard]] Track track(const Vec3& direction) const noexcept {
    Track track;
    track.first = 0, track.last = 1e30;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double along = dot(column(grid_.direction, axis), direction) / grid_.spacing_mm[axis];
      track.at[axis] = static_cast<float>(eye_[axis]);
      track.along[axis] = static_cast<float>(along);
      if (std::abs(along) < 1e-12) {
        if (eye_[axis] < low_[axis] || eye_[axis] > high_[axis]) track.last = -1;
        continue;
      }
      const double a = (low_[axis] - eye_[axis]) / along, b = (high_[axis] - eye_[axis]) / along;
      track.first = std::max(track.first, std::min(a, b));
      track.last = std::min(track.last, std::max(a, b));
    }
    return track;
  }
  [[nodiscard]] const VoxelGrid& grid() const noexcept { return grid_; }

 private:
  VoxelGrid grid_;
  Vec3 eye_, low_{}, high_{};
};

Point point_at(const Track& track, double t) noexcept {
  const auto s = static_cast<float>(t);
  return {track.at[0] + s * track.along[0], track.at[1] + s * track.along[1], track.at[2] + s * track.along[2]};
}

/// The eight corners of a cell and the place in it.
template <class T>
struct Cell {
  std::array<float, 8> v;
  float x, y, z;
  Cell(const T* voxels, const std::array<std::int64_t, 3>& size, const Point& p) noexcept {
    std::array<std::int64_t, 3> i{};
    std::array<float, 3> f{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto most = static_cast<float>(size[axis] - 1);
      const float at = std::min(std::max(p[axis], 0.0F), most);
      i[axis] = std::max<std::int64_t>(0, std::min(static_cast<std::int64_t>(at), size[axis] - 2));
      f[axis] = at - static_cast<float>(i[axis]);
    }
    x = f[0], y = f[1], z = f[2];
    const std::int64_t dx = size[0] > 1 ? 1 : 0, dy = size[1] > 1 ? size[0] : 0,
                       dz = size[2] > 1 ? size[0] * size[1] : 0;
    const T* const c = voxels + (i[2] * size[1] + i[1]) * size[0] + i[0];
    v = {static_cast<float>(c[0]),       static_cast<float>(c[dx]),          static_cast<float>(c[dy]),
         static_cast<float>(c[dx + dy]), static_cast<float>(c[dz]),          static_cast<float>(c[dx + dz]),
         static_cast<float>(c[dy + dz]), static_cast<float>(c[dx + dy + dz])};
  }
  [[nodiscard]] float value() const noexcept {
    const float a = v[0] + x * (v[1] - v[0]), b = v[2] + x * (v[3] - v[2]);
    const float c = v[4] + x * (v[5] - v[4]), d = v[6] + x * (v[7] - v[6]);
    const float front = a + y * (b - a), rear = c + y * (d - c);
    return front + z * (rear - front);
  }
  [[nodiscard]] Point slope() const noexcept {
    const auto mix = [](float a, float b, float c, float d, float s, float t) {
      return (a + s * (b - a)) * (1 - t) + (c + s * (d - c)) * t;
    };
    return {mix(v[1] - v[0], v[3] - v[2], v[5] - v[4], v[7] - v[6], y, z),
            mix(v[2] - v[0], v[3] - v[1], v[6] - v[4], v[7] - v[5], x, z),
            mix(v[4] - v[0], v[5] - v[1], v[6] - v[2], v[7] - v[3], x, y)};
  }
};

template <class T>
Point central_differences(const T* voxels, const std::array<std::int64_t, 3>& size, const Point& p) noexcept {
  Point slope{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    Point before = p, after = p;
    before[axis] -= 1;
    after[axis] += 1;
    slope[axis] = Cell<T>{voxels, size, after}.value() - Cell<T>{voxels, size, before}.value();
  }
  return slope;
}

/// How bright a surface with that slope (of indices) is, lit and seen along the ray.
float light(const VoxelGrid& grid, const Point& slope, const Vec3& direction) noexcept {
  Vec3 normal{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    normal = add_scaled(normal, static_cast<double>(slope[axis]) / grid.spacing_mm[axis], column(grid.direction, axis));
  const double length = norm(normal);
  if (!(length > 1e-9)) return 1;
  const auto facing = static_cast<float>(std::abs(dot(normal, direction)) / length);
  const float f2 = facing * facing, f8 = f2 * f2 * f2 * f2;
  return ambient + diffuse * facing + gloss * f8 * f8;
}

struct Sample {
  float red, green, blue, opacity;
};

/// Where the block that holds a point ends, as t beyond which it is left.
double end_of_block(const Track& track, const std::array<std::int64_t, 3>& block) noexcept {
  double end = 1e30;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto along = static_cast<double>(track.along[axis]);
    if (std::abs(along) < 1e-9) continue;
    const auto face = static_cast<double>((block[axis] + (along > 0 ? 1 : 0)) * cast_block);
    end = std::min(end, (face - static_cast<double>(track.at[axis])) / along);
  }
  return end;
}

std::array<std::int64_t, 3> find_block(const Point& p, const std::array<std::int64_t, 3>& blocks) noexcept {
  std::array<std::int64_t, 3> block{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    block[axis] =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(std::max(p[axis], 0.0F)) / cast_block, 0, blocks[axis] - 1);
  return block;
}

std::size_t flat(const std::array<std::int64_t, 3>& block, const std::array<std::int64_t, 3>& blocks) noexcept {
  return static_cast<std::size_t>((block[2] * blocks[1] + block[1]) * blocks[0] + block[0]);
}

}  // namespace

struct RayCaster::Impl {
  CastScene scene;
  int width, height;
  bool fine, maximum;
  double step_mm{1};
  std::vector<Sample> table;       ///< opacity that of a step
  std::vector<std::uint8_t> seen;  ///< blocks of the volume with anything to see
  std::unique_ptr<Space> volume, labels;
  const Palette* palette;

  /// What a ray has gathered so far.
  struct Gathered {
    float red{0}, green{0}, blue{0}, cover{0};
    int highest{-1};
    bool inside{false};  ///< of a label
    void add(const Sample& sample, float opacity, float bright) noexcept {
      const float part = (1 - cover) * opacity;
      red += part * std::min(1.0F, sample.red * bright);
      green += part * std::min(1.0F, sample.green * bright);
      blue += part * std::min(1.0F, sample.blue * bright);
      cover += part;
    }
  };

  Impl(CastScene s, int w, int h, double step, bool is_fine)
      : scene{std::move(s)},
        width{std::max(1, w)},
        height{std::max(1, h)},
        fine{is_fine},
        maximum{find_volume_preset(scene.picture.preset).maximum_intensity},
        palette{scene.picture.palette.size() > 1 ? &scene.picture.palette : &colour_map("labels")} {
    const Vec3 eye = scene.eye.place_mm();
    // The crop box is one of the volume, or without a volume one of the labels.
    if (scene.volume) volume = std::make_unique<Space>(scene.volume->grid, scene.picture.crop, eye);
    if (scene.labels)
      labels = std::make_unique<Space>(scene.labels->grid, scene.volume ? CropBox{} : scene.picture.crop, eye);
    const VoxelGrid* const grid = scene.volume ? &scene.volume->grid : scene.labels ? &scene.labels->grid : nullptr;
    if (grid == nullptr) return;
    step_mm = std::max(1e-9, step * *std::ranges::min_element(grid->spacing_mm));
    if (scene.volume) make_table(*grid);
  }

  void make_table(const VoxelGrid& grid) {
    double side = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
      side = std::max(side, grid.spacing_mm[axis] * static_cast<double>(grid.size[axis]));
    const double part = step_mm / (side / 256);
    table.resize(entries);
    std::vector<int> visible_below(entries + 1, 0);
    const CastVolume& data = *scene.volume;
    for (int i = 0; i < entries; ++i) {
      const double value = data.low + (data.high - data.low) * (i + 0.5) / entries;
      const std::array<double, 4> c = colour_at(value);
      table[static_cast<std::size_t>(i)] = {static_cast<float>(c[0]), static_cast<float>(c[1]),
                                            static_cast<float>(c[2]),
                                            static_cast<float>(1 - std::pow(1 - std::min(c[3], 0.999), part))};
      visible_below[static_cast<std::size_t>(i) + 1] =
          visible_below[static_cast<std::size_t>(i)] + (c[3] > 1e-4 ? 1 : 0);
    }
    seen.resize(data.block_low.size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
      const std::size_t low = data.block_low[i] >> 4U, high = data.block_high[i] >> 4U;
      seen[i] = maximum || visible_below[high + 1] > visible_below[low] ? 1 : 0;
    }
  }

  [[nodiscard]] std::array<double, 4> colour_at(double value) const {
    const auto& points = scene.transfer;
    if (points.empty()) return {0, 0, 0, 0};
    const auto colour = [](const std::array<double, 5>& p) { return std::array<double, 4>{p[1], p[2], p[3], p[4]}; };
    const auto after = std::ranges::find_if(points, [&](const auto& p) { return p[0] > value; });
    if (after == points.begin()) return colour(points.front());
    if (after == points.end()) return colour(points.back());
    const auto& a = *(after - 1);
    const double part = (value - a[0]) / ((*after)[0] - a[0]);
    std::array<double, 4> mixed{};
    for (std::size_t i = 0; i < 4; ++i) mixed[i] = a[i + 1] + part * ((*after)[i + 1] - a[i + 1]);
    return mixed;
  }

  /// The t up to which a volume has nothing to see from here on; the sample's own where it is looked at.
  void pass_volume(const Track& track, double t, const Vec3& direction, Gathered& got, double& clear_until) const {
    if (t < track.first || t > track.last) return void(clear_until = t < track.first ? track.first : 1e30);
    const CastVolume& data = *scene.volume;
    const Point p = point_at(track, t);
    const auto block = find_block(p, data.blocks);
    const std::size_t at = flat(block, data.blocks);
    if (seen[at] == 0 || (maximum && (data.block_high[at] >> 4U) <= got.highest))
      return void(clear_until = end_of_block(track, block));
    const Cell<std::uint16_t> cell{data.voxels.data(), data.grid.size, p};
    const auto entry = static_cast<int>(cell.value()) >> 4;
    if (maximum) return void(got.highest = std::max(got.highest, entry));
    const Sample& sample = table[static_cast<std::size_t>(entry)];
    if (sample.opacity <= 1e-4F) return;
    const Point slope = fine ? central_differences(data.voxels.data(), data.grid.size, p) : cell.slope();
    got.add(sample, sample.opacity, light(data.grid, slope, direction));
  }

  void pass_labels(const Track& track, double t, const Vec3& direction, Gathered& got, double& clear_until) const {
    if (t < track.first || t > track.last) {
      got.inside = false;
      return void(clear_until = t < track.first ? track.first : 1e30);
    }
    const CastLabels& data = *scene.labels;
    const Point p = point_at(track, t);
    const auto block = find_block(p, data.blocks);
    if (data.block_high[flat(block, data.blocks)] < 128) {
      got.inside = false;
      return void(clear_until = end_of_block(track, block));
    }
    const Cell<std::uint8_t> cell{data.occupied.data(), data.grid.size, p};
    const bool inside = cell.value() >= 127.5F;
    if (inside && !got.inside)
      got.add(label_colour(p), label_opacity,
              light(data.grid, central_differences(data.occupied.data(), data.grid.size, p), direction));
    got.inside = inside;
  }

  [[nodiscard]] Sample label_colour(const Point& p) const noexcept {
    const std::uint16_t label = nearest_label(*scene.labels, {p[0], p[1], p[2]});
    if (label == 0) return {1, 1, 1, 1};
    const auto& c = (*palette)[static_cast<std::size_t>((label - 1) % (std::ssize(*palette) - 1) + 1)];
    return {static_cast<float>(c[0]) / 255, static_cast<float>(c[1]) / 255, static_cast<float>(c[2]) / 255, 1};
  }

  [[nodiscard]] std::uint32_t finished(const Gathered& got) const noexcept {
    std::array<float, 3> colour{got.red, got.green, got.blue};
    for (std::size_t i = 0; i < 3; ++i) {
      auto behind = static_cast<float>(scene.picture.background[i]);
      if (got.highest >= 0) {
        const Sample& top = table[static_cast<std::size_t>(got.highest)];
        behind = i == 0 ? top.red : i == 1 ? top.green : top.blue;
      }
      colour[i] += (1 - got.cover) * behind;
    }
    const auto level = [&](std::size_t i) {
      // NOLINTNEXTLINE(bugprone-incorrect-roundings): of a number from 0 to 255, once a pixel
      return static_cast<std::uint32_t>(std::min(std::max(colour[i], 0.0F), 1.0F) * 255 + 0.5F);
    };
    return 0xff000000U | level(0) << 16U | level(1) << 8U | level(2);
  }
};

RayCaster::RayCaster(CastScene scene, int width_px, int height_px, double step, bool fine)
    : impl_{std::make_unique<Impl>(std::move(scene), width_px, height_px, step, fine)} {}
RayCaster::~RayCaster() = default;

std::uint32_t RayCaster::cast(double x_px, double y_px) const noexcept {
  const Impl& impl = *impl_;
  const Vec3 direction = impl.scene.eye.ray(x_px, y_px, impl.width, impl.height);
  Track volume, labels;
  if (impl.volume) volume = impl.volume->track(direction);
  if (impl.labels) labels = impl.labels->track(direction);
  const bool through_volume = volume.last >= volume.first, through_labels = labels.last >= labels.first;
  Impl::Gathered got;
  if (!through_volume && !through_labels) return impl.finished(got);
  const double first = std::min(through_volume ? volume.first : 1e30, through_labels ? labels.first : 1e30);
  const double last = std::max(through_volume ? volume.last : -1, through_labels ? labels.last : -1);
  for (double n = 0.5; first + n * impl.step_mm <= last && got.cover < opaque;) {
    const double t = first + n * impl.step_mm;
    double volume_clear = 1e30, labels_clear = 1e30;
    if (through_labels) labels_clear = t, impl.pass_labels(labels, t, direction, got, labels_clear);
    if (through_volume) volume_clear = t, impl.pass_volume(volume, t, direction, got, volume_clear);
    const double clear = std::min(volume_clear, labels_clear);
    n = std::max(n + 1, 0.5 + std::ceil((clear - first) / impl.step_mm - 0.5));  // on the lattice of the samples
  }
  return impl.finished(got);
}

void RayCaster::cast_rows(int first, int last, int stride, std::uint32_t* picture) const {
  const int across = (impl_->width + stride - 1) / stride;
  parallel_for(last - first, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = first + begin; row < first + end; ++row)
      for (int x = 0; x < across; ++x)
        picture[row * across + x] = cast((x + 0.5) * stride, (static_cast<double>(row) + 0.5) * stride);
  });
}

}  // namespace iso::render
