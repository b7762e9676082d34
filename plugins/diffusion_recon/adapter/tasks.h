#pragma once

#include <iso/plugin/task.h>

namespace diffusion_recon {

[[nodiscard]] iso::plugin::Task* make_dds();
[[nodiscard]] iso::plugin::Task* make_mbir();
[[nodiscard]] iso::plugin::Task* make_split_gibbs();
[[nodiscard]] iso::plugin::Task* make_red_diff();
[[nodiscard]] iso::plugin::Task* make_pfgm();
[[nodiscard]] iso::plugin::Task* make_gdp();
[[nodiscard]] iso::plugin::Task* make_dpm_ot();
[[nodiscard]] iso::plugin::Task* make_score_dvi();

}  // namespace diffusion_recon
