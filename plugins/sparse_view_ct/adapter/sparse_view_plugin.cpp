// Reconstruction from few views: the classical methods. A learned stage will be one more task beside these.
#include "adapter/cgls_task.h"
#include "adapter/fbp_task.h"
#include "adapter/sart_task.h"
#include "adapter/tv_task.h"

#include <iso/plugin/export.h>

ISO_PLUGIN("sparse_view_ct", "1.0.0", "Sparse-view CT", "Apache-2.0",
           iso::plugin::task<sparse_view_ct::FbpTask>("sparse_view_ct/fbp"),
           iso::plugin::task<sparse_view_ct::SartTask>("sparse_view_ct/sart"),
           iso::plugin::task<sparse_view_ct::CglsTask>("sparse_view_ct/cgls"),
           iso::plugin::task<sparse_view_ct::TvTask>("sparse_view_ct/tv"))
