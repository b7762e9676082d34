#include "iso/compute/operators/non_uniform_fourier.h"

#include "iso/base/error.h"

#include <algorithm>
#include <cmath>

namespace iso::compute {
namespace {

template <class T>
bool all_finite(const Pixels& pixels) {
  return std::ranges::all_of(pixels.values<T>(), [](T value) { return std::isfinite(value); });
}

void check_extents(const NonUniformFourier& spec) {
  if (spec.image.rank() != 3 || spec.image.count() == 0 || spec.samples < 1 || spec.coils < 1 || spec.frames < 1)
    throw Error{Errc::invalid_input, "the non-uniform Fourier transform was asked for an image of " +
                                         spec.image.text() + ", " + std::to_string(spec.samples) + " samples, " +
                                         std::to_string(spec.coils) + " coils and " + std::to_string(spec.frames) +
                                         " frames; it takes x, y, z and at least one of each"};
  if (spec.sign != -1 && spec.sign != 1)
    throw Error{Errc::invalid_input,
                "the sign of a Fourier transform is " + std::to_string(spec.sign) + ", it must be -1 or 1"};
  const double least = is_double(spec.type) ? 1e-14 : 1e-6;
  if (!(spec.accuracy >= least && spec.accuracy <= 0.1))
    throw Error{Errc::invalid_input, "the accuracy of a non-uniform Fourier transform must be from " +
                                         std::string{is_double(spec.type) ? "1e-14" : "1e-6"} + " to 0.1"};
}

}  // namespace

std::int64_t NonUniformFourier::trajectories() const {
  return coordinates.empty() ? frames : coordinates.spec().shape[2];
}

void NonUniformFourier::check() const {
  check_extents(*this);
  if (!sensitivities.empty() && sensitivities.spec() != map_spec())
    throw Error{Errc::shape_mismatch, "the coil maps are " + sensitivities.spec().shape.text() + ", expected " +
                                          map_spec().shape.text() + " of the type of the images"};
  if (coordinates.empty()) return;
  const ArraySpec& given = coordinates.spec();
  const bool real = given.type == ScalarType::f32 || given.type == ScalarType::f64;
  if (!real || given.shape.rank() != 3 || given.shape[0] != 3 || given.shape[1] != samples ||
      (given.shape[2] != 1 && given.shape[2] != frames))
    throw Error{Errc::shape_mismatch, "the coordinates are " + given.shape.text() + ", expected " +
                                          Shape{3, samples, frames}.text() + " in f32 or f64, or one frame of them"};
  if (!(given.type == ScalarType::f32 ? all_finite<float>(coordinates) : all_finite<double>(coordinates)))
    throw Error{Errc::invalid_input, "a coordinate of k-space is not finite"};
  if (weights.empty()) return;
  if (weights.spec() != ArraySpec{{samples, given.shape[2]}, ScalarType::f32})
    throw Error{Errc::shape_mismatch, "the weights of the samples are " + weights.spec().shape.text() + ", expected " +
                                          Shape{samples, given.shape[2]}.text() + " (f32)"};
  if (!all_finite<float>(weights)) throw Error{Errc::invalid_input, "a weight of a sample is not finite"};
}

void NonUniformFourier::expect_coordinates() const {
  if (coordinates.empty())
    throw Error{Errc::invalid_input, "a non-uniform Fourier transform was asked for without coordinates"};
}

double NonUniformFourier::coordinate(std::int64_t axis, std::int64_t sample, std::int64_t trajectory) const {
  const auto at = static_cast<std::size_t>((trajectory * samples + sample) * 3 + axis);
  if (coordinates.spec().type == ScalarType::f64) return coordinates.values<double>()[at];
  return static_cast<double>(coordinates.values<float>()[at]);
}

}  // namespace iso::compute
