#pragma once

#include <iso/compute/backend.h>
#include <iso/compute/operators.h>
#include <iso/compute/operators/coil_fourier.h>
#include <iso/compute/operators/complex_difference.h>
#include <iso/compute/operators/kernel_expansion.h>
#include <iso/compute/operators/non_uniform_fourier.h>
#include <iso/compute/operators/spectral_products.h>
#include <iso/compute/operators/tall_matrix.h>
#include <iso/compute/operators/unfolding.h>
#include <iso/compute/smoothing_noise.h>

#include <string>

namespace iso::gpu::cpu {

/// Joseph's ray transform. Forward: rays are shared out; adjoint: planes of the grid are, so that no two threads add to one
/// voxel. Both walk the same rays with the same weights.
/// Keeps     the description and, for slices, one number a detector row.
/// Scratch   at most 2^18 rays of 56 bytes (or one view, if it has more), and: volumes, `slab` planes of the grid with a
///           border, once (forward) or once a thread (adjoint); slices, two slices with a border.
[[nodiscard]] compute::OperatorPtr make_operator(const compute::RayTransform& spec, const compute::Backend& backend);
[[nodiscard]] compute::OperatorCost cost(const compute::RayTransform& spec);
[[nodiscard]] std::string refusal(const compute::RayTransform& spec);  ///< of a grid that is too large; empty if none

/// Voxel-driven back-projection; its adjoint scatters, views being shared out.
/// Keeps     the description and a map of some 160 bytes a view.
/// Scratch   forward: up to 8 MiB of views with a border (or one view); adjoint: one view with a border a thread.
[[nodiscard]] compute::OperatorPtr make_operator(const compute::Backprojection& spec, const compute::Backend& backend);
[[nodiscard]] compute::OperatorCost cost(const compute::Backprojection& spec);

/// FFTW on rows, shared out. Keeps the response; scratch is two padded rows a thread.
[[nodiscard]] compute::OperatorPtr make_operator(const compute::DetectorFilter& spec, const compute::Backend& backend);
[[nodiscard]] compute::OperatorCost cost(const compute::DetectorFilter& spec);

/// FFTW along one axis after another, a block of lines at a time. Scratch: 16 lines a thread, and one array when the result
/// of several axes is added to the output.
[[nodiscard]] compute::OperatorPtr make_operator(const compute::Fourier& spec, const compute::Backend& backend);
[[nodiscard]] compute::OperatorCost cost(const compute::Fourier& spec);

/// No scratch.
[[nodiscard]] compute::OperatorPtr make_operator(const compute::FiniteDifference& spec,
                                                 const compute::Backend& backend);
[[nodiscard]] compute::OperatorCost cost(const compute::FiniteDifference& spec);

/// Rows are shared out; of each, only the voxels within a kernel's reach are looked at. Keeps the features; no scratch but a
/// row a thread (adjoint).
[[nodiscard]] compute::OperatorPtr make_operator(const compute::KernelExpansion& spec, const compute::Backend& backend);
[[nodiscard]] compute::OperatorCost cost(const compute::KernelExpansion& spec);

/// Tiles of pixels are shared out. Keeps no copy of spectra in host memory. Scratch: one column sum a part (adjoint).
[[nodiscard]] compute::OperatorPtr make_operator(const compute::SpectralProducts& spec,
                                                 const compute::Backend& backend);
[[nodiscard]] compute::OperatorCost cost(const compute::SpectralProducts& spec);
/// Sixteen columns of the readout at a time through all coils, so that they stay in the cache; the normal operator never
/// writes a sample. Keeps the maps times the phases of the centre; scratch is two blocks of columns a thread.
[[nodiscard]] compute::OperatorPtr make_operator(const compute::CoilFourier& spec, const compute::Backend& backend);
[[nodiscard]] compute::OperatorCost cost(const compute::CoilFourier& spec);

/// No scratch.
[[nodiscard]] compute::OperatorPtr make_operator(const compute::ComplexDifference& spec,
                                                 const compute::Backend& backend);
[[nodiscard]] compute::OperatorCost cost(const compute::ComplexDifference& spec);

/// Rows are shared out in pieces whose sums are added in their order. Keeps nothing of a resident matrix; scratch is a small
/// matrix a piece.
[[nodiscard]] compute::OperatorPtr make_operator(const compute::TallMatrix& spec, const compute::Backend& backend);
[[nodiscard]] compute::OperatorCost cost(const compute::TallMatrix& spec);

/// No scratch.
[[nodiscard]] compute::OperatorPtr make_operator(const compute::Unfolding& spec, const compute::Backend& backend);
[[nodiscard]] compute::OperatorCost cost(const compute::Unfolding& spec);

/// Gridding with a window of Kaiser and Bessel, points in the order of tiles; the normal operator by embedding in a circulant
/// where that is faster. Frames are shared out, or the tiles and lines of the only one. Keeps the points, and from the first
/// use of the normal operator on one real number a cell of the circulant. Scratch: one grid a thread, or one.
[[nodiscard]] compute::OperatorPtr make_operator(const compute::NonUniformFourier& spec,
                                                 const compute::Backend& backend);
[[nodiscard]] compute::OperatorCost cost(const compute::NonUniformFourier& spec);

[[nodiscard]] const compute::VectorOps& vector_ops() noexcept;

/// Copies are shared out; calls of Philox go eight at a time. Scratch: one row of normals a thread.
[[nodiscard]] const compute::SmoothingNoise& smoothing_noise() noexcept;

/// The largest number of voxels in a plane of the grid that the ray transform can address.
inline constexpr std::int64_t largest_plane = (std::int64_t{1} << 31) / 16 - 1;

}  // namespace iso::gpu::cpu
