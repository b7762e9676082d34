#include "method/network_reconstruction.h"

#include <iso/base/error.h>

#include <algorithm>
#include <cmath>

namespace sinogram_upsampling {
namespace {

using iso::PixelBuffer;
using iso::Pixels;
using iso::ScalarType;
using iso::Shape;

constexpr double image_scale = 1.27;  // s
constexpr std::int64_t dual_channels = 5, primal_channels = 4;

/// Mean and unbiased deviation of the readings of a slice.
struct Normalisation {
  double mean{0}, deviation{1};
};

/// Readings of a slice as a network has them: (views, elements, 1, 1) from (u, v, view).
PixelBuffer make_slice(const Pixels& readings, std::int64_t z) {
  const Shape& shape = readings.spec().shape;
  PixelBuffer out = PixelBuffer::allocate({Shape{shape[2], shape[0], 1, 1}, ScalarType::f32});
  const auto from = readings.values<float>();
  const auto to = out.values<float>();
  for (std::int64_t view = 0; view < shape[2]; ++view)
    for (std::int64_t u = 0; u < shape[0]; ++u)
      to[static_cast<std::size_t>(u * shape[2] + view)] =
          from[static_cast<std::size_t>((view * shape[1] + z) * shape[0] + u)];
  return out;
}

/// And back into its place.
void put_slice(const Pixels& slice, std::int64_t z, PixelBuffer& readings) {
  const Shape shape = readings.spec().shape;
  const auto from = slice.values<float>();
  const auto to = readings.values<float>();
  for (std::int64_t view = 0; view < shape[2]; ++view)
    for (std::int64_t u = 0; u < shape[0]; ++u)
      to[static_cast<std::size_t>((view * shape[1] + z) * shape[0] + u)] =
          from[static_cast<std::size_t>(u * shape[2] + view)];
}

Normalisation normalise(PixelBuffer& slice) {
  const auto values = slice.values<float>();
  const auto count = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const float value : values) sum += value;
  Normalisation z{sum / count, 1};
  for (const float value : values) squares += (value - z.mean) * (value - z.mean);
  z.deviation = std::max(std::sqrt(squares / std::max(count - 1, 1.0)), 1e-6);
  for (float& value : values) value = static_cast<float>((value - z.mean) / z.deviation);
  return z;
}

/// The mean over the channels of (W, H, C, 1), each value mapped.
template <class Map>
PixelBuffer channel_mean(const Pixels& channels, const Map& map) {
  const Shape& shape = channels.spec().shape;
  PixelBuffer out = PixelBuffer::allocate({Shape{shape[0], shape[1], 1, 1}, ScalarType::f32});
  const auto from = channels.values<float>();
  const auto to = out.values<float>();
  for (std::size_t i = 0; i < to.size(); ++i) {
    double sum = 0;
    for (std::size_t c = 0; c < static_cast<std::size_t>(shape[2]); ++c) sum += from[c * to.size() + i];
    to[i] = static_cast<float>(map(sum / static_cast<double>(shape[2])));
  }
  return out;
}

/// The state of all slices between the graphs.
class Iterations {
 public:
  Iterations(const Stack& stack, const Pixels& start, const Running& running) : stack_{stack}, running_{running} {
    const std::int64_t n = stack.width(), area = n * n;
    for (std::int64_t z = 0; z < stack.slices(); ++z) {
      PixelBuffer g = make_slice(stack.readings(), z);
      normal_.push_back(normalise(g));
      g_.push_back(std::move(g));
      h_.emplace_back(
          PixelBuffer::allocate({Shape{stack.views(), stack.elements(), dual_channels, 1}, ScalarType::f32}));
      PixelBuffer f = PixelBuffer::allocate({Shape{n, n, primal_channels, 1}, ScalarType::f32});
      for (std::int64_t c = 0; c < primal_channels; ++c)
        std::transform(start.values<float>().begin() + z * area, start.values<float>().begin() + (z + 1) * area,
                       f.values<float>().begin() + c * area,
                       [](float x) { return static_cast<float>(x / image_scale); });
      f_.emplace_back(std::move(f));
    }
  }

  void iterate(std::size_t i) {
    const Pixels projected = stack_.project(image());
    PixelBuffer readings = PixelBuffer::allocate(projected.spec());
    for (std::size_t z = 0; z < h_.size(); ++z) {
      const Normalisation& n = normal_[z];
      PixelBuffer a = make_slice(projected, static_cast<std::int64_t>(z));
      for (float& value : a.values<float>()) value = static_cast<float>((value - n.mean) / n.deviation);
      h_[z] = running_.networks[2 * i]->run({{"h", h_[z]}, {"a", std::move(a)}, {"g", g_[z]}}, running_.stop);
      put_slice(channel_mean(h_[z], [&](double x) { return x * n.deviation + n.mean; }), static_cast<std::int64_t>(z),
                readings);
      tell(2 * i, z);
    }
    const Pixels back = stack_.backproject_filtered(std::move(readings));
    const std::int64_t n = stack_.width(), area = n * n;
    for (std::size_t z = 0; z < f_.size(); ++z) {
      PixelBuffer b = PixelBuffer::allocate({Shape{n, n, 1, 1}, ScalarType::f32});
      const auto from = back.values<float>().begin() + static_cast<std::ptrdiff_t>(z) * area;
      std::transform(from, from + area, b.values<float>().begin(),
                     [](float x) { return static_cast<float>(x / image_scale); });
      f_[z] = running_.networks[2 * i + 1]->run({{"f", f_[z]}, {"b", std::move(b)}}, running_.stop);
      tell(2 * i + 1, z);
    }
  }

  /// s mean f of every slice: (x, y, z).
  [[nodiscard]] Pixels image() const {
    const std::int64_t n = stack_.width();
    PixelBuffer out = PixelBuffer::allocate({Shape{n, n, stack_.slices()}, ScalarType::f32});
    for (std::size_t z = 0; z < f_.size(); ++z)
      std::ranges::copy(channel_mean(f_[z], [](double x) { return x * image_scale; }).values<float>(),
                        out.values<float>().begin() + static_cast<std::ptrdiff_t>(z) * n * n);
    return out;
  }

 private:
  void tell(std::size_t graph, std::size_t z) const {
    if (running_.progress)
      running_.progress((static_cast<double>(graph) + static_cast<double>(z + 1) / static_cast<double>(f_.size())) /
                        static_cast<double>(running_.networks.size()));
  }
  const Stack& stack_;
  const Running& running_;
  std::vector<Normalisation> normal_;
  std::vector<Pixels> g_, h_, f_;
};

}  // namespace

Pixels pd_unet(const Stack& stack, const Pixels& start, const iso::models::Card& card, const Running& running) {
  if (running.networks.empty() || running.networks.size() % 2 != 0)
    throw iso::Error(iso::Errc::invalid_input, "the network '" + card.name + "' has " +
                                                   std::to_string(running.networks.size()) +
                                                   " graphs, a primal-dual U-Net has pairs of them");
  Iterations state{stack, start, running};
  for (std::size_t i = 0; i < running.networks.size() / 2; ++i) state.iterate(i);
  return state.image();
}

}  // namespace sinogram_upsampling
