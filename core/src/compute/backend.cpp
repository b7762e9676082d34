#include "iso/compute/backend.h"

#include "iso/compute/random_field.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace iso::compute {
namespace {

class HostStream final : public Stream {
 public:
  using Stream::Stream;
  void synchronize() override {}
  [[nodiscard]] void* native_handle() const noexcept override { return nullptr; }
};

const OperatorEntry* find_entry(std::span<const OperatorEntry> table, const OperatorSpec& spec) {
  const auto found = std::ranges::find(table, spec.name(), &OperatorEntry::name);
  return found == table.end() ? nullptr : &*found;
}

Error unsupported(const std::string& id, const OperatorSpec& spec, const std::string& reason) {
  return {Errc::unsupported, id + " cannot compute the " + std::string{spec.name()} + ": " + reason,
          id.starts_with("cuda") ? "use --device cpu" : ""};
}

bool is_aligned(const Pixels& pixels) {
  const std::size_t element = iso::byte_count(pixels.spec().type) / (is_complex(pixels.spec().type) ? 2 : 1);
  return reinterpret_cast<std::uintptr_t>(pixels.data()) % element == 0;
}

bool matches(std::string_view id, std::string_view wish) {
  return id == wish || (id.starts_with(wish) && id.size() > wish.size() && id[wish.size()] == ':');
}

}  // namespace

VectorOps::~VectorOps() = default;
Backend::~Backend() = default;

std::optional<Refusal> Backend::refusal(const OperatorSpec& spec) const {
  const OperatorEntry* const entry = find_entry(operators(), spec);
  if (entry == nullptr) return Refusal{"it has no such operator", {}};
  std::string sentence = spec.refused_type();
  if (sentence.empty() && entry->refusal != nullptr) sentence = entry->refusal(spec);
  if (sentence.empty()) return std::nullopt;
  return Refusal{std::move(sentence), {}};
}

OperatorPtr Backend::make(const OperatorSpec& spec) const {
  spec.check();
  if (const auto refused = refusal(spec)) throw unsupported(info().id, spec, refused->sentence);
  return find_entry(operators(), spec)->make(spec, *this);
}

OperatorCost Backend::cost(const OperatorSpec& spec) const {
  const OperatorEntry* const entry = find_entry(operators(), spec);
  if (entry == nullptr) throw unsupported(info().id, spec, "it has no such operator");
  return entry->cost(spec);
}

Array HostBackend::allocate(const ArraySpec& spec, Stream&) const {
  auto buffer = std::make_shared<PixelBuffer>(PixelBuffer::allocate(spec));
  std::byte* const data = buffer->data();
  return {spec, *this, std::make_shared<Memory>(data, spec.bytes(), std::move(buffer))};
}

Array HostBackend::upload(const Pixels& pixels, Stream& stream) const {
  if (pixels.is_outline())
    throw Error{Errc::internal, "a description of " + pixels.spec().shape.text() + " was uploaded, without values"};
  if (!pixels.empty() && is_aligned(pixels)) {
    // Memory hands the address out for reading only, until it has made a copy of its own.
    return {pixels.spec(), *this,
            std::make_shared<Memory>(const_cast<std::byte*>(pixels.data()), pixels.spec().bytes(),
                                     std::make_shared<Pixels>(pixels), Memory::Sharing::of_pixels)};
  }
  Array array = allocate(pixels.spec(), stream);
  if (pixels.spec().bytes() > 0) std::memcpy(array.address(), pixels.data(), pixels.spec().bytes());
  return array;
}

Pixels HostBackend::download(const Array& array, Stream& stream) const {
  ISO_ASSERT(&array.backend() == this);
  stream.synchronize();
  const auto& memory = array.memory();
  // Of a part the pixels would keep the whole memory alive.
  if (memory->bytes() == array.spec().bytes() && array.spec().bytes() > 0)
    return Pixels::adopt(array.spec(), memory->share(), array.address());
  PixelBuffer buffer = PixelBuffer::allocate(array.spec());
  if (array.spec().bytes() > 0) std::memcpy(buffer.data(), array.address(), array.spec().bytes());
  return buffer;
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
        std::ranges::find_if(needs, [&](const auto& need) { return backend->refusal(need).has_value(); });
    if (unmet != needs.end()) {
      reason = unsupported(info.id, *unmet, backend->refusal(*unmet)->sentence);
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
  const double n = std::max<double>(1, static_cast<double>(a.range().shape.count()));
  const double scale = ops.norm2(ax, *stream) * ops.norm2(y, *stream) / std::sqrt(n);
  return scale > 0 ? gap / scale : gap;
}

double normal_gap(const LinearOperator& a, std::uint64_t seed) {
  const Backend& backend = a.backend();
  const auto stream = backend.make_stream();
  const auto& ops = backend.vector();
  const Array x = backend.upload(random_field(a.domain(), seed, 3), *stream);
  Array ax = backend.allocate(a.range(), *stream), twice = backend.allocate(a.domain(), *stream),
        normal = backend.allocate(a.domain(), *stream);
  a.forward(x, ax, *stream);
  a.adjoint(ax, twice, *stream);
  a.normal(x, normal, *stream);
  const double length = ops.norm2(ax, *stream), energy = length * length, size = ops.norm2(twice, *stream);
  const double of_energy = std::abs(ops.dot(x, normal, *stream) - energy);
  ops.axpy(-1, twice, normal, *stream);
  const double of_result = ops.norm2(normal, *stream);
  return std::max(energy > 0 ? of_energy / energy : of_energy, size > 0 ? of_result / size : of_result);
}

}  // namespace iso::compute
