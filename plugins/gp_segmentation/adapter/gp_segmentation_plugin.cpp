#include "adapter/click_task.h"

#include "iso/plugin/export.h"

ISO_PLUGIN("gp_segmentation", "1.0.0", "Click segmentation", "Apache-2.0",
           iso::plugin::task<gp_segmentation::ClickTask>("gp_segmentation/clicks"))
