#include "gpu/cuda/backend.h"

#include "gpu/cuda/cufft.h"
#include "gpu/cuda/kernel_backend.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <string_view>

namespace iso::gpu {
namespace {

using namespace compute;

void check(cudaError_t status, const std::string& what) {
  if (status == cudaSuccess) return;
  (void)cudaGetLastError();  // an error that is not sticky must not be found again by the next call
  const auto code = status == cudaErrorMemoryAllocation ? Errc::out_of_device_memory : Errc::device_failed;
  throw Error{code, what + " failed on the device: " + cudaGetErrorString(status),
              code == Errc::out_of_device_memory ? "use a smaller grid or fewer views, or --device cpu" : ""};
}

/// The CUDA stream, shared with the arrays that are freed in its order and may outlive it.
class StreamHandle {
 public:
  explicit StreamHandle(int device) : device_{device} {
    check(cudaSetDevice(device), "choosing the device");
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
  }
  StreamHandle(const StreamHandle&) = delete;
  StreamHandle& operator=(const StreamHandle&) = delete;
  ~StreamHandle() {
    (void)cudaSetDevice(device_);
    (void)cudaStreamDestroy(stream_);  // what was queued still runs to its end
  }
  [[nodiscard]] cudaStream_t get() const noexcept { return stream_; }
  [[nodiscard]] int device() const noexcept { return device_; }
  void abandon() noexcept { abandoned_ = true; }
  /// Memory of an abandoned stream may be in use on others that its order says nothing about: an operator's tables are.
  void free(std::byte* memory) const noexcept {
    (void)cudaSetDevice(device_);
    if (abandoned_) (void)cudaDeviceSynchronize();
    (void)cudaFreeAsync(memory, stream_);
  }

 private:
  int device_;
  cudaStream_t stream_{};
  std::atomic<bool> abandoned_{false};
};

class CudaStream final : public NotingStream {
 public:
  CudaStream(int device, std::stop_token stop)
      : NotingStream(std::move(stop)), handle_{std::make_shared<StreamHandle>(device)} {}
  CudaStream(const CudaStream&) = delete;
  CudaStream& operator=(const CudaStream&) = delete;
  ~CudaStream() override { handle_->abandon(); }
  void synchronize() override { check(cudaStreamSynchronize(handle_->get()), "the " + last_); }
  [[nodiscard]] void* native_handle() const noexcept override { return handle_->get(); }
  /// Also makes the device current for the calling thread, since every launch follows a note.
  void note(std::string_view operation) override {
    last_ = operation;
    check(cudaSetDevice(handle_->device()), "choosing the device");
  }
  [[nodiscard]] const std::shared_ptr<StreamHandle>& handle() const noexcept { return handle_; }

 private:
  std::shared_ptr<StreamHandle> handle_;
  std::string last_{"work"};
};

CudaStream& own(Stream& stream) {
  auto* cuda = dynamic_cast<CudaStream*>(&stream);
  if (!cuda) throw Error{Errc::internal, "a stream of another back end was given to CUDA"};
  return *cuda;
}

class CudaBackend final : public Backend, public OffersUnmixingSteps, public OffersSmoothingNoise {
 public:
  CudaBackend(int device, std::string description) : device_{device}, description_{std::move(description)} {}

  [[nodiscard]] DeviceInfo info() const override {
    DeviceInfo info{"cuda:" + std::to_string(device_), description_, "", 0, 0, {}};
    if (cudaSetDevice(device_) != cudaSuccess ||
        cudaMemGetInfo(&info.memory_free_bytes, &info.memory_bytes) != cudaSuccess) {
      (void)cudaGetLastError();  // a lost device has no memory
    }
    return info;
  }
  [[nodiscard]] std::span<const OperatorEntry> operators() const noexcept override { return kernel_operators(); }

  [[nodiscard]] Array allocate(const ArraySpec& spec, Stream& stream) const override {
    Array array = reserve(spec, own(stream));
    if (spec.bytes() > 0)
      check(cudaMemsetAsync(array.address(), 0, spec.bytes(), own(stream).handle()->get()), "clearing an array");
    return array;
  }
  [[nodiscard]] Array upload(const Pixels& pixels, Stream& stream) const override {
    Array array = reserve(pixels.spec(), own(stream));
    const auto bytes = pixels.spec().bytes();
    // From pageable memory this returns once the source was read, so that it may change or go.
    if (bytes > 0)
      check(cudaMemcpyAsync(array.address(), pixels.data(), bytes, cudaMemcpyHostToDevice, own(stream).handle()->get()),
            "the upload");
    return array;
  }
  [[nodiscard]] Pixels download(const Array& array, Stream& stream) const override {
    if (&array.backend() != this)
      throw Error{Errc::internal, "an array of " + array.backend().info().id + " was downloaded from " + info().id};
    PixelBuffer block = PixelBuffer::allocate(array.spec());
    const auto bytes = array.spec().bytes();
    stream.synchronize();  // errors of the work before belong to that work
    own(stream).note("download");
    if (bytes > 0)
      check(cudaMemcpyAsync(block.data(), array.address(), bytes, cudaMemcpyDeviceToHost, own(stream).handle()->get()),
            "the download");
    stream.synchronize();
    return block;
  }
  [[nodiscard]] std::unique_ptr<Stream> make_stream(std::stop_token stop) const override {
    return std::make_unique<CudaStream>(device_, std::move(stop));
  }
  [[nodiscard]] const VectorOps& vector() const noexcept override { return *vector_; }
  [[nodiscard]] const UnmixingSteps& unmixing_steps() const noexcept override { return kernel_unmixing_steps(); }
  [[nodiscard]] const SmoothingNoise& smoothing_noise() const noexcept override { return kernel_smoothing_noise(); }

 private:
  /// Memory from the device's pool, freed in the order of the stream. Who hands an array to another stream synchronizes first.
  Array reserve(const ArraySpec& spec, CudaStream& stream) const {
    const auto& handle = stream.handle();
    if (handle->device() != device_)
      throw Error{Errc::internal,
                  "a stream of cuda:" + std::to_string(handle->device()) + " was given to " + info().id};
    check(cudaSetDevice(device_), "choosing the device");
    void* memory = nullptr;
    const auto status = cudaMallocAsync(&memory, std::max<std::size_t>(spec.bytes(), 1), handle->get());
    check(status, "allocating " + std::to_string(spec.bytes() >> 20) + " MiB");
    return {spec, *this,
            std::shared_ptr<std::byte>(static_cast<std::byte*>(memory), [handle](std::byte* p) { handle->free(p); })};
  }

  int device_;
  std::string description_;
  std::unique_ptr<const VectorOps> vector_{make_kernel_vector_ops()};
};

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

int count_devices() {
  int driver = 0, count = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0)
    throw Error{Errc::no_device, "no NVIDIA driver is installed"};
  const auto status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver) {
    throw Error{Errc::no_device,
                "the NVIDIA driver supports CUDA " + version_text(driver) + ", this module was built for CUDA " +
                    version_text(CUDART_VERSION),
                "install a newer driver"};
  }
  if (status != cudaSuccess && status != cudaErrorNoDevice) {
    throw Error{Errc::no_device, std::string{"the NVIDIA driver does not answer: "} + cudaGetErrorString(status)};
  }
  if (count == 0) throw Error{Errc::no_device, "there is an NVIDIA driver and no device"};
  return count;
}

/// Empty, or why a device cannot be used.
std::string refusal(int device, const cudaDeviceProp& properties) {
  int pools = 0;
  (void)cudaDeviceGetAttribute(&pools, cudaDevAttrMemoryPoolsSupported, device);
  const std::string name = std::string{properties.name} + " has ";
  if (properties.major * 10 + properties.minor < 75) {
    return name + "compute capability " + std::to_string(properties.major) + "." + std::to_string(properties.minor) +
           ", 7.5 is needed";
  }
  if (!pools) return name + "no memory pools";
  return {};
}

}  // namespace

std::vector<std::unique_ptr<Backend>> make_cuda_backends() {
  std::vector<std::unique_ptr<Backend>> backends;
  std::string reason;
  const int count = count_devices();
  for (int device = 0; device < count; ++device) {
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, device) != cudaSuccess) {
      reason = "device " + std::to_string(device) + " does not answer";
      (void)cudaGetLastError();
      continue;
    }
    if (const auto no = refusal(device, properties); !no.empty())
      reason = no;
    else
      backends.push_back(std::make_unique<CudaBackend>(device, properties.name));
  }
  if (!backends.empty())
    if (const std::string missing = missing_cufft(); !missing.empty())
      throw Error{Errc::no_device, missing,
                  "install the CUDA toolkit's libcufft, or put the library beside the module"};
  if (backends.empty()) throw Error{Errc::no_device, reason};
  return backends;
}

}  // namespace iso::gpu
