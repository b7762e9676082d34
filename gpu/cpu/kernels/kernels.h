#pragma once

#include <cstdint>

/// The inner loops, built once for each instruction set. Files of this folder include nothing but this header: an inline
/// function of a library, compiled here for a newer processor, could be kept by the linker for everybody.
namespace iso::gpu::cpu {

/// One ray, in voxels, as a function of the plane p of its steepest axis: it crosses that plane at (fast, slow) =
/// (fast_at_0 + p * fast_step, slow_at_0 + p * slow_step), and meets the grid for p in [first, last].
struct RayEntry {
  double fast_at_0, fast_step, slow_at_0, slow_step;
  double length_mm;  ///< of the ray between two planes
  std::int32_t first, last;
  std::uint32_t reading;
};

/// Positions are walked in single precision in runs of this many planes, each started from double precision: the error of
/// a position stays below run * 2^-24 = 2e-6 voxels. Both directions start runs at the same planes, so their weights agree.
inline constexpr std::int64_t slice_run = 32;   ///< planes are rows of a slice
inline constexpr std::int64_t volume_run = 16;  ///< as many planes as lie in the cache together

/// Planes [first, first + planes) of a volume, with two rows and columns of zeros around each. `first` is a multiple of
/// the run; for a volume there is one run.
template <class T>
struct PlaneBlock {
  T* origin;  ///< voxel (fast 0, slow 0) of plane `first`
  std::int64_t first, planes;
  std::int64_t slow_stride, plane_stride;
};

/// How a voxel index (x, y, z) is seen by one view. flat: (u, v) = (U, V) / W with U, V, W affine in the index, W > 0 in
/// front of the source and 1 on the plane of unit weight. arc: u = mid_u + u_scale atan2(U, W), and with m = V[...] see
/// the kernel.
struct ViewMap {
  double u[4], v[4], w[4];  ///< constant, x, y, z
  double mid_u, u_scale, mid_v, v_scale, v_shift, radius2, unit_magnification;
  bool arc, weighted, blind;  ///< blind: no voxel throws a shadow
};

struct Detector {
  std::int64_t u, v;        ///< elements
  std::int64_t row_stride;  ///< of the padded readings: two columns and rows of zeros around
};

/// Two neighbours in memory, moved together.
template <class T>
struct Pair {
  T here, next;
};

/// out[k] = the two elements at origin + at[k], for k in [from, to). One load a pair: on processors of both makers that is
/// faster than their gather instructions, which compilers would choose for a loop that they can turn into vectors.
template <class T>
static inline void load_pairs(const T* origin, const int* at, int from, int to, Pair<T>* out) {
  for (int k = from; k < to; ++k) {
    int place = at[k];
    asm("" : "+r"(place));  // keeps the loop from becoming a gather
    __builtin_memcpy(out + k, origin + place, sizeof(Pair<T>));
  }
}

/// A sample of k-space about to meet the cells of a tile.
template <class T>
struct GridPoint {
  std::uint32_t sample;
  std::int32_t place;  ///< of its first cell in the tile
  T at[3];             ///< of its window after that cell, from 0 to 1, along each axis
};

/// A window of `width` cells as polynomials: weight j of an axis is sum over d of coefficients[d][j] (2 at - 1)^d. Rows of the
/// coefficients have `lanes` elements, 0 from `width` on; a row of a tile ends in as many spare cells.
template <class T>
struct GridWindow {
  const T* coefficients[3];
  int width, degree, lanes;  ///< lanes: 8 or 16
  bool volume;
  std::int64_t row_stride, plane_stride;  ///< of a tile
};

template <class T>
struct Kernels {
  /// readings[entry.reading] += length * sum over planes of the volume at the ray.
  void (*gather)(const RayEntry* rays, std::int64_t count, const PlaneBlock<const T>& block, T* readings);
  void (*scatter)(const RayEntry* rays, std::int64_t count, const PlaneBlock<T>& block, const T* readings);
  /// The same for one slice: planes are rows, `slow` is not looked at. The block may have any number of planes.
  void (*gather_slice)(const RayEntry* rays, std::int64_t count, const PlaneBlock<const T>& block, T* readings);
  void (*scatter_slice)(const RayEntry* rays, std::int64_t count, const PlaneBlock<T>& block, const T* readings);
  /// row[x] += sum over views of the reading at the shadow of voxel (x, y, z). `padded` is element (0, 0) of view 0.
  void (*backproject_row)(const ViewMap* views, std::int64_t count, const Detector& detector, const T* padded,
                          std::int64_t view_stride, std::int64_t size_x, double y, double z, T* row);
  void (*shadow_row)(const ViewMap& view, const Detector& detector, T* padded, std::int64_t size_x, double y, double z,
                     const T* row);
  /// out[i] += scale exp(-|a_i - a|^2 / 2 - (rest2 + (x + i step)^2) per_length2) for i in [0, count), a_i the features of
  /// voxel i (plane j at features + j plane_stride) and a those of the centre, x the place of voxel 0 from the centre.
  void (*add_kernel)(const T* features, std::int64_t plane_stride, std::int64_t planes, std::int64_t count,
                     const T* centre, double x, double step, double rest2, double per_length2, T scale, T* out);
  /// Adds samples (real, imaginary; times `weights` unless null) to a tile, and reads them from one. `re` and `im` are its parts.
  void (*spread_points)(const GridPoint<T>* points, std::int64_t count, const GridWindow<T>& window, const T* samples,
                        const T* weights, T* re, T* im);
  void (*read_points)(const GridPoint<T>* points, std::int64_t count, const GridWindow<T>& window, const T* re,
                      const T* im, const T* weights, bool add, T* samples);
};

/// Whole vectors; vector.h says what each does. Every level gives the same bits.
template <class T>
struct VectorKernels {
  void (*axpby)(double a, const T* x, double b, T* y, std::int64_t count);
  double (*sum_products)(const T* x, const T* y, std::int64_t count);
  void (*sum_conjugate_products)(const T* x, const T* y, std::int64_t count, double* re, double* im);
  void (*add_multiple)(T re, T im, const T* x, T* y, std::int64_t count);
  void (*scale_complex_vectors)(T* values, std::int64_t points, std::int64_t parts, std::int64_t from, std::int64_t to,
                                double level, bool shrink);
};

struct VectorLevel {
  VectorKernels<float> f32;
  VectorKernels<double> f64;
};

/// What the noisy copies of one image have in common. Arrays of `width` x `height` x `channels` values, x fastest.
struct NoisyImage {
  std::int64_t width, height, channels;
  const double* clean;       ///< the image on the lattice
  const std::uint32_t* own;  ///< 1 where a value gets noise, 0 where it is filled; null: all get noise
  const double* neighbours;  ///< own ones of the four, at least 1; null where `own` is
  double sigma;
};

/// noise.h says how; every level gives the same bits.
struct NoiseLevel {
  /// Normals of calls `first` to `first` + count of Philox with a counter that begins with the call (iso/compute/smoothing_noise.h), four a
  /// call: z[4 i + k].
  void (*normals)(std::uint64_t seed, std::uint64_t sample, std::uint32_t stream, std::uint32_t first,
                  std::int64_t count, double* z);
  /// One copy with the normals z. `padded` holds (width + 2) x (height + 2) x channels values, zero around each channel; unused where all get noise.
  void (*copy)(const NoisyImage& image, const double* z, float* padded, float* out);
};

/// Rows of complex numbers (real, imaginary) turned into lines for Fourier transforms. Every level gives the same bits.
template <class T>
struct LineKernels {
  /// lines[j pitch + k] = factors[k] rows[k stride + j] for k in [0, count) and j in [0, columns), in complex numbers. `factors` may be
  /// null; where they are `real` only their real parts are looked at.
  void (*to_lines)(const T* rows, std::int64_t stride, std::int64_t count, std::int64_t columns, const T* factors,
                   bool real, T* lines, std::int64_t pitch);
  /// rows[k stride + j] = or += lines[j pitch + k].
  void (*from_lines)(const T* lines, std::int64_t pitch, std::int64_t count, std::int64_t columns, bool add, T* rows,
                     std::int64_t stride);
  /// to[k] = factors[k] from[k]; where factors are `real` both parts of each are that number.
  void (*multiply)(const T* from, const T* factors, bool real, std::int64_t count, T* to);
  /// sums[k] += conj(factors[k]) from[k].
  void (*add_conjugate)(const T* factors, const T* from, std::int64_t count, T* sums);
  /// values[k] = weights[k] values[k], the weights being real.
  void (*weigh)(const T* weights, std::int64_t count, T* values);
};

struct LineLevel {
  LineKernels<float> f32;
  LineKernels<double> f64;
};

struct Level {
  const char* name;
  Kernels<float> f32;
  Kernels<double> f64;
  const VectorLevel* vector;
  const NoiseLevel* noise;
  const LineLevel* lines;
};

}  // namespace iso::gpu::cpu
