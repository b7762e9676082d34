#include "host/workers/serve.h"
#include "support/job_tasks.h"

namespace {

/// What passes for a device with memory of its own, which one job may use at a time.
class SharedDevice final : public iso::compute::HostBackend {
 public:
  [[nodiscard]] iso::compute::DeviceInfo info() const override {
    iso::compute::DeviceInfo info = memory_.info();
    info.id = "cuda:7";
    return info;
  }
  [[nodiscard]] std::span<const iso::compute::OperatorEntry> operators() const noexcept override { return {}; }
  [[nodiscard]] const iso::compute::VectorOps& vector() const noexcept override { return memory_.vector(); }

 private:
  iso::test::MemoryBackend memory_;
};

void add_backends(iso::compute::BackendRegistry& registry, std::string_view wish) {
  iso::test::add_backends(registry, wish);
  if (wish == "cuda:7") registry.add(std::make_unique<SharedDevice>(), 0);
}

}  // namespace

int main(int argc, char** argv) {
  return iso::host::serve_worker(argc, argv,
                                 {[](auto) { return std::make_unique<iso::test::SampleSource>(); }, add_backends});
}
