#include "iso/evaluation/phantoms.h"

#include "iso/base/error.h"
#include "iso/base/threads.h"
#include "iso/geometry/vec3.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace iso::evaluation {

namespace {

constexpr double endless = std::numeric_limits<double>::infinity();

Vec3 to_local(const Mat3& axes, const Vec3& x) {
  return {axes[0] * x[0] + axes[3] * x[1] + axes[6] * x[2], axes[1] * x[0] + axes[4] * x[1] + axes[7] * x[2],
          axes[2] * x[0] + axes[5] * x[1] + axes[8] * x[2]};
}

struct Interval {
  double begin{-endless}, end{endless};
  void keep(double from, double to) {
    begin = std::max(begin, from);
    end = std::min(end, to);
  }
  void clear() { begin = end = 0; }
};

// |o + t d| <= half along one axis.
void keep_slab(Interval& kept, double o, double d, double half) {
  if (!std::isfinite(half)) return;
  if (d == 0) {
    if (std::abs(o) > half) kept.clear();
    return;
  }
  const double t0 = (-half - o) / d, t1 = (half - o) / d;
  kept.keep(std::min(t0, t1), std::max(t0, t1));
}

// sum over axes of ((o + t d) / half)^2 <= 1: the roots of a quadratic in t.
void keep_quadric(Interval& kept, const Vec3& o, const Vec3& d, const Vec3& half, int axes) {
  double a = 0, b = 0, c = -1;
  for (int i = 0; i < axes; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const double p = o[k] / half[k], q = d[k] / half[k];
    a += q * q;
    b += p * q;
    c += p * p;
  }
  if (a == 0) {
    if (c > 0) kept.clear();
    return;
  }
  const double discriminant = b * b - a * c;
  if (discriminant <= 0) {
    kept.clear();
    return;
  }
  const double root = std::sqrt(discriminant);
  kept.keep((-b - root) / a, (-b + root) / a);
}

void check_count(int value, const char* what) {
  if (value < 1 || value > 16) {
    throw Error{Errc::invalid_input, std::string{what} + " is " + std::to_string(value) + ", it must be 1 to 16"};
  }
}

void check_type(ScalarType type) {
  if (type != ScalarType::f32 && type != ScalarType::f64) {
    throw Error{Errc::type_mismatch,
                "a phantom was asked for in " + std::string{to_string(type)} + ", it can be f32 or f64"};
  }
}

void store(PixelBuffer& block, std::int64_t index, double value) {
  const auto at = static_cast<std::size_t>(index);
  if (block.spec().type == ScalarType::f64)
    reinterpret_cast<double*>(block.data())[at] = value;
  else
    reinterpret_cast<float*>(block.data())[at] = static_cast<float>(value);
}

// Centres of `count` equal parts of an element, in elements about its middle.
double part(int index, int count) { return (index + 0.5) / count - 0.5; }

double mean_over_voxel(const Phantom& phantom, const VoxelGrid& grid, const Vec3& index, int n, int nz) {
  double sum = 0;
  for (int k = 0; k < nz; ++k)
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < n; ++i)
        sum += phantom.value_at(grid.to_world({index[0] + part(i, n), index[1] + part(j, n), index[2] + part(k, nz)}));
  return sum / (static_cast<double>(n) * n * nz);
}

double mean_over_element(const Phantom& phantom, const ProjectionGeometry& geometry, std::size_t view, double u,
                         double v, int n, int nv) {
  double sum = 0;
  for (int j = 0; j < nv; ++j)
    for (int i = 0; i < n; ++i) sum += phantom.line_integral(geometry.ray(view, u + part(i, n), v + part(j, nv)));
  return sum / (static_cast<double>(n) * nv);
}

}  // namespace

bool Solid::contains(const Vec3& point_mm) const noexcept {
  for (const auto& cut : cuts)
    if (dot(cut.normal, point_mm) > cut.offset_mm) return false;
  const Vec3 x = to_local(axes, subtract(point_mm, centre_mm));
  const double p = x[0] / half_mm[0], q = x[1] / half_mm[1], r = x[2] / half_mm[2];
  switch (form) {
    case Form::ellipsoid: return p * p + q * q + r * r <= 1;
    case Form::box: return std::abs(p) <= 1 && std::abs(q) <= 1 && std::abs(r) <= 1;
    case Form::cylinder: return p * p + q * q <= 1 && std::abs(r) <= 1;
  }
  return false;
}

double Solid::chord_mm(const Ray& ray) const noexcept {
  const Vec3 o = to_local(axes, subtract(ray.origin_mm, centre_mm)), d = to_local(axes, ray.direction);
  Interval kept;
  switch (form) {
    case Form::ellipsoid: keep_quadric(kept, o, d, half_mm, 3); break;
    case Form::cylinder:
      keep_quadric(kept, o, d, half_mm, 2);
      keep_slab(kept, o[2], d[2], half_mm[2]);
      break;
    case Form::box:
      for (std::size_t i = 0; i < 3; ++i) keep_slab(kept, o[i], d[i], half_mm[i]);
      break;
  }
  for (const auto& cut : cuts) {
    const double along = dot(cut.normal, ray.direction), room = cut.offset_mm - dot(cut.normal, ray.origin_mm);
    if (along > 0)
      kept.end = std::min(kept.end, room / along);
    else if (along < 0)
      kept.begin = std::max(kept.begin, room / along);
    else if (room < 0)
      kept.clear();
  }
  return std::max(0.0, kept.end - kept.begin) * norm(ray.direction);
}

double Phantom::value_at(const Vec3& point_mm) const noexcept {
  double sum = 0;
  for (const auto& solid : solids)
    if (solid.contains(point_mm)) sum += solid.value;
  return sum;
}

double Phantom::line_integral(const Ray& ray) const noexcept {
  double sum = 0;
  for (const auto& solid : solids) sum += solid.value * solid.chord_mm(ray);
  return sum;
}

Volume sample(const Phantom& phantom, const VoxelGrid& grid, int supersampling, double factor, ScalarType type) {
  check_grid(grid);
  check_count(supersampling, "supersampling");
  check_type(type);
  PixelBuffer pixels = PixelBuffer::allocate({grid.shape(), type});
  const int in_depth = grid.size[2] == 1 ? 1 : supersampling;
  parallel_for(grid.size[1] * grid.size[2], 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t slice = row / grid.size[1];
      const auto y = static_cast<double>(row - slice * grid.size[1]), z = static_cast<double>(slice);
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        store(pixels, row * grid.size[0] + x,
              factor * mean_over_voxel(phantom, grid, {static_cast<double>(x), y, z}, supersampling, in_depth));
      }
    }
  });
  return {std::move(pixels), grid, Quantity::attenuation_per_mm, {{"phantom", phantom.name}}};
}

Sinogram project(const Phantom& phantom, const ProjectionGeometry& geometry, int rays_per_element, double factor,
                 ScalarType type) {
  check_count(rays_per_element, "rays per element");
  check_type(type);
  if (geometry.views().empty()) throw Error{Errc::invalid_input, "the geometry has no views, at least one is needed"};
  PixelBuffer readings = PixelBuffer::allocate({geometry.sinogram_shape(), type});
  const auto [elements, rows] = geometry.elements();
  const int in_depth = rows == 1 ? 1 : rays_per_element;
  const std::int64_t nu = elements, nv = rows;
  parallel_for(nv * static_cast<std::int64_t>(geometry.views().size()), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const auto view = static_cast<std::size_t>(row / nv);
      for (std::int64_t u = 0; u < nu; ++u) {
        const double reading = factor * mean_over_element(phantom, geometry, view, static_cast<double>(u),
                                                          static_cast<double>(row % nv), rays_per_element, in_depth);
        if (!std::isfinite(reading)) {
          throw Error{Errc::invalid_input,
                      "a ray of view " + std::to_string(view) + " runs along an endless solid of phantom \"" +
                          phantom.name + "\"",
                      "use a 3-D phantom for this geometry"};
        }
        store(readings, row * nu + u, reading);
      }
    }
  });
  return {std::move(readings), geometry, {{"phantom", phantom.name}}};
}

}  // namespace iso::evaluation
