// The smallest complete plugin: one task that runs, and one that also answers while the user draws.
#include "adapter/region_growing_task.h"
#include "adapter/smoothing_task.h"

#include "iso/plugin/export.h"

ISO_PLUGIN("example", "1.0.0", "Example", "Apache-2.0", iso::plugin::task<example::Smoothing>("example/smoothing"),
           iso::plugin::task<example::RegionGrowingTask>("example/region_growing"))
