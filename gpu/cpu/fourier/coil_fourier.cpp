#include "gpu/cpu/fourier/piece_transform.h"
#include "gpu/cpu/level.h"
#include "gpu/cpu/operators.h"
#include "gpu/cpu/throughput.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace iso::gpu::cpu {
namespace {

using namespace compute;

constexpr std::int64_t rows_at_once = 8;  ///< of a block of columns, which are turned into lines together

/// What is transformed in one piece, how many such pieces lie side by side in an image, and how many go together.
struct Layout {
  std::array<std::int64_t, 3> extents;
  std::int64_t columns, piece, pitch, width;
  explicit Layout(const CoilFourier& spec)
      : extents{spec.cuts_lines() ? std::array<std::int64_t, 3>{spec.image[0], spec.image[1], spec.image[2]}
                                  : std::array<std::int64_t, 3>{1, spec.image[1], spec.image[2]}},
        columns{spec.cuts_lines() ? 1 : spec.image[0]},
        piece{extents[0] * extents[1] * extents[2]},
        pitch{line_pitch(piece)},
        width{std::min(columns, columns_at_once)} {}
  [[nodiscard]] std::int64_t blocks() const { return (columns + width - 1) / width; }
};

template <class R>
std::complex<R> product(std::complex<R> a, std::complex<R> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

/// exp(sign' 2 pi i c m / n) for m in [0, n), c = n / 2: what turns a transform about index 0 into one about the centre. With
/// the exponent of the transform -2 pi i, sign' is 1 (Axis in fourier.cpp has the equation).
std::vector<std::complex<double>> centre_phases(std::int64_t n, double sign) {
  std::vector<std::complex<double>> phases;
  phases.reserve(static_cast<std::size_t>(n));
  for (std::int64_t m = 0; m < n; ++m) {
    const std::int64_t turns = n / 2 * m % n;
    phases.push_back(
        std::polar(1.0, sign * 2 * std::numbers::pi * static_cast<double>(turns) / static_cast<double>(n)));
  }
  return phases;
}

/// F along y and z (with a mask that cuts lines along x too) with the centre in the middle is D2 F0 D1, F0 being what FFTW
/// computes and the Ds diagonal. D1 is kept within the maps; D2 has absolute value 1, so that the normal operator does without it.
/// A piece is what one transform goes over: the plane of phases of a column of the readout, or with a mask that cuts lines the
/// image. Columns are turned into contiguous pieces, several at a time.
template <class R>
class CpuCoilFourier final : public LinearOperator {
 public:
  using Value = std::complex<R>;
  CpuCoilFourier(const CoilFourier& spec, const Backend& backend)
      : LinearOperator(spec, backend), spec_{spec}, layout_{spec}, kernels_{line_kernels<R>(backend)} {
    const auto there = spec.sign < 0 ? Transform::forward : Transform::backward,
               back = spec.sign < 0 ? Transform::backward : Transform::forward;
    transforms_ = {PieceTransform<R>{kernels_, there, layout_.extents},
                   PieceTransform<R>{kernels_, back, layout_.extents}};
    make_tables();
  }

 private:
  void make_tables() {
    std::array<std::vector<std::complex<double>>, 3> phases;
    std::complex<double> factor = 1 / std::sqrt(static_cast<double>(layout_.piece));
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto n = layout_.extents[axis], c = n / 2;
      phases[axis] = centre_phases(n, -spec_.sign);
      // exp(-sign' 2 pi i c c / n)
      factor *=
          std::polar(1.0, spec_.sign * 2 * std::numbers::pi * static_cast<double>(c * c % n) / static_cast<double>(n));
    }
    std::vector<std::complex<double>> before;
    for (const auto& z : phases[2])
      for (const auto& y : phases[1])
        for (const auto& x : phases[0]) before.push_back(x * y * z);
    for (const auto& phase : before) after_.emplace_back(factor * phase);
    const auto voxels = static_cast<std::size_t>(spec_.image.count());
    const auto columns = static_cast<std::size_t>(layout_.columns);
    maps_.resize(voxels * static_cast<std::size_t>(spec_.coils));
    const bool given = !spec_.sensitivities.empty();
    const auto values = given ? spec_.sensitivities.values<Value>() : std::span<const Value>{};
    for (std::size_t i = 0; i < maps_.size(); ++i) {
      const Value phase{before[i % voxels / columns]};
      maps_[i] = given ? product(phase, values[i]) : phase;
    }
  }
  [[nodiscard]] const std::uint8_t* mask(std::int64_t frame) const {
    return spec_.mask.empty() ? nullptr : spec_.mask.values<std::uint8_t>().data() + frame * layout_.piece;
  }
  /// What a block of columns is worked on in.
  struct Scratch {
    Value *pieces, *transformed;  ///< one a column
    Value* sums;                  ///< rows of the block
    Value* lines;                 ///< of the transforms
    alignas(64) std::array<Value, rows_at_once * columns_at_once> rows;
    [[nodiscard]] Value* row(std::int64_t k) { return rows.data() + k * columns_at_once; }
  };
  static R* parts(Value* values) { return reinterpret_cast<R*>(values); }
  static const R* parts(const Value* values) { return reinterpret_cast<const R*>(values); }
  /// From scratch.pieces, which are overwritten, to scratch.transformed; back likewise.
  void transform(Scratch& scratch, std::int64_t count, std::size_t way) const {
    Value *from = scratch.pieces, *to = scratch.transformed;
    if (way == 1) std::swap(from, to);
    for (std::int64_t j = 0; j < count; ++j)
      transforms_[way].run(from + j * layout_.pitch, to + j * layout_.pitch, scratch.lines);
  }
  /// pieces = what `fill(element of the piece, row, count)` gives, a row of columns at a time; of a single column, whose elements
  /// follow each other as those of a row do, all at once.
  template <class Fill>
  void put(std::int64_t count, Value* pieces, Scratch& scratch, Fill&& fill) const {
    if (layout_.columns == 1) return fill(0, pieces, layout_.piece);
    for (std::int64_t k = 0; k < layout_.piece; k += rows_at_once) {
      const std::int64_t rows = std::min(rows_at_once, layout_.piece - k);
      for (std::int64_t i = 0; i < rows; ++i) fill(k + i, scratch.row(i), count);
      kernels_.to_lines(parts(scratch.row(0)), columns_at_once, rows, count, nullptr, false, parts(pieces + k),
                        layout_.pitch);
    }
  }
  /// Calls take(element of the piece, row, count) likewise.
  template <class Take>
  void get(std::int64_t count, const Value* pieces, Scratch& scratch, Take&& take) const {
    if (layout_.columns == 1) return take(0, pieces, layout_.piece);
    for (std::int64_t k = 0; k < layout_.piece; k += rows_at_once) {
      const std::int64_t rows = std::min(rows_at_once, layout_.piece - k);
      kernels_.from_lines(parts(pieces + k), layout_.pitch, rows, count, false, parts(scratch.row(0)), columns_at_once);
      for (std::int64_t i = 0; i < rows; ++i) take(k + i, scratch.row(i), count);
    }
  }
  /// pieces = maps of the coil times the image.
  void load(const Value* maps, const Value* image, std::int64_t count, Scratch& scratch) const {
    put(count, scratch.pieces, scratch, [&](std::int64_t k, Value* row, std::int64_t n) {
      const auto from = k * layout_.columns;
      kernels_.multiply(parts(image + from), parts(maps + from), false, n, parts(row));
    });
  }
  /// sums += conj(maps of the coil) times the pieces.
  void combine(const Value* maps, std::int64_t count, Scratch& scratch) const {
    get(count, scratch.pieces, scratch, [&](std::int64_t k, const Value* row, std::int64_t n) {
      const auto from = k * layout_.columns;
      kernels_.add_conjugate(parts(maps + from), parts(row), n, parts(scratch.sums + k * layout_.width));
    });
  }
  void store(const Value* sums, std::int64_t count, bool add, Value* image) const {
    const bool single = layout_.columns == 1;
    const std::int64_t rows = single ? 1 : layout_.piece, n = single ? layout_.piece : count;
    for (std::int64_t k = 0; k < rows; ++k)
      for (std::int64_t j = 0; j < n; ++j) {
        Value& to = image[k * layout_.columns + j];
        to = sums[k * layout_.width + j] + (add ? to : Value{});
      }
  }
  /// Calls visit(frame, first column, columns, scratch) for every block of columns of every frame.
  template <class Visit>
  void each_block(Stream& stream, Visit&& visit) const {
    const auto pieces = layout_.width * layout_.pitch, sums = layout_.width * layout_.piece;
    const auto grain = std::max<std::int64_t>(1, 65536 / (sums * spec_.coils));
    parallel_for(spec_.frames * layout_.blocks(), grain, [&](std::int64_t from, std::int64_t to) {
      const ScratchMemory<Value> memory{2 * pieces + line_pitch(sums) + transforms_[0].scratch()};
      Value* const rows = memory.get() + 2 * pieces;
      Scratch scratch{memory.get(), memory.get() + pieces, rows, rows + line_pitch(sums), {}};
      for (auto i = from; i < to; ++i) {
        stream.check_stop();
        const auto first = i % layout_.blocks() * layout_.width;
        visit(i / layout_.blocks(), first, std::min(layout_.width, layout_.columns - first), scratch);
      }
    });
  }
  /// samples = or += what was measured of a row, of its element k on.
  void write_samples(std::int64_t k, const Value* row, std::int64_t n, const std::uint8_t* measured, bool add,
                     Value* samples) const {
    const Value* const phases = after_.data() + k;
    const bool single = layout_.columns == 1;
    const bool kept = single || measured == nullptr || measured[k] != 0;
    const Value phase = kept ? phases[0] : Value{};
    for (std::int64_t j = 0; j < n; ++j) {
      Value found{};
      if (!single)
        found = kept ? product(phase, row[j]) : Value{};
      else if (measured == nullptr || measured[k + j] != 0)
        found = product(phases[j], row[j]);
      samples[j] = found + (add ? samples[j] : Value{});
    }
  }
  /// row = what was measured, before the transform back.
  void read_samples(std::int64_t k, const Value* samples, std::int64_t n, const std::uint8_t* measured,
                    Value* row) const {
    const Value* const phases = after_.data() + k;
    const bool single = layout_.columns == 1;
    const bool kept = single || measured == nullptr || measured[k] != 0;
    const Value phase = std::conj(phases[0]);
    for (std::int64_t j = 0; j < n; ++j) {
      if (!single)
        row[j] = kept ? product(phase, samples[j]) : Value{};
      else
        row[j] = measured == nullptr || measured[k + j] != 0 ? product(std::conj(phases[j]), samples[j]) : Value{};
    }
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    const Value* const in = x.host<const Value>().data();
    Value* const out = y.host<Value>().data();
    const auto voxels = spec_.image.count();
    const bool add = write == Write::accumulate;
    each_block(stream, [&](std::int64_t frame, std::int64_t first, std::int64_t count, Scratch& scratch) {
      const std::uint8_t* const measured = mask(frame);
      for (std::int64_t coil = 0; coil < spec_.coils; ++coil) {
        stream.check_stop();
        load(maps_.data() + coil * voxels + first, in + frame * voxels + first, count, scratch);
        transform(scratch, count, 0);
        Value* const samples = out + (frame * spec_.coils + coil) * voxels + first;
        get(count, scratch.transformed, scratch, [&](std::int64_t k, const Value* row, std::int64_t n) {
          write_samples(k, row, n, measured, add, samples + k * layout_.columns);
        });
      }
    });
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    const Value* const in = y.host<const Value>().data();
    Value* const out = x.host<Value>().data();
    const auto voxels = spec_.image.count();
    each_block(stream, [&](std::int64_t frame, std::int64_t first, std::int64_t count, Scratch& scratch) {
      const std::uint8_t* const measured = mask(frame);
      std::fill_n(scratch.sums, layout_.width * layout_.piece, Value{});
      for (std::int64_t coil = 0; coil < spec_.coils; ++coil) {
        stream.check_stop();
        const Value* const samples = in + (frame * spec_.coils + coil) * voxels + first;
        put(count, scratch.transformed, scratch, [&](std::int64_t k, Value* row, std::int64_t n) {
          read_samples(k, samples + k * layout_.columns, n, measured, row);
        });
        transform(scratch, count, 1);
        combine(maps_.data() + coil * voxels + first, count, scratch);
      }
      store(scratch.sums, count, write == Write::accumulate, out + frame * voxels + first);
    });
  }
  /// Within the pieces: D2 and its conjugate are 1 together.
  void keep_measured(const std::uint8_t* measured, std::int64_t count, Scratch& scratch) const {
    const R scale = static_cast<R>(1 / static_cast<double>(layout_.piece));
    for (std::int64_t j = 0; j < count; ++j) {
      Value* const piece = scratch.transformed + j * layout_.pitch;
      for (std::int64_t k = 0; k < layout_.piece; ++k)
        piece[k] *= measured == nullptr || measured[k] != 0 ? scale : R{0};
    }
  }
  void do_normal(const Array& x, Array& y, Stream& stream) const override {
    const Value* const in = x.host<const Value>().data();
    Value* const out = y.host<Value>().data();
    const auto voxels = spec_.image.count();
    each_block(stream, [&](std::int64_t frame, std::int64_t first, std::int64_t count, Scratch& scratch) {
      std::fill_n(scratch.sums, layout_.width * layout_.piece, Value{});
      for (std::int64_t coil = 0; coil < spec_.coils; ++coil) {
        stream.check_stop();
        const Value* const maps = maps_.data() + coil * voxels + first;
        load(maps, in + frame * voxels + first, count, scratch);
        transform(scratch, count, 0);
        keep_measured(mask(frame), count, scratch);
        transform(scratch, count, 1);
        combine(maps, count, scratch);
      }
      store(scratch.sums, count, false, out + frame * voxels + first);
    });
  }
  CoilFourier spec_;
  Layout layout_;
  const LineKernels<R>& kernels_;
  std::array<PieceTransform<R>, 2> transforms_;  ///< from images to samples, and back
  std::vector<Value> maps_;                      ///< x, y, z, coil: sensitivities times D1
  std::vector<Value> after_;                     ///< of an element of a piece: D2
};

}  // namespace

OperatorCost cost(const CoilFourier& spec) {
  const Layout layout{spec};
  const std::size_t element = byte_count(spec.type);
  const std::int64_t longest = *std::ranges::max_element(layout.extents);
  const auto block = static_cast<std::size_t>(layout.width * (2 * layout.pitch + layout.piece) +
                                              2 * columns_at_once * line_pitch(longest));
  double seconds = 0;
  for (const auto length : layout.extents)
    seconds += throughput::line_seconds(static_cast<double>(spec.range().shape.count()), length);
  return {spec.map_spec().bytes() + static_cast<std::size_t>(layout.piece) * element,
          block * element * throughput::threads(), std::max(seconds, throughput::moving_seconds(spec.range().bytes())),
          false};
}

OperatorPtr make_operator(const CoilFourier& spec, const Backend& backend) {
  if (spec.type == ScalarType::c128) return std::make_shared<CpuCoilFourier<double>>(spec, backend);
  return std::make_shared<CpuCoilFourier<float>>(spec, backend);
}

}  // namespace iso::gpu::cpu
