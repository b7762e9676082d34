#include "slice_image.h"

#include "iso/base/threads.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace iso::render {
namespace {

std::uint32_t packed(const std::array<std::uint8_t, 4>& c) noexcept {
  return 0xff000000U | std::uint32_t{c[0]} << 16U | std::uint32_t{c[1]} << 8U | c[2];
}

std::uint32_t mixed(std::uint32_t below, std::uint32_t above, std::uint32_t part) noexcept {
  std::uint32_t result = 0xff000000U;
  for (const unsigned shift : {0U, 8U, 16U}) {
    const std::uint32_t a = above >> shift & 255U, b = below >> shift & 255U;
    result |= ((a * part + b * (256 - part) + 128) >> 8U) << shift;
  }
  return result;
}

/// Three cuts as they are, over what lies below.
void lay_colours(const std::array<const float*, 3>& parts, double opacity, std::int64_t count,
                 std::uint32_t* pixels) noexcept {
  const auto part = static_cast<std::uint32_t>(std::lround(256 * std::clamp(opacity, 0.0, 1.0)));
  const auto level = [](float value) {
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): of a number from 0 to 255, once a pixel
    return static_cast<std::uint8_t>(std::min(std::max(value, 0.0F), 255.0F) + 0.5F);
  };
  for (std::int64_t i = 0; i < count; ++i) {
    if (std::isnan(parts[0][i]) || std::isnan(parts[1][i]) || std::isnan(parts[2][i])) continue;
    pixels[i] = mixed(pixels[i], packed({level(parts[0][i]), level(parts[1][i]), level(parts[2][i]), 255}), part);
  }
}

/// A display as a table over its window, so that a pixel costs a multiplication and a look-up.
class Colouring {
 public:
  Colouring(const Display& display, bool labels) : labels_{labels} {
    const auto& map = labels && display.palette ? *display.palette : colour_map(labels ? "labels" : display.colour_map);
    if (labels) {
      period_ = static_cast<std::int64_t>(map.size()) - 1;
      for (const auto& c : map) put(c, display.opacity);
      return;
    }
    if (display.shown_range) {
      from_ = static_cast<float>((*display.shown_range)[0]);
      to_ = static_cast<float>((*display.shown_range)[1]);
    }
    double low = display.centre - display.width / 2, high = display.centre + display.width / 2;
    if (display.voi == VoiFunction::linear)
      low = display.centre - 0.5 - (display.width - 1) / 2, high = low + display.width - 1;
    if (display.voi == VoiFunction::sigmoid)
      low = display.centre - 2 * display.width, high = display.centre + 2 * display.width;
    low_ = static_cast<float>(low);
    scale_ = static_cast<float>(std::min(1e30, (entries - 1) / std::max(high - low, 1e-30)));
    for (int i = 0; i < entries; ++i) {
      const double y = voi(display, low + (high - low) * i / (entries - 1));
      const bool one = display.palette && display.palette->size() > 1;
      put(one ? (*display.palette)[1]
              : map[static_cast<std::size_t>(std::lround(255 * (display.inverted ? 1 - y : y)))],
          display.opacity);
    }
    if (!(high > low)) {  // a window without width: all or nothing
      const std::size_t below = display.inverted ? 255 : 0;
      colours_.front() = packed(map[below]);
      for (std::size_t i = 1; i < colours_.size(); ++i) colours_[i] = packed(map[255 - below]);
    }
  }

  void lay(const float* values, std::int64_t count, std::uint32_t* pixels) const noexcept {
    for (std::int64_t i = 0; i < count; ++i) {
      const float value = values[i];
      if (!(value >= from_ && value <= to_)) continue;  // no number is in no range
      const std::size_t at = to_entry(value);
      const std::uint32_t part = parts_[at];
      if (part == 256) {
        pixels[i] = colours_[at];
      } else if (part > 0) {
        pixels[i] = mixed(pixels[i], colours_[at], part);
      }
    }
  }

 private:
  static constexpr int entries = 4096;

  [[nodiscard]] std::size_t to_entry(float value) const noexcept {
    if (labels_) {
      const auto label = static_cast<std::int64_t>(value);
      return label <= 0 ? 0 : static_cast<std::size_t>((label - 1) % period_ + 1);
    }
    const float at = (value - low_) * scale_ + 0.5F;
    return static_cast<std::size_t>(std::min(std::max(at, 0.0F), static_cast<float>(entries - 1)));
  }
  void put(const std::array<std::uint8_t, 4>& colour, double opacity) {
    colours_.push_back(packed(colour));
    parts_.push_back(static_cast<std::uint32_t>(std::lround(256 * std::clamp(opacity, 0.0, 1.0) * colour[3] / 255)));
  }

  bool labels_;
  std::int64_t period_{255};  ///< of the colours of labels
  float low_{0}, scale_{1}, from_{-std::numeric_limits<float>::infinity()}, to_{-from_};
  std::vector<std::uint32_t> colours_, parts_;  ///< parts of 256
};

}  // namespace

const std::vector<std::uint32_t>& SliceImage::make(const SlicePicture& picture, int width, int height) {
  const CutPlace place{picture.plane, picture.mm_per_pixel, width, height, picture.slab, picture.slab_mm};
  std::vector<const Layer*> layers;
  Shown shown{picture.background, picture.reveal, {}, width, height};
  for (std::size_t i = 0; i < picture.layers.size(); ++i) {
    const Layer& layer = picture.layers[i];
    if (!layer.raster || !layer.display.visible || layer.display.opacity <= 0) continue;
    if (i > 0 && picture.reveal <= 0) continue;
    layers.push_back(&layer);
    shown.displays.push_back(layer.display);
  }
  bool changed = shown != shown_ || pixels_.empty();
  cuts_.resize(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Layer part = *layers[i];
    for (std::int64_t n = 0; n < (part.raster->colour ? 3 : 1); ++n) {
      if (part.raster->colour) part.frame = n;
      changed = cuts_[i].parts[static_cast<std::size_t>(n)].make(part, place) || changed;
    }
  }
  if (!changed) return pixels_;
  const auto level = [&](std::size_t i) { return static_cast<std::uint8_t>(255 * picture.background[i]); };
  pixels_.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height),
                 packed({level(0), level(1), level(2), 255}));
  for (std::size_t at = 0; at < layers.size(); ++at) {
    const auto& cut = cuts_[at].parts;
    const Colouring colouring{layers[at]->display, layers[at]->raster->labels};
    const bool base = layers[at] == picture.layers.data();
    const auto part = static_cast<std::int64_t>(std::lround(std::clamp(picture.reveal, 0.0, 1.0) * width));
    parallel_for(height, 64, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t first = row * width, count = base ? width : part;
        const auto values = [&](std::size_t n) { return cut[n].values().data() + first; };
        if (layers[at]->raster->colour)
          lay_colours({values(0), values(1), values(2)}, layers[at]->display.opacity, count, pixels_.data() + first);
        else
          colouring.lay(values(0), count, pixels_.data() + first);
      }
    });
  }
  shown_ = std::move(shown);
  ++made_;
  return pixels_;
}

}  // namespace iso::render
