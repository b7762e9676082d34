#pragma once

#include "iso/plugin/task.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// What a plugin and a program must agree on, as a number: computed by the compiler from the size and alignment of every type
/// that crosses the boundary and from the virtual functions of every class that is called through it. It is computed in the
/// plugin from the headers that the plugin was built with, and in the program from its own; they differ as soon as a member,
/// an alternative or a virtual function is added, so that nobody has to remember to raise a version.
namespace iso::plugin {

struct BoundaryType {
  std::string_view name;
  std::size_t bytes{0}, alignment{0};
  std::size_t virtuals{0};      ///< virtual functions besides the destructor
  std::uint64_t signatures{0};  ///< of those that are public
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
constexpr BoundaryType data(std::string_view name) {
  return {name, sizeof(T), alignof(T), 0, 0};
}
/// `hidden`: virtual functions that are not public and can therefore only be counted.
template <class T, class... Functions>
constexpr BoundaryType interface(std::string_view name, std::size_t hidden, Functions T::*...) {
  return {name, sizeof(T), alignof(T), hidden + sizeof...(Functions), signatures<Functions T::*...>()};
}

}  // namespace detail

/// The types of the boundary. A test compares the virtual functions with what the compiler says of each class.
consteval auto boundary_types() {
  using detail::data, detail::interface;
  return std::array{
      interface("RunContext", 0, &RunContext::report, &RunContext::plot, &RunContext::figure, &RunContext::attach,
                &RunContext::model, &RunContext::preview, &RunContext::log, &RunContext::warn, &RunContext::stop,
                &RunContext::backend, &RunContext::seed, &RunContext::memory_budget_bytes, &RunContext::scratch,
                &RunContext::wants_preview, &RunContext::wants_checkpoint, &RunContext::keep, &RunContext::resumed),
      interface("Task", 0, &Task::about, &Task::inputs, &Task::outputs, &Task::schema_json, &Task::parse, &Task::plan,
                &Task::run, &Task::interactive, &Task::begin),
      interface("ParsedParameters", 0, &ParsedParameters::json),
      interface("Interaction", 0, &Interaction::answer),
      data<About>("About"),
      data<Port>("Port"),
      data<Mark>("Mark"),
      data<Model>("Model"),
      data<Reason>("Reason"),
      data<PlannedOperator>("PlannedOperator"),
      data<Plan>("Plan"),
      data<PortItems<DatasetPtr>>("PortItems"),
      data<Datasets>("Datasets"),
      data<Dataset>("Dataset"),
      data<Volume>("Volume"),
      data<LabelMap>("LabelMap"),
      data<Sinogram>("Sinogram"),
      data<KSpace>("KSpace"),
      data<SpectralCube>("SpectralCube"),
      data<Table>("Table"),
      data<Description>("Description"),
      data<Checkpoint>("Checkpoint"),
      data<Pixels>("Pixels"),
      data<PixelBuffer>("PixelBuffer"),
      data<ArraySpec>("ArraySpec"),
      data<Shape>("Shape"),
      data<VoxelGrid>("VoxelGrid"),
      data<ProjectionGeometry>("ProjectionGeometry"),
      data<View>("View"),
      data<Trajectory>("Trajectory"),
      data<Error>("Error"),
      data<compute::Array>("compute::Array"),
      data<compute::DeviceInfo>("compute::DeviceInfo"),
      data<compute::OperatorSpec>("compute::OperatorSpec"),
      data<compute::OperatorEntry>("compute::OperatorEntry"),
      data<compute::OperatorCost>("compute::OperatorCost"),
      data<compute::Support>("compute::Support"),
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

constexpr std::uint64_t fingerprint(std::span<const BoundaryType> types) {
  std::uint64_t hash = detail::fnv_offset;
  for (const BoundaryType& type : types) {
    hash = detail::mix(hash, type.name);
    for (const std::uint64_t value :
         {std::uint64_t{type.bytes}, std::uint64_t{type.alignment}, std::uint64_t{type.virtuals}, type.signatures})
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
