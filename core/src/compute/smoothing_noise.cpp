#include "iso/compute/smoothing_noise.h"

#include "iso/compute/backend.h"

#include <array>
#include <cmath>
#include <string>

namespace iso::compute {
namespace {

constexpr std::array<std::string_view, 4> names{"none", "checkerboard", "rows", "columns"};

}  // namespace

std::string_view to_string(Split split) noexcept { return names[static_cast<std::size_t>(split)]; }

Split split_from_string(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Split>(i);
  throw Error{Errc::usage, "there is no split '" + std::string{name} + "' of pixels",
              "say none, checkerboard, rows or columns"};
}

bool is_own(Split split, Half half, std::int64_t column, std::int64_t row) noexcept {
  const std::int64_t wanted = half == Half::left ? 0 : 1;
  switch (split) {
    case Split::none: return true;
    case Split::checkerboard: return (column + row) % 2 == wanted;
    case Split::rows: return row % 2 == wanted;
    case Split::columns: return column % 2 == wanted;
  }
  return true;
}

SmoothingNoise::~SmoothingNoise() = default;
OffersSmoothingNoise::~OffersSmoothingNoise() = default;

const SmoothingNoise* find_smoothing_noise(const Backend& backend) noexcept {
  const auto* const offers = dynamic_cast<const OffersSmoothingNoise*>(&backend);
  return offers == nullptr ? nullptr : &offers->smoothing_noise();
}

void check_draw(const NoisyCopies& what, const Array& image, const Array& copies) {
  const Shape& one = image.spec().shape;
  const Shape& all = copies.spec().shape;
  if (image.spec().type != ScalarType::f32 || copies.spec().type != ScalarType::f32)
    throw Error{Errc::type_mismatch, "noisy copies are of f32 and of an image of f32"};
  if (one.rank() != 3 || all.rank() != 4 || all[0] != one[0] || all[1] != one[1] || all[2] != one[2])
    throw Error{Errc::shape_mismatch, "noisy copies of " + all.text() + " do not fit an image of " + one.text() +
                                          " (width, height, channels)"};
  if (!std::isfinite(what.sigma) || what.sigma < 0)
    throw Error{Errc::invalid_input,
                "noise of a standard deviation of " + std::to_string(what.sigma) + " has no sense"};
}

}  // namespace iso::compute
