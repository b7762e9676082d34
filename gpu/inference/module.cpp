#include "runtime.h"

namespace {

constexpr iso::models::RuntimeModule module{iso::models::runtime_module_api, "openvino",
                                            iso::gpu::make_openvino_runtime};

}  // namespace

extern "C" __attribute__((visibility("default"))) const iso::models::RuntimeModule* isocenter_runtime_module() {
  return &module;
}
