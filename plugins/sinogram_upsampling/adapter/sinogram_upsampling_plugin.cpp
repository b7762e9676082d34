// Few views made more, or their image mended, before or within reconstruction: two networks and the baselines they are held against.
#include "adapter/tasks.h"

#include <iso/plugin/export.h>

ISO_PLUGIN("sinogram_upsampling", "1.0.0", "Sinogram upsampling", "Apache-2.0",
           {"sinogram_upsampling/unet", sinogram_upsampling::make_unet},
           {"sinogram_upsampling/pd_unet", sinogram_upsampling::make_pd_unet},
           {"sinogram_upsampling/linear", sinogram_upsampling::make_linear},
           {"sinogram_upsampling/directional", sinogram_upsampling::make_directional})
