#include "iso/compute/backend.h"

#include "iso/base/random.h"

#include <algorithm>
#include <cstring>

namespace iso::compute {
namespace {

class HostStream final : public Stream {
 public:
  using Stream::Stream;
  void synchronize() override {}
  [[nodiscard]] void* native_handle() const noexcept override { return nullptr; }
};

PixelBlock random_field(const ArraySpec& spec, std::uint64_t seed, std::uint64_t stream) {
  PixelBlock block = PixelBlock::allocate(spec);
  const Philox random{seed, stream};
  const auto count = static_cast<std::size_t>(spec.shape.count()) * (is_complex(spec.type) ? 2 : 1);
  for (std::size_t i = 0; i < count; ++i) {
    const double value = random.normal(i);
    if (is_double(spec.type))
      reinterpret_cast<double*>(block.mutable_data())[i] = value;
    else
      reinterpret_cast<float*>(block.mutable_data())[i] = static_cast<float>(value);
  }
  return block;
}

bool matches(std::string_view id, std::string_view wish) {
  return id == wish || (id.starts_with(wish) && id.size() > wish.size() && id[wish.size()] == ':');
}

}  // namespace

VectorOps::~VectorOps() = default;
Backend::~Backend() = default;

Array HostBackend::allocate(const ArraySpec& spec, Stream&) const {
  auto block = std::make_shared<PixelBlock>(PixelBlock::allocate(spec));
  return {spec, *this, std::shared_ptr<std::byte>(block, block->mutable_data())};
}

Array HostBackend::upload(const PixelBlock& pixels, Stream& stream) const {
  Array array = allocate(pixels.spec(), stream);
  if (pixels.spec().bytes() > 0) std::memcpy(array.address(), pixels.data(), pixels.spec().bytes());
  return array;
}

PixelBlock HostBackend::download(const Array& array, Stream& stream) const {
  ISO_ASSERT(&array.backend() == this);
  stream.synchronize();
  PixelBlock block = PixelBlock::allocate(array.spec());
  if (array.spec().bytes() > 0) std::memcpy(block.mutable_data(), array.address(), array.spec().bytes());
  return block;
}

std::unique_ptr<Stream> HostBackend::make_stream(std::stop_token stop) const {
  return std::make_unique<HostStream>(std::move(stop));
}

void BackendRegistry::add(std::unique_ptr<Backend> backend, int preference) {
  const auto at = std::ranges::find_if(preferences_, [&](int p) { return p < preference; }) - preferences_.begin();
  preferences_.insert(preferences_.begin() + at, preference);
  backends_.insert(backends_.begin() + at, std::move(backend));
}

void BackendRegistry::note_absent(std::string id, std::string reason) {
  absent_.push_back({std::move(id), std::move(reason)});
}

const Backend* BackendRegistry::find(std::string_view id) const noexcept {
  for (const auto& backend : backends_) {
    if (matches(backend->info().id, id)) return backend.get();
  }
  return nullptr;
}

const Backend& BackendRegistry::choose(std::span<const OperatorSpec> needs, std::size_t bytes,
                                       std::string_view wish) const {
  Error reason{Errc::no_device, "there is no device '" + std::string{wish} + "' here",
               "`isocenter devices` lists those there are"};
  for (const auto& missing : absent_) {
    if (matches(missing.id, wish))
      reason = {Errc::no_device, "the device '" + std::string{wish} + "' cannot be used: " + missing.reason};
  }
  for (const auto& backend : backends_) {
    const auto info = backend->info();
    if (wish != "auto" && !matches(info.id, wish)) continue;
    const auto unmet =
        std::ranges::find_if(needs, [&](const auto& need) { return !backend->supports(need).available; });
    if (unmet != needs.end()) {
      reason = {Errc::unsupported,
                info.id + " cannot compute the " + name_of(*unmet) + ": " + backend->supports(*unmet).reason};
    } else if (bytes > info.memory_free_bytes) {
      const bool host = info.id == "cpu" || info.id == "reference";
      reason = {host ? Errc::out_of_memory : Errc::out_of_device_memory,
                "the job needs " + std::to_string(bytes >> 20) + " MiB, " + info.id + " has " +
                    std::to_string(info.memory_free_bytes >> 20) + " MiB free",
                "use a smaller grid or fewer views"};
    } else {
      return *backend;
    }
  }
  throw reason;
}

double adjoint_gap(const LinearOperator& a, std::uint64_t seed) {
  const Backend& backend = a.backend();
  const auto stream = backend.make_stream();
  const auto& ops = backend.vector();
  const Array x = backend.upload(random_field(a.domain(), seed, 1), *stream);
  const Array y = backend.upload(random_field(a.range(), seed, 2), *stream);
  Array ax = backend.allocate(a.range(), *stream), ay = backend.allocate(a.domain(), *stream);
  a.forward(x, ax, *stream);
  a.adjoint(y, ay, *stream);
  const auto gap = std::abs(ops.dot(ax, y, *stream) - ops.dot(x, ay, *stream));
  const double scale = ops.norm2(ax, *stream) * ops.norm2(y, *stream);
  return scale > 0 ? gap / scale : gap;
}

}  // namespace iso::compute
