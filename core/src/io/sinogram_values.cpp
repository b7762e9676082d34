#include "io/array_impl.h"

#include "iso/base/error.h"

#include <cmath>

namespace iso::io::detail {
namespace {

// One field for all views, one a view, or a number; in the layout (u, v[, view]).
class Field {
 public:
  Field(const Pixels& block, const Shape& readings, const std::string& name, Metadata& meta) {
    const Shape& shape = block.spec().shape;
    per_view_ = readings[0] * readings[1];
    if (shape.count() == 0)
      throw Error{Errc::invalid_input, "the " + name + " field has no readings: it is " + shape.text(),
                  "pass its level as a number"};
    if (shape.count() == 1) {
      values_ = block.converted(ScalarType::f64);
      single_ = true;
      return;
    }
    const bool fits = shape[0] == readings[0] && (shape[1] == readings[1] || (readings[1] == 1 && shape.rank() == 2));
    if (!fits || shape.count() % per_view_ != 0) {
      throw Error{
          Errc::shape_mismatch,
          "the " + name + " field is " + shape.text() + ", the readings are " + readings.text() + " (u, v, view)",
          "give a number, a field of the detector's size, or one field a view"};
    }
    values_ = block.converted(ScalarType::f64);
    const std::int64_t fields = shape.count() / per_view_;
    each_ = fields == readings[2] && fields > 1;
    if (!each_ && fields > 1) {
      average(fields);
      assume(meta, "the mean of " + std::to_string(fields) + " " + name + " fields");
    }
  }
  [[nodiscard]] double at(std::int64_t element, std::int64_t view) const {
    const auto values = values_.values<double>();
    if (single_) return values[0];
    return values[static_cast<std::size_t>(element + (each_ ? view * per_view_ : 0))];
  }

 private:
  void average(std::int64_t fields) {
    PixelBuffer mean = PixelBuffer::allocate({Shape{per_view_}, ScalarType::f64});
    const auto sum = mean.values<double>();
    const auto values = values_.values<double>();
    for (std::int64_t f = 0; f < fields; ++f)
      for (std::int64_t i = 0; i < per_view_; ++i)
        sum[static_cast<std::size_t>(i)] +=
            values[static_cast<std::size_t>(f * per_view_ + i)] / static_cast<double>(fields);
    values_ = std::move(mean);
  }
  Pixels values_;
  std::int64_t per_view_{0};
  bool single_{false}, each_{false};
};

Pixels constant(double value) {
  PixelBuffer block = PixelBuffer::allocate({Shape{1}, ScalarType::f64});
  block.values<double>()[0] = value;
  return block;
}

// Fills the marked places of a row between their neighbours; false if the whole row is dead.
bool bridge(std::span<float> row, std::span<const std::uint8_t> dead) {
  const std::size_t n = row.size();
  std::size_t left = n;  // last living element, n for none
  for (std::size_t i = 0; i < n; ++i) {
    if (dead[i]) continue;
    if (left == n) {
      for (std::size_t j = 0; j < i; ++j) row[j] = row[i];
    } else {
      const auto gap = static_cast<float>(i - left);
      for (std::size_t j = left + 1; j < i; ++j)
        row[j] = row[left] + (row[i] - row[left]) * static_cast<float>(j - left) / gap;
    }
    left = i;
  }
  if (left == n) return false;
  for (std::size_t j = left + 1; j < n; ++j) row[j] = row[left];
  return true;
}

// Rows without any reading between the rows beside them; false if the whole view is dead.
bool bridge_rows(std::span<float> plane, std::span<const std::uint8_t> dead, std::size_t nu) {
  const std::size_t n = dead.size();
  for (std::size_t v = 0; v < n; ++v) {
    if (!dead[v]) continue;
    std::size_t below = v, above = v;
    while (below < n && dead[below]) --below;  // wraps to the largest number where there is none
    while (above < n && dead[above]) ++above;
    if (below >= n && above >= n) return false;
    const std::size_t first = below < n ? below : above, second = above < n ? above : below;
    const float share = first == second ? 0 : static_cast<float>(v - first) / static_cast<float>(second - first);
    for (std::size_t u = 0; u < nu; ++u) {
      const float a = plane[first * nu + u], b = plane[second * nu + u];
      plane[v * nu + u] = a + (b - a) * share;
    }
  }
  return true;
}

}  // namespace

Pixels line_integrals(const Pixels& readings, const std::optional<Pixels>& unattenuated,
                      const std::optional<Pixels>& dark, Metadata& meta) {
  const Shape& shape = readings.spec().shape;
  const auto outlined = [](const std::optional<Pixels>& field) { return field && field->is_outline(); };
  if (readings.is_outline() || outlined(unattenuated) || outlined(dark))
    return Pixels::outline({shape, ScalarType::f32});
  const Pixels intensity = readings.converted(ScalarType::f32);
  const Field open{unattenuated ? *unattenuated : constant(1), shape, "unattenuated", meta};
  const bool no_dark = dark && dark->spec().shape.count() == 0;
  if (no_dark) assume(meta, "a dark level of 0, as the dark field has no readings");
  const Field off{dark && !no_dark ? *dark : constant(0), shape, "dark", meta};
  PixelBuffer out = PixelBuffer::allocate({shape, ScalarType::f32});
  const auto in = intensity.values<float>();
  const auto integrals = out.values<float>();
  const std::int64_t nu = shape[0], nv = shape[1], views = shape[2];
  std::vector<std::uint8_t> dead(static_cast<std::size_t>(nu));
  std::int64_t mended = 0, rows = 0;
  for (std::int64_t view = 0; view < views; ++view) {
    std::vector<std::uint8_t> dark_row(static_cast<std::size_t>(nv));
    for (std::int64_t v = 0; v < nv; ++v) {
      const std::int64_t first = (view * nv + v) * nu;
      const auto row = integrals.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(nu));
      std::int64_t lost = 0;
      for (std::int64_t u = 0; u < nu; ++u) {
        const double base = off.at(v * nu + u, view);
        const double with = in[static_cast<std::size_t>(first + u)] - base, without = open.at(v * nu + u, view) - base;
        const bool sound = with > 0 && without > 0 && std::isfinite(with) && std::isfinite(without);
        dead[static_cast<std::size_t>(u)] = sound ? 0 : 1;
        if (sound)
          row[static_cast<std::size_t>(u)] = static_cast<float>(std::log(without / with));
        else
          ++lost;
      }
      if (lost > 0 && !bridge(row, dead)) {
        dark_row[static_cast<std::size_t>(v)] = 1;
        ++rows;
      } else {
        mended += lost;
      }
    }
    const auto plane = integrals.subspan(static_cast<std::size_t>(view * nv * nu), static_cast<std::size_t>(nv * nu));
    if (!bridge_rows(plane, dark_row, static_cast<std::size_t>(nu)))
      throw Error{Errc::invalid_input,
                  (nv > 1 ? "view " : "row 0 of view ") + std::to_string(view) + " has no reading above zero",
                  "check the unattenuated and dark levels, or leave that view out"};
  }
  if (rows > 0) assume(meta, std::to_string(rows) + " dead rows of the detector interpolated between their neighbours");
  if (mended > 0) assume(meta, std::to_string(mended) + " dead readings interpolated along u");
  return out;
}

ProjectionGeometry with_rotation_axis(const ProjectionGeometry& geometry, double axis_u) {
  if (geometry.views().empty()) return geometry;
  if (geometry.detector_shape() == DetectorShape::arc && geometry.beam() != Beam::parallel) {
    throw Error{Errc::invalid_input, "the hint 'rotation_axis' shifts flat detectors, this detector is an arc",
                "give detector_offset_mm in the geometry file"};
  }
  const double now = geometry.project(0, {0, 0, 0})[0];
  if (!(axis_u > -static_cast<double>(geometry.elements()[0]) &&
        axis_u < 2 * static_cast<double>(geometry.elements()[0]))) {
    throw Error{Errc::invalid_input, "the hint 'rotation_axis' is " + short_number(axis_u) +
                                         ", the detector has elements 0 to " +
                                         std::to_string(geometry.elements()[0] - 1)};
  }
  std::vector<View> views(geometry.views().begin(), geometry.views().end());
  for (View& view : views)
    for (std::size_t i = 0; i < 3; ++i) view.detector_centre_mm[i] += (now - axis_u) * view.u_step_mm[i];
  return {geometry.beam(), geometry.detector_shape(), geometry.elements(), std::move(views)};
}

}  // namespace iso::io::detail
