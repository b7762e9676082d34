// Spectral unmixing: endmembers and abundances of spectral cubes, and what surrounds them.
#include "adapter/tasks.h"

#include <iso/plugin/export.h>

ISO_PLUGIN("spectral_unmixing", "1.0.0", "Spectral unmixing", "Apache-2.0",
           {"spectral_unmixing/robust", spectral_unmixing::make_robust},
           {"spectral_unmixing/components", spectral_unmixing::make_components},
           {"spectral_unmixing/endmembers", spectral_unmixing::make_endmembers},
           {"spectral_unmixing/abundances", spectral_unmixing::make_abundances_task},
           {"spectral_unmixing/nmf", spectral_unmixing::make_nmf},
           {"spectral_unmixing/poisson", spectral_unmixing::make_poisson},
           {"spectral_unmixing/library_match", spectral_unmixing::make_library_match},
           {"spectral_unmixing/spillover", spectral_unmixing::make_spillover})
