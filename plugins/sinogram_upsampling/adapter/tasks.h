#pragma once

#include <iso/plugin/task.h>

namespace sinogram_upsampling {

/// The four tasks, with what people read about them.
[[nodiscard]] iso::plugin::Task* make_unet();
[[nodiscard]] iso::plugin::Task* make_pd_unet();
[[nodiscard]] iso::plugin::Task* make_linear();
[[nodiscard]] iso::plugin::Task* make_directional();

}  // namespace sinogram_upsampling
