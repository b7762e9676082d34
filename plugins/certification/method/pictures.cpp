#include "method/pictures.h"

#include "method/attack.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace certification {
namespace {

using iso::Pixels;

/// Of length R, each half with a part in proportion to 1 / sigma: where Cauchy and Schwarz's inequality of the radius is an equality.
std::vector<float> smallest_change(const Smoothed& smoothed, const Pixels& image, const CaseResult& result,
                                   std::int64_t draws, const std::stop_token& stop) {
  const Pixels gradient = margin_gradient(smoothed, image, result.certificate.answer, result.seed, Stage::picture, 0,
                                          std::max<std::int64_t>(1, draws / 2), stop);
  const auto g = gradient.values<float>();
  const iso::Shape& shape = image.spec().shape;
  std::vector<float> change(g.size());
  double inverse = 0;
  for (const Side& side : smoothed.sides()) inverse += 1 / (side.sigma * side.sigma);
  for (const Side& side : smoothed.sides()) {
    const auto own = [&](std::size_t i) {
      const auto pixel = static_cast<std::int64_t>(i) % (shape[0] * shape[1]);
      return iso::compute::is_own(smoothed.split(), side.half, pixel % shape[0], pixel / shape[0]);
    };
    double squares = 0;
    for (std::size_t i = 0; i < g.size(); ++i)
      if (own(i)) squares += double{g[i]} * double{g[i]};
    const double length = result.certificate.radius / side.sigma / std::sqrt(inverse);
    for (std::size_t i = 0; i < g.size(); ++i)
      if (own(i) && squares > 0) change[i] = static_cast<float>(-length * double{g[i]} / std::sqrt(squares));
  }
  return change;
}

}  // namespace

Pictures make_pictures(const Smoothed& smoothed, const Cases& cases, const std::vector<CaseResult>& results,
                       std::int64_t draws, const std::stop_token& stop) {
  Pictures out;
  out.order.resize(results.size());
  std::iota(out.order.begin(), out.order.end(), std::size_t{0});
  std::ranges::stable_sort(out.order, {}, [&](std::size_t i) { return results[i].certificate.radius; });
  iso::PixelBuffer pixels;
  for (std::size_t place = 0; place < out.order.size(); ++place) {
    const CaseResult& result = results[out.order[place]];
    const Pixels image = cases.image(out.order[place]);
    const iso::Shape& shape = image.spec().shape;
    const auto w = static_cast<std::size_t>(shape[0]), h = static_cast<std::size_t>(shape[1]),
               sides = smoothed.sides().size();
    const std::size_t tiles = sides + 2;
    if (pixels.empty())
      pixels = iso::PixelBuffer::allocate(
          {iso::Shape{static_cast<std::int64_t>(tiles * w), shape[1], static_cast<std::int64_t>(results.size())},
           iso::ScalarType::f32});
    const auto put = [&](std::size_t tile, const auto& value) {
      for (std::size_t y = 0; y < h; ++y)
        for (std::size_t x = 0; x < w; ++x)
          pixels.values<float>()[(place * h + y) * tiles * w + tile * w + x] = value(y * w + x);
    };
    put(0, [&](std::size_t i) { return image.values<float>()[i]; });
    for (std::size_t side = 0; side < sides; ++side) {
      const Pixels seen = smoothed.copies(image, side, 0, 0, Stage::picture, 0, 1, stop);
      put(1 + side, [&](std::size_t i) { return seen.values<float>()[i]; });
    }
    std::vector<float> change(image.values<float>().size());
    if (!result.certificate.abstains) change = smallest_change(smoothed, image, result, draws, stop);
    put(tiles - 1, [&](std::size_t i) { return 0.5F + change[i]; });
  }
  out.pixels = std::move(pixels);
  return out;
}

}  // namespace certification
