#include "iso/mri/sampling_mask.h"

#include "iso/base/random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

namespace iso::mri {
namespace {

[[noreturn]] void refuse(const std::string& sentence) {
  throw Error{Errc::invalid_input, sentence, "choose another acceleration, kind of mask or number of centre lines"};
}

/// How likely a line is to be measured, up to a factor.
double density(MaskKind kind, double y, double z, double ny, double nz) {
  // Distance as part of the extent; along an axis of one line it is 0.
  const double d = std::hypot(y / ny, nz > 1 ? z / nz : 0.0);
  return kind == MaskKind::gaussian ? std::exp(-18 * d * d) : 1 / (1 + d * d / (0.12 * 0.12));
}

bool is_centre(std::int64_t y, std::int64_t z, std::int64_t ny, std::int64_t nz, std::int64_t lines) {
  const auto within = [lines](std::int64_t i, std::int64_t n) {
    const auto first = n / 2 - lines / 2;
    return n == 1 || (i >= first && i < first + lines);
  };
  return lines > 0 && within(y, ny) && within(z, nz);
}

/// The `wanted` lines that win: key u^(1/density) of a uniform u draws without replacement in proportion to the density.
/// Source: P. Efraimidis and P. Spirakis, Inf. Process. Lett. 97 (2006) 181.
void draw(std::span<std::uint8_t> frame, std::int64_t ny, std::int64_t nz, std::int64_t wanted,
          const MaskOptions& options, const Philox& random) {
  std::vector<std::pair<double, std::size_t>> keys;
  for (std::size_t i = 0; i < frame.size(); ++i) {
    if (frame[i] != 0) continue;
    const auto y = static_cast<std::int64_t>(i) % ny, z = static_cast<std::int64_t>(i) / ny;
    const std::int64_t above = y - ny / 2, beside = z - nz / 2;
    const double p = density(options.kind, static_cast<double>(above), static_cast<double>(beside),
                             static_cast<double>(ny), static_cast<double>(nz));
    keys.emplace_back(-std::log(random.uniform(i)) / p, i);
  }
  const auto count = std::min<std::int64_t>(wanted, static_cast<std::int64_t>(keys.size()));
  std::partial_sort(keys.begin(), keys.begin() + std::max<std::int64_t>(0, count), keys.end());
  for (std::int64_t i = 0; i < count; ++i) frame[keys[static_cast<std::size_t>(i)].second] = 1;
}

/// Spokes are added until the frame has its lines.
void draw_spokes(std::span<std::uint8_t> frame, std::int64_t ny, std::int64_t nz, std::int64_t wanted,
                 std::int64_t& spoke) {
  constexpr double golden_rad = std::numbers::pi * 0.6180339887498949;
  const double reach = std::hypot(static_cast<double>(ny), static_cast<double>(nz)) / 2;
  auto left = wanted - std::count(frame.begin(), frame.end(), std::uint8_t{1});
  for (int tries = 0; left > 0 && tries < 100000; ++tries, ++spoke) {
    const double angle = golden_rad * static_cast<double>(spoke);
    for (double r = -reach; r <= reach; r += 0.5) {
      const auto y = std::llround(r * std::cos(angle)) + ny / 2, z = std::llround(r * std::sin(angle)) + nz / 2;
      if (y < 0 || z < 0 || y >= ny || z >= nz) continue;
      auto& place = frame[static_cast<std::size_t>(z * ny + y)];
      left -= place == 0 ? 1 : 0;
      place = 1;
    }
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): one branch a kind
Pixels make_mask(std::int64_t lines_y, std::int64_t lines_z, std::int64_t frames, const MaskOptions& options) {
  if (lines_y < 1 || lines_z < 1 || frames < 1) refuse("a mask was asked for without lines or frames");
  if (!(options.acceleration >= 1) || !std::isfinite(options.acceleration))
    refuse("a mask was asked for with an acceleration below 1");
  if (options.kind == MaskKind::spokes && (lines_y < 2 || lines_z < 2))
    refuse("a mask of spokes needs a plane of phases, this scan has " + std::to_string(lines_y) + " x " +
           std::to_string(lines_z) + " lines");
  PixelBuffer mask = PixelBuffer::allocate({Shape{lines_y, lines_z, frames}, ScalarType::u8});
  const auto lines = lines_y * lines_z;
  const auto wanted = std::max<std::int64_t>(1, std::llround(static_cast<double>(lines) / options.acceleration));
  std::int64_t spoke = 0;
  for (std::int64_t t = 0; t < frames; ++t) {
    const auto frame =
        mask.values<std::uint8_t>().subspan(static_cast<std::size_t>(t * lines), static_cast<std::size_t>(lines));
    for (std::int64_t i = 0; i < lines; ++i)
      frame[static_cast<std::size_t>(i)] = is_centre(i % lines_y, i / lines_y, lines_y, lines_z, options.centre_lines);
    const auto central = std::count(frame.begin(), frame.end(), std::uint8_t{1});
    if (central > wanted)
      refuse("the " + std::to_string(central) + " centre lines are more than the " + std::to_string(wanted) +
             " that an acceleration of " + std::to_string(options.acceleration) + " leaves of " +
             std::to_string(lines));
    if (options.kind == MaskKind::spokes) {
      draw_spokes(frame, lines_y, lines_z, wanted, spoke);
    } else if (options.kind == MaskKind::uniform) {
      const auto step = std::max<std::int64_t>(1, std::llround(options.acceleration));
      for (std::int64_t i = t % step; i < lines; i += step) frame[static_cast<std::size_t>(i)] = 1;
    } else {
      draw(frame, lines_y, lines_z, wanted - central, options, Philox{options.seed, static_cast<std::uint64_t>(t)});
    }
  }
  return mask;
}

bool cuts_lines(const KSpace& scan) noexcept {
  return !scan.trajectory.cartesian_mask.empty() && scan.trajectory.cartesian_mask.spec().shape.rank() == 4;
}

double acceleration(const Pixels& mask) {
  const auto values = mask.values<std::uint8_t>();
  const auto measured =
      values.size() - static_cast<std::size_t>(std::count(values.begin(), values.end(), std::uint8_t{0}));
  return measured > 0 ? static_cast<double>(values.size()) / static_cast<double>(measured)
                      : std::numeric_limits<double>::infinity();
}

HeldOut hold_out(const Pixels& mask, double fraction, std::uint64_t seed) {
  PixelBuffer kept = PixelBuffer::make_copy(mask), left_out = PixelBuffer::allocate(mask.spec());
  const Shape& shape = mask.spec().shape;
  const std::size_t last = shape.rank() - 1;
  const auto readout = static_cast<std::size_t>(last == 3 ? shape[0] : 1);
  const auto frames = shape[last], lines = shape.count() / frames / static_cast<std::int64_t>(readout);
  const auto measured_in = [&](std::size_t line) {
    return std::ranges::any_of(mask.values<std::uint8_t>().subspan(line * readout, readout),
                               [](std::uint8_t sample) { return sample != 0; });
  };
  for (std::int64_t t = 0; t < frames; ++t) {
    const auto first = static_cast<std::size_t>(t * lines);
    std::vector<std::pair<double, std::size_t>> measured;
    const Philox random{seed, 1000000 + static_cast<std::uint64_t>(t)};
    for (std::size_t i = first; i < first + static_cast<std::size_t>(lines); ++i)
      if (measured_in(i)) measured.emplace_back(random.uniform(i - first), i);
    if (measured.size() < 3) continue;
    std::sort(measured.begin(), measured.end());
    const auto count = std::max<std::int64_t>(1, std::llround(fraction * static_cast<double>(measured.size())));
    for (std::int64_t i = 0; i < count; ++i) {
      const std::size_t line = measured[static_cast<std::size_t>(i)].second * readout;
      std::ranges::transform(mask.values<std::uint8_t>().subspan(line, readout),
                             left_out.values<std::uint8_t>().subspan(line, readout).begin(),
                             [](std::uint8_t sample) { return static_cast<std::uint8_t>(sample != 0); });
      std::ranges::fill(kept.values<std::uint8_t>().subspan(line, readout), std::uint8_t{0});
    }
  }
  return {std::move(kept), std::move(left_out)};
}

}  // namespace iso::mri
