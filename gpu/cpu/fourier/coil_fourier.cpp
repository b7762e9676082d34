#include "gpu/cpu/fourier/plans.h"
#include "gpu/cpu/operators.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace iso::gpu::cpu {
namespace {

using namespace compute;

/// Columns of the readout that go through the transforms together. Even, so that every line of a plane stays aligned.
std::int64_t columns_at_once(std::int64_t readout) {
  return std::clamp<std::int64_t>((readout + 1) / 2 * 2, 2, lines_at_once);
}

template <class R>
std::complex<R> product(std::complex<R> a, std::complex<R> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

/// exp(sign' 2 pi i c m / n) for m in [0, n), c = n / 2: what turns a transform about index 0 into one about the centre. With
/// the exponent of the transform -2 pi i, sign' is 1 (Axis in fourier.cpp has the equation).
std::vector<std::complex<double>> centre_phases(std::int64_t n, double sign) {
  std::vector<std::complex<double>> phases;
  for (std::int64_t m = 0; m < n; ++m)
    phases.push_back(
        std::polar(1.0, sign * 2 * std::numbers::pi * static_cast<double>(n / 2 * m % n) / static_cast<double>(n)));
  return phases;
}

/// F along y and z with the centre in the middle is D2 F0 D1, F0 being what FFTW computes and the Ds diagonal. D1 is kept
/// within the maps; D2 has absolute value 1, so that the normal operator does without it.
template <class R>
class CpuCoilFourier final : public LinearOperator {
 public:
  using Value = std::complex<R>;
  CpuCoilFourier(const CoilFourier& spec, const Backend& backend)
      : LinearOperator(spec, backend),
        spec_{spec},
        width_{columns_at_once(spec.image[0])},
        lines_{spec.image[1] * spec.image[2]} {
    const auto there = spec.sign < 0 ? Transform::forward : Transform::backward,
               back = spec.sign < 0 ? Transform::backward : Transform::forward;
    plans_ = {plan_for<R>(there, spec.image[1], static_cast<int>(width_)),
              plan_for<R>(back, spec.image[1], static_cast<int>(width_))};
    if (spec.image[2] > 1)
      planes_ = {plan_for<R>(there, spec.image[2], static_cast<int>(width_ * spec.image[1])),
                 plan_for<R>(back, spec.image[2], static_cast<int>(width_ * spec.image[1]))};
    make_tables();
  }

 private:
  void make_tables() {
    const auto of_y = centre_phases(spec_.image[1], -spec_.sign), of_z = centre_phases(spec_.image[2], -spec_.sign);
    std::vector<std::complex<double>> before;
    for (const auto& z : of_z)
      for (const auto& y : of_y) before.push_back(y * z);
    const auto start = [&](std::size_t axis) {  // exp(-sign' 2 pi i c c / n)
      const auto n = spec_.image[axis], c = n / 2;
      return std::polar(1.0,
                        spec_.sign * 2 * std::numbers::pi * static_cast<double>(c * c % n) / static_cast<double>(n));
    };
    const std::complex<double> factor = start(1) * start(2) / std::sqrt(static_cast<double>(lines_));
    for (const auto& phase : before) after_.emplace_back(factor * phase);
    const auto nx = static_cast<std::size_t>(spec_.image[0]), voxels = static_cast<std::size_t>(spec_.image.count());
    maps_.resize(voxels * static_cast<std::size_t>(spec_.coils));
    const bool given = !spec_.sensitivities.empty();
    const auto values = given ? spec_.sensitivities.values<Value>() : std::span<const Value>{};
    for (std::size_t i = 0; i < maps_.size(); ++i) {
      const Value phase{before[i % voxels / nx]};
      maps_[i] = given ? product(phase, values[i]) : phase;
    }
  }
  [[nodiscard]] std::int64_t blocks() const { return (spec_.image[0] + width_ - 1) / width_; }
  [[nodiscard]] const std::uint8_t* mask(std::int64_t frame) const {
    return spec_.mask.empty() ? nullptr : spec_.mask.values<std::uint8_t>().data() + frame * lines_;
  }
  void transform(Value* block, std::size_t way) const {
    using Element = typename Fftw<R>::Complex;
    for (std::int64_t z = 0; z < spec_.image[2]; ++z)
      Fftw<R>::execute(plans_[way], reinterpret_cast<Element*>(block + z * spec_.image[1] * width_));
    if (spec_.image[2] > 1) Fftw<R>::execute(planes_[way], reinterpret_cast<Element*>(block));
  }
  /// block = maps of the coil times the image; columns that lie past the readout are 0.
  void load(const Value* maps, const Value* image, std::int64_t count, Value* block) const {
    for (std::int64_t line = 0; line < lines_; ++line) {
      Value* const to = block + line * width_;
      const auto from = line * spec_.image[0];
      for (std::int64_t j = 0; j < count; ++j) to[j] = product(maps[from + j], image[from + j]);
      for (auto j = count; j < width_; ++j) to[j] = Value{};
    }
  }
  /// sums += conj(maps of the coil) times the block.
  void combine(const Value* maps, const Value* block, std::int64_t count, Value* sums) const {
    for (std::int64_t line = 0; line < lines_; ++line) {
      const auto from = line * spec_.image[0];
      for (std::int64_t j = 0; j < count; ++j)
        sums[line * width_ + j] += product(std::conj(maps[from + j]), block[line * width_ + j]);
    }
  }
  void store(const Value* sums, std::int64_t count, bool add, Value* image) const {
    for (std::int64_t line = 0; line < lines_; ++line)
      for (std::int64_t j = 0; j < count; ++j) {
        Value& to = image[line * spec_.image[0] + j];
        to = sums[line * width_ + j] + (add ? to : Value{});
      }
  }
  /// Calls visit(frame, first column, columns, scratch) for every block of columns of every frame.
  template <class Visit>
  void each_block(Stream& stream, Visit&& visit) const {
    const auto size = lines_ * width_;
    const auto grain = std::max<std::int64_t>(1, 65536 / (size * spec_.coils));
    parallel_for(spec_.frames * blocks(), grain, [&](std::int64_t from, std::int64_t to) {
      const auto scratch = fftw_buffer<Value>(2 * size);
      for (auto i = from; i < to; ++i) {
        stream.check_stop();
        const auto first = i % blocks() * width_;
        visit(i / blocks(), first, std::min(width_, spec_.image[0] - first), scratch.get());
      }
    });
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const Value* const in = x.host<const Value>().data();
    Value* const out = y.host<Value>().data();
    const auto voxels = spec_.image.count();
    const bool add = write == Write::accumulate;
    each_block(stream, [&](std::int64_t frame, std::int64_t first, std::int64_t count, Value* block) {
      const std::uint8_t* const measured = mask(frame);
      for (std::int64_t coil = 0; coil < spec_.coils; ++coil) {
        stream.check_stop();
        load(maps_.data() + coil * voxels + first, in + frame * voxels + first, count, block);
        transform(block, 0);
        Value* const samples = out + (frame * spec_.coils + coil) * voxels + first;
        for (std::int64_t line = 0; line < lines_; ++line) {
          const bool kept = measured == nullptr || measured[line] != 0;
          const Value phase = kept ? after_[static_cast<std::size_t>(line)] : Value{};
          for (std::int64_t j = 0; j < count; ++j) {
            Value& sample = samples[line * spec_.image[0] + j];
            const Value found = kept ? product(phase, block[line * width_ + j]) : Value{};
            sample = found + (add ? sample : Value{});
          }
        }
      }
    });
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const Value* const in = y.host<const Value>().data();
    Value* const out = x.host<Value>().data();
    const auto voxels = spec_.image.count();
    each_block(stream, [&](std::int64_t frame, std::int64_t first, std::int64_t count, Value* block) {
      const std::uint8_t* const measured = mask(frame);
      Value* const sums = block + lines_ * width_;
      std::fill(sums, sums + lines_ * width_, Value{});
      for (std::int64_t coil = 0; coil < spec_.coils; ++coil) {
        stream.check_stop();
        const Value* const samples = in + (frame * spec_.coils + coil) * voxels + first;
        for (std::int64_t line = 0; line < lines_; ++line) {
          Value* const to = block + line * width_;
          const bool kept = measured == nullptr || measured[line] != 0;
          const Value phase = std::conj(after_[static_cast<std::size_t>(line)]);
          for (std::int64_t j = 0; j < width_; ++j)
            to[j] = kept && j < count ? product(phase, samples[line * spec_.image[0] + j]) : Value{};
        }
        transform(block, 1);
        combine(maps_.data() + coil * voxels + first, block, count, sums);
      }
      store(sums, count, write == Write::accumulate, out + frame * voxels + first);
    });
  }
  void do_normal(const Array& x, Array& y, Stream& stream) const override {
    const Value* const in = x.host<const Value>().data();
    Value* const out = y.host<Value>().data();
    const auto voxels = spec_.image.count();
    const R scale = static_cast<R>(1 / static_cast<double>(lines_));
    each_block(stream, [&](std::int64_t frame, std::int64_t first, std::int64_t count, Value* block) {
      const std::uint8_t* const measured = mask(frame);
      Value* const sums = block + lines_ * width_;
      std::fill(sums, sums + lines_ * width_, Value{});
      for (std::int64_t coil = 0; coil < spec_.coils; ++coil) {
        stream.check_stop();
        const Value* const maps = maps_.data() + coil * voxels + first;
        load(maps, in + frame * voxels + first, count, block);
        transform(block, 0);
        for (std::int64_t line = 0; line < lines_; ++line) {
          const R factor = measured == nullptr || measured[line] != 0 ? scale : R{0};
          for (std::int64_t j = 0; j < width_; ++j) block[line * width_ + j] *= factor;
        }
        transform(block, 1);
        combine(maps, block, count, sums);
      }
      store(sums, count, false, out + frame * voxels + first);
    });
  }
  CoilFourier spec_;
  std::int64_t width_, lines_;
  std::array<typename Fftw<R>::Plan, 2> plans_{}, planes_{};  ///< along y, along z: from images to samples, and back
  std::vector<Value> maps_;                                   ///< x, y, z, coil: sensitivities times D1
  std::vector<Value> after_;                                  ///< y, z: D2
};

}  // namespace

OperatorCost cost(const CoilFourier& spec) {
  const auto lines = static_cast<std::size_t>(spec.image[1] * spec.image[2]);
  const std::size_t element = byte_count(spec.type);
  const std::size_t block = 2 * lines * static_cast<std::size_t>(columns_at_once(spec.image[0])) * element;
  const double flops =
      5 * static_cast<double>(spec.range().shape.count()) * std::log2(std::max(2.0, static_cast<double>(lines)));
  return {spec.map_spec().bytes() + lines * element, block * throughput::threads(),
          throughput::seconds(flops, throughput::fourier_flops_per_s), false};
}

OperatorPtr make_operator(const CoilFourier& spec, const Backend& backend) {
  if (spec.type == ScalarType::c128) return std::make_shared<CpuCoilFourier<double>>(spec, backend);
  return std::make_shared<CpuCoilFourier<float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
