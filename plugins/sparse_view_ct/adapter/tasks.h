#pragma once

#include "adapter/scan_task.h"
#include "method/algebraic.h"
#include "method/direct.h"

#include <iso/tomography/total_variation.h>

namespace sparse_view_ct {

/// The four tasks, with what people read about them.
[[nodiscard]] iso::plugin::Task* make_fbp();
[[nodiscard]] iso::plugin::Task* make_sart();
[[nodiscard]] iso::plugin::Task* make_cgls();
[[nodiscard]] iso::plugin::Task* make_tv();

}  // namespace sparse_view_ct
