#pragma once

#include "gpu/kernels/vector.h"

/// Images of coils and their lines (iso/compute/operators/coil_fourier.h), around the Fourier transform, a frame at a time.
namespace iso::gpu {

/// out[., c] = maps[., c] in; maps may be null: 1.
template <class E>
struct CoilImages {
  const E* maps;
  const E* in;
  E* out;
  std::int64_t voxels, count;
};
/// Lines that were measured are copied or added, others are 0; lines of `readout` elements repeat for every coil.
template <class E>
struct CoilLines {
  const std::uint8_t* mask;  ///< of this frame; may be null: all were measured
  const E* in;
  E* out;
  std::int64_t readout, lines, count;
  bool accumulate;
};
/// out = sum over coils of conj(maps[., c]) in[., c].
template <class E>
struct CoilCombination {
  const E* maps;
  const E* in;
  E* out;
  std::int64_t voxels, coils;
  bool accumulate;
};

template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const CoilImages<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const Number x = number(k.in[i % k.voxels]);
  assign(k.out[i], k.maps ? times(number(k.maps[i]), x) : x);
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const CoilLines<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.count) return;
  const bool measured = !k.mask || k.mask[i / k.readout % k.lines] != 0;
  const Number sample = measured ? number(k.in[i]) : Number{0, 0};
  assign(k.out[i], k.accumulate ? plus(number(k.out[i]), sample) : sample);
}
template <class Index, class E>
ISO_HOST_DEVICE void body(const Index& at, const CoilCombination<E>& k) noexcept {
  const auto i = at.linear();
  if (i >= k.voxels) return;
  Number sum = k.accumulate ? number(k.out[i]) : Number{0, 0};
  for (std::int64_t c = 0; c < k.coils; ++c) {
    Number map{1, 0};
    if (k.maps) map = number(k.maps[c * k.voxels + i]);
    sum = plus(sum, times({map.re, -map.im}, number(k.in[c * k.voxels + i])));
  }
  assign(k.out[i], sum);
}

// NOLINTNEXTLINE(bugprone-macro-parentheses): T is a type
#define ISO_COIL_FOURIER_KERNELS(X, T) X(CoilImages<Complex<T>>) X(CoilLines<Complex<T>>) X(CoilCombination<Complex<T>>)

}  // namespace iso::gpu
