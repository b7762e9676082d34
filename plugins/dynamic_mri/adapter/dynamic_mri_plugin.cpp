// Series of images from undersampled k-space.
#include "adapter/tasks.h"

#include <iso/plugin/export.h>

using namespace dynamic_mri;

ISO_PLUGIN("dynamic_mri", "1.0.0", "Dynamic MRI", "Apache-2.0", {"dynamic_mri/rdledm", make_rdledm},
           {"dynamic_mri/ftvnnr", make_ftvnnr}, {"dynamic_mri/l_plus_s", make_l_plus_s},
           {"dynamic_mri/temporal_tv", make_temporal_tv}, {"dynamic_mri/llr", make_llr},
           {"dynamic_mri/kt_slr", make_kt_slr}, {"dynamic_mri/cg_sense", make_cg_sense},
           {"dynamic_mri/zero_filled", make_zero_filled})
