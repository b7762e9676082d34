// Volumes from few measurements with a two-dimensional diffusion prior, with what was measured and what the prior supplied.
#include "adapter/tasks.h"

#include <iso/plugin/export.h>

ISO_PLUGIN("diffusion_recon", "1.0.0", "Diffusion reconstruction", "Apache-2.0",
           {"diffusion_recon/dds", diffusion_recon::make_dds}, {"diffusion_recon/mbir", diffusion_recon::make_mbir},
           {"diffusion_recon/split_gibbs", diffusion_recon::make_split_gibbs},
           {"diffusion_recon/red_diff", diffusion_recon::make_red_diff},
           {"diffusion_recon/pfgm", diffusion_recon::make_pfgm}, {"diffusion_recon/gdp", diffusion_recon::make_gdp},
           {"diffusion_recon/dpm_ot", diffusion_recon::make_dpm_ot},
           {"diffusion_recon/score_dvi", diffusion_recon::make_score_dvi})
