#pragma once

#include "iso/plugin/task.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

/// What a plugin and a program must agree on, as a number: computed by the compiler from the size and alignment of every type
/// that crosses the boundary, from the name, place and type of every public member of it, and from the virtual functions of
/// every class that is called through it. It is computed in the plugin from the headers that the plugin was built with, and
/// in the program from its own; they differ as soon as a member, an alternative or a virtual function is added or two swap
/// their places, so that nobody has to remember to raise a version. Of classes with private members the size is known only.
namespace iso::plugin {

struct BoundaryType {
  std::string_view name;
  std::size_t bytes{0}, alignment{0};
  std::size_t virtuals{0};      ///< virtual functions besides the destructor
  std::uint64_t signatures{0};  ///< of those that are public
  std::size_t listed{0};        ///< public members
  std::uint64_t members{0};     ///< their names, places and types
};

namespace detail {

/// FNV-1a. Source: Fowler, Noll and Vo, IETF draft-eastlake-fnv.
constexpr std::uint64_t fnv_offset = 0xcbf29ce484222325ULL, fnv_prime = 0x100000001b3ULL;
constexpr std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * fnv_prime;
  return (hash ^ 0xffU) * fnv_prime;
}
constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  for (int byte = 0; byte < 8; ++byte) hash = (hash ^ ((value >> (8 * byte)) & 0xffU)) * fnv_prime;
  return hash;
}

template <class... Functions>
constexpr std::uint64_t signatures() {
  return mix(fnv_offset, std::string_view{__PRETTY_FUNCTION__});
}

template <class T>
constexpr std::uint64_t type_name() {
  return mix(fnv_offset, std::string_view{__PRETTY_FUNCTION__});
}

struct PublicMember {
  std::string_view name;
  std::size_t place{0};
  std::uint64_t type{0};
};

template <class T>
constexpr BoundaryType data(std::string_view name, std::initializer_list<PublicMember> members = {}) {
  std::uint64_t hash = fnv_offset;
  for (const PublicMember& member : members)
    hash = mix(mix(mix(hash, member.name), std::uint64_t{member.place}), member.type);
  return {name, sizeof(T), alignof(T), 0, 0, members.size(), hash};
}
/// A variant, whose alternatives are known by their order.
template <class T>
constexpr BoundaryType alternatives(std::string_view name) {
  return {name, sizeof(T), alignof(T), 0, type_name<T>()};
}
/// `hidden`: virtual functions that are not public and can therefore only be counted.
template <class T, class... Functions>
constexpr BoundaryType interface(std::string_view name, std::size_t hidden, Functions T::*...) {
  return {name, sizeof(T), alignof(T), hidden + sizeof...(Functions), signatures<Functions T::*...>()};
}

}  // namespace detail

// ISO_STRUCT(About, title, summary): a struct with all of its members, at most 16.
#define ISO_AGAIN_2(...) __VA_ARGS__
#define ISO_AGAIN_1(...) ISO_AGAIN_2(ISO_AGAIN_2(ISO_AGAIN_2(ISO_AGAIN_2(__VA_ARGS__))))
#define ISO_AGAIN(...) ISO_AGAIN_1(ISO_AGAIN_1(ISO_AGAIN_1(ISO_AGAIN_1(__VA_ARGS__))))
#define ISO_PARENTHESES ()
#define ISO_NEXT_MEMBER() ISO_MEMBER
#define ISO_MEMBER(type, name, ...)                                                        \
  {#name, offsetof(type, name), ::iso::plugin::detail::type_name<decltype(type::name)>()}, \
      __VA_OPT__(ISO_NEXT_MEMBER ISO_PARENTHESES(type, __VA_ARGS__))
#define ISO_STRUCT(type, ...) ::iso::plugin::detail::data<type>(#type, {ISO_AGAIN(ISO_MEMBER(type, __VA_ARGS__))})

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \
    "-Winvalid-offsetof"  // of types without virtual bases the compilers know it all the same
/// The types of the boundary. A test compares the virtual functions with what the compiler says of each class.
consteval auto boundary_types() {
  using detail::alternatives, detail::data, detail::interface;
  return std::array{
      interface("RunContext", 0, &RunContext::report, &RunContext::plot, &RunContext::figure, &RunContext::attach,
                &RunContext::model, &RunContext::preview, &RunContext::log, &RunContext::warn, &RunContext::stop,
                &RunContext::backend, &RunContext::seed, &RunContext::memory_budget_bytes, &RunContext::scratch,
                &RunContext::wants_preview, &RunContext::wants_checkpoint, &RunContext::keep, &RunContext::resumed),
      interface("Task", 0, &Task::about, &Task::inputs, &Task::outputs, &Task::schema_json, &Task::parse, &Task::plan,
                &Task::run, &Task::interactive, &Task::begin),
      interface("ParsedParameters", 0, &ParsedParameters::json),
      interface("Interaction", 0, &Interaction::answer),
      ISO_STRUCT(About, title, summary, description, category, references),
      ISO_STRUCT(Port, name, kind, optional, help, residual, collection),
      ISO_STRUCT(Mark, id, label, place_mm, voxels),
      ISO_STRUCT(Model, id, file, sha256),
      ISO_STRUCT(Refusal, sentence, parameter, code),
      ISO_STRUCT(PlannedOperator, spec, applications),
      ISO_STRUCT(Plan, refusals, operators, models, bytes, seconds, outputs),
      data<PortItems<DatasetPtr>>("PortItems"),
      data<Datasets>("Datasets"),
      alternatives<Dataset>("Dataset"),
      ISO_STRUCT(Volume, pixels, grid, quantity, meta, mask, frames),
      ISO_STRUCT(LabelMap, labels, grid, names, meta),
      ISO_STRUCT(Sinogram, readings, geometry, meta, mask),
      ISO_STRUCT(Trajectory, cartesian_mask, coordinates, density_compensation),
      ISO_STRUCT(KSpace, samples, trajectory, grid, coil_sensitivities, meta, noise_covariance, frames, fourier_sign),
      ISO_STRUCT(SpectralCube, pixels, bands, meta, band_widths, band_mask, mask, quantity),
      ISO_STRUCT(Table, columns, values, meta, texts),
      ISO_STRUCT(TextColumn, name, values),
      ISO_STRUCT(Axis, name, unit, values, first, step),
      ISO_STRUCT(Quantity, name, unit),
      data<Description>("Description"),
      ISO_STRUCT(Checkpoint, iteration, arrays, numbers),
      data<Pixels>("Pixels"),
      data<PixelBuffer>("PixelBuffer"),
      ISO_STRUCT(ArraySpec, shape, type),
      data<Shape>("Shape"),
      ISO_STRUCT(VoxelGrid, size, spacing_mm, origin_mm, direction),
      data<ProjectionGeometry>("ProjectionGeometry"),
      ISO_STRUCT(View, source_mm, detector_centre_mm, u_step_mm, v_step_mm),
      data<Error>("Error"),
      data<compute::Array>("compute::Array"),
      ISO_STRUCT(compute::DeviceInfo, id, description, level, memory_bytes, memory_free_bytes, levels),
      data<compute::OperatorSpec>("compute::OperatorSpec"),
      ISO_STRUCT(compute::OperatorEntry, name, make, cost, refusal),
      ISO_STRUCT(compute::OperatorCost, kept_bytes, scratch_bytes, seconds, measured),
      interface("compute::Stream", 0, &compute::Stream::synchronize, &compute::Stream::native_handle),
      interface<compute::LinearOperator>("compute::LinearOperator", 4),
      interface("compute::Backend", 0, &compute::Backend::info, &compute::Backend::operators,
                &compute::Backend::allocate, &compute::Backend::upload, &compute::Backend::download,
                &compute::Backend::make_stream, &compute::Backend::vector),
      interface("compute::VectorOps", 0, &compute::VectorOps::fill, &compute::VectorOps::copy,
                &compute::VectorOps::scale, &compute::VectorOps::axpy, &compute::VectorOps::axpby,
                &compute::VectorOps::dot, &compute::VectorOps::norm2, &compute::VectorOps::max_abs,
                &compute::VectorOps::all_finite, &compute::VectorOps::multiply, &compute::VectorOps::conjugate_multiply,
                &compute::VectorOps::reciprocal, &compute::VectorOps::clamp, &compute::VectorOps::soft_threshold,
                &compute::VectorOps::shrink_vectors, &compute::VectorOps::project_vectors,
                &compute::VectorOps::sum_vector_norms),
  };
}

#pragma GCC diagnostic pop

constexpr std::uint64_t fingerprint(std::span<const BoundaryType> types) {
  std::uint64_t hash = detail::fnv_offset;
  for (const BoundaryType& type : types) {
    hash = detail::mix(hash, type.name);
    for (const std::uint64_t value : {std::uint64_t{type.bytes}, std::uint64_t{type.alignment},
                                      std::uint64_t{type.virtuals}, type.signatures, type.members})
      hash = detail::mix(hash, value);
  }
  return hash;
}

#define ISO_STRING_OF(x) #x
#define ISO_STRING(x) ISO_STRING_OF(x)
#ifdef __clang__
#define ISO_COMPILER_TAG "clang" ISO_STRING(__clang_major__)
#else
#define ISO_COMPILER_TAG "gcc" ISO_STRING(__GNUC__)
#endif
#ifdef _GLIBCXX_DEBUG
#define ISO_CHECKED_TAG "-checked"
#else
#define ISO_CHECKED_TAG ""
#endif

/// "gcc12-cxx11abi1-9f3c2a41d0b7e685": compiler, C++ library ABI, fingerprint. A plugin keeps it in a variable of its own
/// (with internal linkage, so that no library of the program can stand in for it).
consteval auto make_build_tag() {
  constexpr std::string_view start =
      ISO_COMPILER_TAG "-cxx11abi" ISO_STRING(_GLIBCXX_USE_CXX11_ABI) ISO_CHECKED_TAG "-";
  std::array<char, start.size() + 16 + 1> tag{};
  for (std::size_t i = 0; i < start.size(); ++i) tag[i] = start[i];
  const std::uint64_t number = fingerprint(boundary_types());
  for (std::size_t i = 0; i < 16; ++i) tag[start.size() + i] = "0123456789abcdef"[(number >> (60 - 4 * i)) & 0xfU];
  return tag;
}

}  // namespace iso::plugin
