#include "gpu/cuda/fourier_library.h"

#include "gpu/cuda/cufft.h"

#include <cuda_runtime_api.h>
#include <cufft.h>
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <type_traits>

/// cuFFT. It is taken up at run time: it is a hundred times as large as the module, and a machine without it must still be able to
/// load the module and say what is missing.
namespace iso::gpu {
namespace {

#define ISO_TEXT_OF(x) #x
#define ISO_SONAME(major) "libcufft.so." ISO_TEXT_OF(major)

struct Library {
  decltype(&cufftCreate) create{};
  decltype(&cufftDestroy) destroy{};
  decltype(&cufftSetAutoAllocation) set_auto_allocation{};
  decltype(&cufftMakePlanMany64) make_plan{};
  decltype(&cufftSetWorkArea) set_work_area{};
  decltype(&cufftSetStream) set_stream{};
  decltype(&cufftExecC2C) single{};
  decltype(&cufftExecZ2Z) twice{};
  std::string missing;

  Library() {
    void* const library = ::dlopen(ISO_SONAME(CUFFT_VER_MAJOR), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      missing = "cuFFT (" ISO_SONAME(CUFFT_VER_MAJOR) ") is not there";
      return;
    }
    const auto find = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
      if (function == nullptr) missing = std::string{"cuFFT has no function "} + name;
    };
    find(create, "cufftCreate");
    find(destroy, "cufftDestroy");
    find(set_auto_allocation, "cufftSetAutoAllocation");
    find(make_plan, "cufftMakePlanMany64");
    find(set_work_area, "cufftSetWorkArea");
    find(set_stream, "cufftSetStream");
    find(single, "cufftExecC2C");
    find(twice, "cufftExecZ2Z");
  }
};

const Library& library() {
  static const Library loaded;
  return loaded;
}

struct Plan {
  cufftHandle handle{};
  std::size_t work_bytes{0};
  std::int64_t pieces{0};  ///< that one execution transforms
};

using Key = std::tuple<int, std::array<std::int64_t, 3>, int, std::int64_t, std::int64_t, bool>;

/// A failure in words; null if there was none.
const char* in_words(cufftResult result) noexcept {
  switch (result) {
    case CUFFT_SUCCESS: return nullptr;
    case CUFFT_ALLOC_FAILED: return "cuFFT has not memory enough";
    case CUFFT_INVALID_SIZE: return "cuFFT does not take this length";
    case CUFFT_SETUP_FAILED: return "cuFFT could not be set up";
    case CUFFT_EXEC_FAILED: return "cuFFT could not run";
    default: return "cuFFT refused a transform";
  }
}

/// Bytes that a plan may work in: a quarter of what is free.
std::size_t work_budget() noexcept {
  std::size_t free_bytes = 0, all = 0;
  if (cudaMemGetInfo(&free_bytes, &all) != cudaSuccess) (void)cudaGetLastError();
  return free_bytes / 4;
}

cufftResult make_plan(const FourierRun& run, std::int64_t pieces, Plan& plan) noexcept {
  const Library& fft = library();
  if (const auto result = fft.create(&plan.handle); result != CUFFT_SUCCESS) return result;
  std::array<long long, 3> slowest_first{};
  for (int a = 0; a < run.rank; ++a)
    slowest_first[static_cast<std::size_t>(a)] = run.extents[static_cast<std::size_t>(run.rank - 1 - a)];
  // Pieces that lie side by side, or one behind another where each is contiguous.
  const long long stride = run.stride, distance = run.stride > 1 ? 1 : run.piece();
  auto result = fft.set_auto_allocation(plan.handle, 0);
  if (result == CUFFT_SUCCESS)
    result = fft.make_plan(plan.handle, run.rank, slowest_first.data(), slowest_first.data(), stride, distance,
                           slowest_first.data(), stride, distance, run.double_precision ? CUFFT_Z2Z : CUFFT_C2C, pieces,
                           &plan.work_bytes);
  if (result != CUFFT_SUCCESS) (void)fft.destroy(plan.handle);
  plan.pieces = pieces;
  return result;
}

/// Plans are kept for the life of the program, one of a kind, under one lock: a plan has one work area and one stream at a time.
class Plans {
 public:
  std::mutex mutex;
  /// The plan for `wanted` pieces, or for as many of them as the budget allows.
  cufftResult find(const FourierRun& run, int device, std::int64_t wanted, const Plan*& found) {
    auto& plan = plans_[Key{device, run.extents, run.rank, run.stride, wanted, run.double_precision}];
    for (std::int64_t pieces = wanted; plan.pieces == 0; pieces = (pieces + 1) / 2) {
      const auto result = make_plan(run, pieces, plan);
      if (result == CUFFT_SUCCESS && (plan.work_bytes <= work_budget() || pieces == 1)) break;
      if (result == CUFFT_SUCCESS) (void)library().destroy(plan.handle);
      plan = {};
      if (result != CUFFT_SUCCESS && (result != CUFFT_ALLOC_FAILED || pieces == 1)) return result;
    }
    found = &plan;
    return CUFFT_SUCCESS;
  }

 private:
  std::map<Key, Plan> plans_;
};

Plans& plans() {
  static Plans kept;
  return kept;
}

cufftResult execute(const FourierRun& run, cufftHandle handle, void* elements) noexcept {
  const int direction = run.sign < 0 ? CUFFT_FORWARD : CUFFT_INVERSE;
  if (run.double_precision) {
    auto* const values = static_cast<cufftDoubleComplex*>(elements);
    return library().twice(handle, values, values, direction);
  }
  auto* const values = static_cast<cufftComplex*>(elements);
  return library().single(handle, values, values, direction);
}

cufftResult execute_with_work(const FourierRun& run, const Plan& plan, void* elements, cudaStream_t stream) noexcept {
  void* work = nullptr;
  if (plan.work_bytes > 0 && cudaMallocAsync(&work, plan.work_bytes, stream) != cudaSuccess) {
    (void)cudaGetLastError();
    return CUFFT_ALLOC_FAILED;
  }
  auto result = library().set_stream(plan.handle, stream);
  if (result == CUFFT_SUCCESS && work != nullptr) result = library().set_work_area(plan.handle, work);
  if (result == CUFFT_SUCCESS) result = execute(run, plan.handle, elements);
  if (work != nullptr) (void)cudaFreeAsync(work, stream);
  return result;
}

cufftResult execute_all(const FourierRun& run, int device, std::byte* elements, cudaStream_t stream) {
  const auto element =
      static_cast<std::int64_t>(run.double_precision ? sizeof(cufftDoubleComplex) : sizeof(cufftComplex));
  const bool side_by_side = run.stride > 1;
  const std::int64_t all = side_by_side ? run.stride : run.repeats, slabs = side_by_side ? run.repeats : 1,
                     distance = side_by_side ? 1 : run.piece();
  for (std::int64_t slab = 0; slab < slabs; ++slab)
    for (std::int64_t first = 0; first < all;) {
      const Plan* plan = nullptr;
      auto result = plans().find(run, device, all - first, plan);
      if (result != CUFFT_SUCCESS) return result;
      const std::int64_t start = slab * run.stride * run.piece() + first * distance;
      result = execute_with_work(run, *plan, elements + start * element, stream);
      if (result != CUFFT_SUCCESS) return result;
      first += plan->pieces;
    }
  return CUFFT_SUCCESS;
}

}  // namespace

std::string missing_cufft() { return library().missing; }

const char* launch_transform(const FourierRun& run, void* elements, void* stream) noexcept {
  if (!library().missing.empty()) return library().missing.c_str();
  try {
    int device = 0;
    if (cudaGetDevice(&device) != cudaSuccess) return "no device is current";
    const std::lock_guard lock{plans().mutex};
    return in_words(execute_all(run, device, static_cast<std::byte*>(elements), static_cast<cudaStream_t>(stream)));
  } catch (const std::exception&) {
    return "there is no memory for a plan";
  }
}

}  // namespace iso::gpu
