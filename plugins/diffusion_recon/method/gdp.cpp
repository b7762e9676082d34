#include "method/gdp.h"

#include <iso/base/error.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace diffusion_recon {
namespace {

using iso::compute::Array;

constexpr double ridge = 1e-3, least_gain = 0.5, largest_gain = 2;

/// The least squares of one view, in double.
std::pair<double, double> fit_line(std::span<const float> p, std::span<const float> y, Unknown unknown) {
  double spp = 0, spy = 0, sp = 0, sy = 0;
  const auto n = static_cast<double>(p.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    spp += double{p[i]} * double{p[i]};
    spy += double{p[i]} * double{y[i]};
    sp += double{p[i]};
    sy += double{y[i]};
  }
  if (unknown == Unknown::view_offset) return {1, (sy - sp) / (n * (1 + ridge))};
  return {spp > 0 ? (spy + ridge * spp) / (spp * (1 + ridge)) : 1, 0};
}

double to_mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double rms(const std::vector<double>& values, double about) {
  double sum = 0;
  for (const double value : values) sum += (value - about) * (value - about);
  return values.empty() ? 0 : std::sqrt(sum / static_cast<double>(values.size()));
}

std::size_t last_axis(const iso::Shape& shape) { return static_cast<std::size_t>(shape[shape.rank() - 1]); }

}  // namespace

Calibration calibrate(std::span<const float> p, std::span<const float> y, const iso::Shape& shape, Unknown unknown) {
  const std::size_t views = last_axis(shape);
  if (p.size() != y.size() || p.size() != static_cast<std::size_t>(shape.count()) || p.empty())
    throw iso::Error{iso::Errc::shape_mismatch, "projection and readings to calibrate are not of " + shape.text()};
  Calibration out;
  const std::size_t each = p.size() / views;
  for (std::size_t v = 0; v < views; ++v) {
    const auto [gain, offset] = fit_line(p.subspan(v * each, each), y.subspan(v * each, each), unknown);
    out.gain.push_back(gain);
    out.offset.push_back(offset);
  }
  const double mean = to_mean(out.gain);
  for (double& gain : out.gain) gain = std::clamp(mean > 0 ? gain / mean : 1, least_gain, largest_gain);
  return out;
}

Gdp::Gdp(const PosteriorProblem& problem, const GdpOptions& options) : Dds{problem, options.dds}, options_{options} {}

void Gdp::do_begin() {
  Dds::do_begin();
  found_ = {};
  calibrated_.reset();
}

const DataTerm& Gdp::readings_for(const Array& x0, double sigma) {
  if (!(sigma < options_.from)) return problem_.data;
  const DataTerm& data = problem_.data;
  Array p = data.backend().allocate(data.a().range(), stream());
  data.a().forward(x0, p, stream());
  const iso::Pixels projected = data.backend().download(p, stream()), y = data.backend().download(data.y(), stream());
  found_ = calibrate(projected.values<float>(), y.values<float>(), y.spec().shape, options_.unknown);
  calibrated_.emplace(data.with_readings(corrected(y)));
  return *calibrated_;
}

Array Gdp::corrected(const iso::Pixels& y) const {
  iso::PixelBuffer out = iso::PixelBuffer::make_copy(y);
  const auto values = out.values<float>();
  const std::size_t views = last_axis(y.spec().shape), each = values.size() / views;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>((double{values[i]} - found_.offset[i / each]) / found_.gain[i / each]);
  return problem_.data.backend().upload(iso::Pixels{std::move(out)}, stream());
}

double Gdp::misfit() const {
  if (!calibrated_) return Dds::misfit();
  if (calibrated_->noise() > 0) return calibrated_->normalised_residual(image_);
  const double size = ops().norm2(calibrated_->y(), stream());
  return size > 0 ? calibrated_->residual(image_) / size : 0;
}

std::vector<SamplerFigure> Gdp::figures() const {
  if (found_.gain.empty()) return {};
  return {{"gain_rms", rms(found_.gain, 1), "1"}, {"offset_rms", problem_.data.norm() * rms(found_.offset, 0), "1"}};
}

std::vector<SamplerCurve> Gdp::curves() const {
  if (found_.gain.empty()) return {};
  std::vector<double> offsets = found_.offset;
  for (double& value : offsets) value *= problem_.data.norm();
  return {{"gain_of_view", found_.gain}, {"offset_of_view", offsets}};
}

}  // namespace diffusion_recon
