#include "contract/backend/fixture.h"

#include "gpu/reference/reference_backend.h"
#include "support/replay_backend.h"

#include <iso/base/random.h>
#include <iso/compute/backend_module.h>

#ifdef ISO_TEST_CPU
#include "gpu/cpu/cpu_backend.h"
#endif

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

namespace iso::test {
namespace {

using namespace compute;

struct Found {
  std::shared_ptr<const Backend> backend;
  std::string reason;
};

Found find_cuda() {
#ifdef ISO_TEST_CUDA_MODULE
  const char* const named = std::getenv("ISO_CUDA_MODULE");  // a bundle lies elsewhere
  void* library = dlopen(named != nullptr ? named : ISO_TEST_CUDA_MODULE, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    ADD_FAILURE() << "the CUDA module was built and does not load: " << dlerror();
    return {nullptr, "the CUDA module does not load"};
  }
  const auto entry = reinterpret_cast<BackendModuleEntry>(dlsym(library, backend_module_entry));
  if (!entry || entry()->api != backend_module_api) {
    ADD_FAILURE() << "the CUDA module has no entry of this version";
    return {nullptr, "the CUDA module has no entry"};
  }
  try {
    auto backends = entry()->make();
    return {std::shared_ptr<const Backend>(std::move(backends.at(0))), {}};
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::no_device);
    return {nullptr, error.what()};
  }
#else
  return {nullptr, "the CUDA module was not built"};
#endif
}

#ifdef ISO_TEST_CPU
Found find_cpu_level(const std::string& level) {
  try {
    return {gpu::make_cpu_backend(level), {}};
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::usage);
    return {nullptr, error.what()};
  }
}
#endif

const Found& find(const std::string& id) {
  static std::map<std::string, Found> found;
  if (const auto at = found.find(id); at != found.end()) return at->second;
  Found& here = found[id];
  if (id == "reference")
    here.backend = gpu::make_reference_backend();
  else if (id == "replay")
    here.backend = make_replay_backend();
  else if (id == "cuda")
    here = find_cuda();
#ifdef ISO_TEST_CPU
  else if (id == "cpu")
    here.backend = gpu::make_cpu_backend();
  else if (id.starts_with("cpu "))
    here = find_cpu_level(id.substr(4));
#endif
  else
    here.reason = "the back end " + id + " was not built";
  return here;
}

template <class T>
void add_squares(const Pixels& a, const Pixels& b, double& error, double& size, double& largest_error,
                 double& largest) {
  const auto x = a.values<T>(), y = b.values<T>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double d = std::abs(x[i] - y[i]), s = std::abs(y[i]);
    error += d * d;
    size += s * s;
    largest_error = std::max(largest_error, d);
    largest = std::max(largest, s);
  }
}

}  // namespace

std::string instance_name(const testing::TestParamInfo<const char*>& instance) {
  std::string name{instance.param};
  std::ranges::replace_if(
      name, [](char c) { return c == ' ' || c == '-'; }, '_');
  return name;
}

std::string why_absent(const std::string& id) { return find(id).reason; }

void BackendContract::SetUp() {
  const Found& found = find(GetParam());
  if (!found.backend) GTEST_SKIP() << found.reason;
  backend_ = found.backend;
  reference_ = find("reference").backend;
  const std::string id{GetParam()};
  EXPECT_TRUE(backend_->info().id.starts_with(id.substr(0, id.find(' '))));
  if (id.starts_with("cpu ")) {
    EXPECT_EQ("cpu " + backend_->info().level, id);
  }
}

void BackendContract::TearDown() {
  if (!backend_) return;
  EXPECT_TRUE(used_) << "the test never used " << GetParam();
}

Pixels BackendContract::noise(const ArraySpec& spec, std::uint64_t seed) {
  PixelBuffer block = PixelBuffer::allocate(spec);
  const Philox random{seed, 9};
  const auto count = static_cast<std::size_t>(spec.shape.count()) * (is_complex(spec.type) ? 2 : 1);
  for (std::size_t i = 0; i < count; ++i) {
    if (is_double(spec.type))
      reinterpret_cast<double*>(block.data())[i] = random.normal(i);
    else
      reinterpret_cast<float*>(block.data())[i] = static_cast<float>(random.normal(i));
  }
  return block;
}

Pixels BackendContract::apply(const Backend& backend, const OperatorSpec& spec, bool adjoint, Write write,
                              std::uint64_t seed) {
  const auto stream = backend.make_stream();
  const auto a = backend.make(spec);
  EXPECT_EQ(a->domain(), spec.domain());
  EXPECT_EQ(a->range(), spec.range());
  const Array in = backend.upload(noise(adjoint ? a->range() : a->domain(), seed), *stream);
  // Noise to be added to, or to be replaced without a trace.
  Array out = backend.upload(noise(adjoint ? a->domain() : a->range(), seed + 1), *stream);
  if (adjoint)
    a->adjoint(in, out, *stream, write);
  else
    a->forward(in, out, *stream, write);
  return backend.download(out, *stream);
}

BackendContract::Difference BackendContract::difference(const Pixels& a, const Pixels& b) {
  EXPECT_EQ(a.spec(), b.spec());
  double error = 0, size = 0, largest_error = 0, largest = 0;
  switch (b.spec().type) {
    case ScalarType::f32: add_squares<float>(a, b, error, size, largest_error, largest); break;
    case ScalarType::f64: add_squares<double>(a, b, error, size, largest_error, largest); break;
    case ScalarType::c64: add_squares<std::complex<float>>(a, b, error, size, largest_error, largest); break;
    case ScalarType::c128: add_squares<std::complex<double>>(a, b, error, size, largest_error, largest); break;
    default: ADD_FAILURE() << "no such type";
  }
  return {size > 0 ? std::sqrt(error / size) : std::sqrt(error), largest > 0 ? largest_error / largest : largest_error};
}

}  // namespace iso::test
