#pragma once

#include "adapter/series_task.h"

namespace dynamic_mri {

/// The tasks, with what people read about them.
[[nodiscard]] iso::plugin::Task* make_rdledm();
[[nodiscard]] iso::plugin::Task* make_ftvnnr();
[[nodiscard]] iso::plugin::Task* make_l_plus_s();
[[nodiscard]] iso::plugin::Task* make_temporal_tv();
[[nodiscard]] iso::plugin::Task* make_llr();
[[nodiscard]] iso::plugin::Task* make_kt_slr();
[[nodiscard]] iso::plugin::Task* make_cg_sense();
[[nodiscard]] iso::plugin::Task* make_zero_filled();

}  // namespace dynamic_mri
