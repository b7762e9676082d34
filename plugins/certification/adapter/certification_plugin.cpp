// How far an image may change before the answer of a smoothed classifier can: certificates, predictions, attacks on them, reports.
#include "adapter/tasks.h"

#include <iso/plugin/export.h>

ISO_PLUGIN("certification", "1.0.0", "Certification", "Apache-2.0", {"certification/drs", certification::make_drs},
           {"certification/rs", certification::make_rs}, {"certification/predict", certification::make_predict},
           {"certification/attack", certification::make_attack}, {"certification/report", certification::make_report})
