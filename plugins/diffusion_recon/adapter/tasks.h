#pragma once

#include <iso/plugin/task.h>

namespace diffusion_recon {

[[nodiscard]] iso::plugin::Task* make_dds();
[[nodiscard]] iso::plugin::Task* make_mbir();
[[nodiscard]] iso::plugin::Task* make_split_gibbs();

}  // namespace diffusion_recon
