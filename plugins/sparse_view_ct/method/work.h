#pragma once

#include <iso/tomography/planned_work.h>

namespace sparse_view_ct {

using Work = iso::tomography::PlannedWork;

}  // namespace sparse_view_ct
