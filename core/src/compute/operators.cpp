#include "iso/compute/operators.h"

#include "iso/base/error.h"

#include <algorithm>

namespace iso::compute {
namespace {

struct Spaces {
  std::string name;
  ArraySpec domain, range;
};

Spaces spaces(const RayTransform& s) {
  return {"ray transform", {s.grid.shape(), s.type}, {s.geometry.sinogram_shape(), s.type}};
}
Spaces spaces(const Backprojection& s) {
  return {"back-projection", {s.geometry.sinogram_shape(), s.type}, {s.grid.shape(), s.type}};
}
Spaces spaces(const DetectorFilter& s) { return {"detector filter", {s.sinogram, s.type}, {s.sinogram, s.type}}; }
Spaces spaces(const Fourier& s) { return {"Fourier transform", {s.grid, s.type}, {s.grid, s.type}}; }
Spaces spaces(const FiniteDifference& s) {
  std::vector<std::int64_t> extents(s.grid.extents().begin(), s.grid.extents().end());
  extents.push_back(static_cast<std::int64_t>(s.axes.size()));
  return {"finite difference", {s.grid, s.type}, {Shape{std::span<const std::int64_t>{extents}}, s.type}};
}

void expect_type(const OperatorSpec& spec, ScalarType type, bool complex) {
  if (is_complex(type) == complex && (complex || type == ScalarType::f32 || type == ScalarType::f64)) return;
  throw Error{Errc::type_mismatch, "the " + name_of(spec) + " works on " + (complex ? "c64 and c128" : "f32 and f64") +
                                       ", not on " + std::string{to_string(type)}};
}

void expect_axes(const OperatorSpec& spec, const Shape& grid, const std::vector<std::size_t>& axes) {
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const bool repeated = std::find(axes.begin(), axes.begin() + static_cast<std::ptrdiff_t>(i), axes[i]) !=
                          axes.begin() + static_cast<std::ptrdiff_t>(i);
    if (axes[i] >= grid.rank() || repeated) {
      throw Error{Errc::invalid_input, "the " + name_of(spec) + " names axis " + std::to_string(axes[i]) +
                                           (repeated ? " twice" : ", the array has " + std::to_string(grid.rank()))};
    }
  }
  if (axes.empty()) throw Error{Errc::invalid_input, "the " + name_of(spec) + " names no axis"};
}

void expect_scan(const ProjectionGeometry& geometry, const VoxelGrid& grid) {
  check_grid(grid);
  if (geometry.views().empty()) throw Error{Errc::invalid_input, "the scan has no views"};
}

}  // namespace

std::string name_of(const OperatorSpec& spec) {
  return std::visit([](const auto& s) { return spaces(s).name; }, spec);
}
ArraySpec domain_of(const OperatorSpec& spec) {
  return std::visit([](const auto& s) { return spaces(s).domain; }, spec);
}
ArraySpec range_of(const OperatorSpec& spec) {
  return std::visit([](const auto& s) { return spaces(s).range; }, spec);
}

void check_spec(const OperatorSpec& spec) {
  expect_type(spec, domain_of(spec).type, std::holds_alternative<Fourier>(spec));
  if (const auto* ray = std::get_if<RayTransform>(&spec)) expect_scan(ray->geometry, ray->grid);
  if (const auto* back = std::get_if<Backprojection>(&spec)) expect_scan(back->geometry, back->grid);
  if (const auto* fourier = std::get_if<Fourier>(&spec)) expect_axes(spec, fourier->grid, fourier->axes);
  if (const auto* difference = std::get_if<FiniteDifference>(&spec))
    expect_axes(spec, difference->grid, difference->axes);
  if (const auto* filter = std::get_if<DetectorFilter>(&spec)) {
    const auto length = 2 * (static_cast<std::int64_t>(filter->response.size()) - 1);
    if (length < 2 * filter->sinogram[0]) {
      throw Error{Errc::shape_mismatch, "the detector filter is " + std::to_string(std::max<std::int64_t>(0, length)) +
                                            " long, a row of " + std::to_string(filter->sinogram[0]) +
                                            " elements needs twice its length"};
    }
  }
}

}  // namespace iso::compute
