#include <iso/base/error.h>
#include <iso/compute/backend_module.h>

#include <cstdlib>
#include <stdexcept>

namespace {

using namespace iso::compute;

class Device final : public HostBackend {
 public:
  [[nodiscard]] DeviceInfo info() const override {
    return {"cuda:0", "a device of the tests", "", std::size_t{1} << 30, std::size_t{1} << 30, {}};
  }
  [[nodiscard]] std::span<const OperatorEntry> operators() const noexcept override { return {}; }
  [[nodiscard]] const VectorOps& vector() const noexcept override { std::abort(); }
};

[[maybe_unused]] std::vector<std::unique_ptr<Backend>> make() {
#if defined(ISO_MODULE_no_driver)
  throw iso::Error{iso::Errc::no_device, "no driver is installed, says the test"};
#elif defined(ISO_MODULE_throws)
  throw std::runtime_error{"something else went wrong"};
#elif defined(ISO_MODULE_other_version)
  std::abort();  // nothing may be called before versions were compared
#else
  std::vector<std::unique_ptr<Backend>> backends;
#if !defined(ISO_MODULE_none)
  backends.push_back(std::make_unique<Device>());
#endif
  return backends;
#endif
}

}  // namespace

#if !defined(ISO_MODULE_no_entry)
extern "C" const BackendModule* isocenter_backend_module() {
#if defined(ISO_MODULE_other_version)
  static const BackendModule module{backend_module_api + 1, "cuda", 20, &make};
#else
  static const BackendModule module{backend_module_api, "cuda", 20, &make};
#endif
  return &module;
}
#endif
