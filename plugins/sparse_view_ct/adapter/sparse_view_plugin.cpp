// Reconstruction from few views: the classical methods. A learned stage will be one more task beside these.
#include "adapter/tasks.h"

#include <iso/plugin/export.h>

ISO_PLUGIN("sparse_view_ct", "1.0.0", "Sparse-view CT", "Apache-2.0", {"sparse_view_ct/fbp", sparse_view_ct::make_fbp},
           {"sparse_view_ct/sart", sparse_view_ct::make_sart}, {"sparse_view_ct/cgls", sparse_view_ct::make_cgls},
           {"sparse_view_ct/tv", sparse_view_ct::make_tv})
